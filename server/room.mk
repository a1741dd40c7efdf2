libserver_a_SOURCES += \
	server/account.c server/account.h \
	server/certnames.c server/certnames.h \
	server/conf.c server/conf.h \
	server/conf_accounts.c \
	server/conf_blocks.c \
	server/conf_check.c \
	server/conf_check_start.c \
	server/conf_diff.c server/conf_diff.h \
	server/conf_hostnames.c \
	server/conf_hosts.c \
	server/conf_ident.c \
	server/conf_keys.c server/conf_keys.h \
	server/conf_message.c \
	server/conf_parse.c server/conf_parse.h \
	server/conf_places.c \
	server/conf_print.c server/conf_print.h \
	server/conf_rules.c server/conf_rules.h \
	server/conf_source.c \
	server/conf_text.c server/conf_text.h \
	server/conf_types.c \
	server/conf_value.c server/conf_value.h \
	server/control.c server/control.h \
	server/control_path.c \
	server/counters.c server/counters.h \
	server/explain.c server/explain.h \
	server/explain_ask.c \
	server/explain_limits.c \
	server/explain_priv.h \
	server/keymsg.c server/keymsg.h \
	server/live.h \
	server/message.c server/message.h \
	server/nat.c server/nat.h \
	server/password_hash.c server/password_hash.h \
	server/proto.h \
	server/rates.c server/rates.h \
	server/resolver.c \
	server/rights.c server/rights.h \
	server/roles.h \
	server/rule.c server/rule.h \
	server/tlsconf.c server/tlsconf.h \
	server/tlsconf_check.c \
	server/tlsconf_hosts.c \
	server/tlsconf_priv.h \
	server/tlsconf_selfsigned.c \
	server/totp.c server/totp.h \
	server/usage.c server/usage.h \
	server/users_edit.c server/users_edit.h \
	server/users_file.c server/users_file.h

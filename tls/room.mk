libtls_a_SOURCES += \
	tls/tls_bindings.c \
	tls/tls_bio.c \
	tls/tls_cert.c \
	tls/tls_ctx.c tls/tls_ctx.h \
	tls/tls_err.c \
	tls/tls_explain.c \
	tls/tls_file.c \
	tls/tls_info.c tls/tls_info.h \
	tls/tls_keyop.c tls/tls_keyop.h \
	tls/tls_keyring.c tls/tls_keyring.h \
	tls/tls_keys.c tls/tls_keys.h \
	tls/tls_leave.c \
	tls/tls_mac.c tls/tls_mac.h \
	tls/tls_move.c \
	tls/tls_priv.h \
	tls/tls_remote.c tls/tls_remote.h \
	tls/tls_remote_ops.c \
	tls/tls_reuse.c tls/tls_reuse.h \
	tls/tls_selfsigned.c \
	tls/tls_sessions.c \
	tls/tls_setup.c \
	tls/tls_signer.c \
	tls/tls_sni.c \
	tls/tls_stream.c tls/tls_stream.h \
	tls/tls_wipe.c

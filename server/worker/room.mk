libserver_a_SOURCES += \
	server/worker/cmd.c server/worker/cmd.h \
	server/worker/cmd_data.c \
	server/worker/cmd_dir.c \
	server/worker/cmd_file.c \
	server/worker/cmd_host.c \
	server/worker/cmd_info.c \
	server/worker/cmd_login.c server/worker/cmd_login.h \
	server/worker/cmd_mode.c \
	server/worker/cmd_site.c \
	server/worker/cmd_stat.c \
	server/worker/cmd_table.c \
	server/worker/cmd_tls.c \
	server/worker/cmd_xfer.c \
	server/worker/ctrl.c server/worker/ctrl.h \
	server/worker/ctrl_proxy.c \
	server/worker/ctrl_send.c \
	server/worker/ctrl_tls.c \
	server/worker/data.c server/worker/data.h \
	server/worker/data_connect.c \
	server/worker/data_linger.c \
	server/worker/data_listen.c server/worker/data_priv.h \
	server/worker/data_proxy.c \
	server/worker/data_tls.c \
	server/worker/dialogue.c \
	server/worker/fs.c server/worker/fs.h \
	server/worker/fs_refuse.c \
	server/worker/keys.c server/worker/keys.h \
	server/worker/list_opts.c server/worker/list_opts.h \
	server/worker/mon.c server/worker/mon.h \
	server/worker/pace.c server/worker/pace.h \
	server/worker/refusal.c server/worker/refusal.h \
	server/worker/reply.c server/worker/reply.h \
	server/worker/session.c server/worker/session.h \
	server/worker/status.c server/worker/status.h \
	server/worker/worker.c server/worker/worker.h \
	server/worker/xfer.c server/worker/xfer.h server/worker/xfer_priv.h \
	server/worker/xfer_cold.c \
	server/worker/xfer_end.c \
	server/worker/xfer_list.c \
	server/worker/xfer_pipe.c \
	server/worker/xfer_recv.c \
	server/worker/xfer_send.c \
	server/worker/xfer_tls.c

libserver_a_SOURCES += \
	server/monitor/admit.c \
	server/monitor/agents.c \
	server/monitor/authq.c \
	server/monitor/bans.c server/monitor/bans.h \
	server/monitor/capabilities.c \
	server/monitor/certs.c \
	server/monitor/control.c server/monitor/control.h \
	server/monitor/control_cmd.c \
	server/monitor/control_bans.c \
	server/monitor/control_look.c \
	server/monitor/control_socket.c \
	server/monitor/control_stats.c \
	server/monitor/daemon.c \
	server/monitor/dialogues.c \
	server/monitor/door.h \
	server/monitor/guard.c server/monitor/guard.h \
	server/monitor/hosts.c server/monitor/hosts.h \
	server/monitor/keys.c server/monitor/keys.h \
	server/monitor/listener.c \
	server/monitor/login.c \
	server/monitor/logs.c \
	server/monitor/look.h \
	server/monitor/monitor.c server/monitor/monitor.h \
	server/monitor/names.c \
	server/monitor/notify.c \
	server/monitor/pswd.c \
	server/monitor/refuse.c \
	server/monitor/reload.c \
	server/monitor/report.c \
	server/monitor/patience.c \
	server/monitor/rerate.c \
	server/monitor/revoke.c \
	server/monitor/sessions.c \
	server/monitor/shared.c \
	server/monitor/source_port.c \
	server/monitor/spawn.c \
	server/monitor/stop.c \
	server/monitor/survey.c \
	server/monitor/tickets.c \
	server/monitor/users.c \
	server/monitor/vhosts.h \
	server/monitor/worker_talk.c \
	server/monitor/workers.c

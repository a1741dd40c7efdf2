server_ternctl_SOURCES += server/ctl/ternctl.c server/ctl/ctl.h \
	server/ctl/ctl_metrics.c \
	server/ctl/ctl_watch.c \
	server/ctl/watch_screen.c server/ctl/watch_screen.h
# In the library, so that the tests reach it.
libserver_a_SOURCES += \
	server/ctl/block.c \
	server/ctl/ctl_block.c server/ctl/ctl_block.h \
	server/ctl/ctl_check.c \
	server/ctl/ctl_control.c server/ctl/ctl_control.h \
	server/ctl/ctl_host.c \
	server/ctl/ctl_fingerprint.c \
	server/ctl/ctl_look.c \
	server/ctl/ctl_user.c \
	server/ctl/live.c \
	server/ctl/link.c server/ctl/link.h \
	server/ctl/metrics.c server/ctl/metrics.h \
	server/ctl/password.c server/ctl/password.h \
	server/ctl/show.c server/ctl/show.h \
	server/ctl/show_table.c \
	server/ctl/watch_model.c server/ctl/watch_model.h

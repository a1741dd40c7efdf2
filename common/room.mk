libcommon_a_SOURCES += \
	common/ascii.c common/ascii.h \
	common/buf.c common/buf.h \
	common/chan.c common/chan.h \
	common/ftpaddr.c common/ftpaddr.h \
	common/ftptime.c common/ftptime.h \
	common/ipc.c common/ipc.h \
	common/line.c common/line.h \
	common/listfmt.c common/listfmt.h \
	common/log.c common/log.h \
	common/log_event.c common/log_event.h \
	common/log_line.c common/log_line.h \
	common/log_sink.c common/log_sink.h \
	common/log_vis.c \
	common/log_xferlog.c common/log_xferlog.h \
	common/mem.c common/mem.h \
	common/hours.c common/hours.h \
	common/network.c common/network.h \
	common/privdrop.c common/privdrop.h \
	common/reason.c common/reason.h \
	common/rate.c common/rate.h \
	common/sandbox.c common/sandbox.h \
	common/sockutil.c common/sockutil.h \
	common/str.c common/str.h \
	common/stream.c common/stream.h \
	common/timer.c common/timer.h \
	common/vpath.c common/vpath.h \
	common/watch.c common/watch.h

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
	common/mem.c common/mem.h \
	common/privdrop.c common/privdrop.h \
	common/sandbox.c common/sandbox.h \
	common/sockutil.c common/sockutil.h \
	common/str.c common/str.h \
	common/stream.c common/stream.h \
	common/timer.c common/timer.h \
	common/vpath.c common/vpath.h

libserver_a_SOURCES += \
	server/agent/access.c server/agent/access.h \
	server/agent/agent.c \
	server/agent/confine.c server/agent/confine.h \
	server/agent/dirnames.c server/agent/dirnames.h \
	server/agent/download.c \
	server/agent/entry.c server/agent/entry.h \
	server/agent/explain_path.c \
	server/agent/fsattr.c \
	server/agent/fsnames.c \
	server/agent/fsops.c \
	server/agent/glob.c server/agent/glob.h \
	server/agent/idnames.c server/agent/idnames.h \
	server/agent/list.c server/agent/list.h \
	server/agent/message.c \
	server/agent/ops.c server/agent/ops.h \
	server/agent/partial.c server/agent/partial.h \
	server/agent/places.c server/agent/places.h \
	server/agent/policy.c server/agent/policy.h \
	server/agent/quota.c server/agent/quota.h \
	server/agent/quota_scan.c \
	server/agent/rename.c \
	server/agent/resolve.c server/agent/resolve.h \
	server/agent/rmtree.c server/agent/rmtree.h \
	server/agent/session.c server/agent/session.h \
	server/agent/status.c \
	server/agent/upload.c server/agent/upload.h \
	server/agent/upload_begin.c \
	server/agent/upload_commit.c \
	server/agent/upload_plan.c

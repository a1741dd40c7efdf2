libserver_a_SOURCES += \
	server/account.c server/account.h \
	server/conf.c server/conf.h \
	server/proto.h \
	server/rights.c server/rights.h \
	server/roles.h

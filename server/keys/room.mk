libserver_a_SOURCES += \
	server/keys/keys.c

libserver_a_SOURCES += \
	server/auth/auth.c server/auth/auth.h \
	server/auth/auth_account.c \
	server/auth/auth_anonymous.c \
	server/auth/auth_cache.c server/auth/auth_cache.h \
	server/auth/auth_check.c \
	server/auth/auth_file.c \
	server/auth/auth_explain.c \
	server/auth/auth_pam.c \
	server/auth/auth_program.c \
	server/auth/run_program.c server/auth/run_program.h

server_ternctl_SOURCES += server/ctl/ternctl.c

dist_man_MANS += docs/ternftpd.8 docs/ftpd.conf.5 docs/ternctl.8
EXTRA_DIST += docs/logs.md docs/performance.md docs/testing.md docs/watch.md

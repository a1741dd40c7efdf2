dist_man_MANS += docs/ternftpd.8 docs/ftpd.conf.5 docs/ternctl.8
EXTRA_DIST += docs/logs.md docs/performance.md docs/testing.md docs/watch.md
EXTRA_DIST += dist/fail2ban/filter.d/ternftpd.conf \
	dist/fail2ban/jail.d/ternftpd.conf dist/logrotate/ternftpd

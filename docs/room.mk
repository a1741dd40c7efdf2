dist_man_MANS += docs/ternftpd.8 docs/ftpd.conf.5 docs/ternctl.8
EXTRA_DIST += docs/logs.md docs/performance.md docs/testing.md docs/threats.md \
	docs/metrics.md docs/watch.md
EXTRA_DIST += docs/README.md docs/design.md \
	docs/guides/anonymous-mirror.md docs/guides/behind-nat.md \
	docs/guides/confinement.md docs/guides/container.md docs/guides/drop-box.md \
	docs/guides/ftps-letsencrypt.md docs/guides/load-balancer.md \
	docs/guides/virtual-hosts.md \
	docs/guides/virtual-users.md

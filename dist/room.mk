# What other programs need for ternftpd: service managers, log tools.
EXTRA_DIST += dist/Containerfile \
	dist/fail2ban/filter.d/ternftpd.conf \
	dist/fail2ban/jail.d/ternftpd.conf \
	dist/logrotate/ternftpd \
	dist/pam.d/ternftpd \
	dist/systemd/ternftpd.service.in

# systemd looks into /usr/local/lib, too.
if WITH_SYSTEMD
systemdunitdir = $(prefix)/lib/systemd/system
nodist_systemdunit_DATA = dist/systemd/ternftpd.service
dist_systemdunit_DATA = dist/systemd/ternftpd.socket
CLEANFILES += dist/systemd/ternftpd.service

dist/systemd/ternftpd.service: dist/systemd/ternftpd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) dist/systemd && \
	    sed -e 's|@sbindir[@]|$(sbindir)|' -e 's|@bindir[@]|$(bindir)|' \
	    $(srcdir)/dist/systemd/ternftpd.service.in >$@
endif

/* SPDX-License-Identifier: ISC */
/*
 * What a start would stumble over, found without starting: users, directories,
 * ports, passwords. Nothing is bound, created or changed.
 */
#include "config.h"

#include <cap-ng.h>
#include <crypt.h>
#include <errno.h>
#include <ifaddrs.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "server/conf.h"
#include "server/conf_value.h"
#include "tls/tls_ctx.h"

struct check {
	const struct config *conf;
	const char *host; /* that it is about, or NULL */
	FILE *out;
	int problems;
	bool root;
};

static void problem(struct check *, const struct conf_user *, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
static void warning(struct check *, const struct conf_user *, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
static void say(const struct check *, const char *file, int line,
    const char *kind, const char *fmt, va_list)
    __attribute__((format(printf, 5, 0)));

static void
say(const struct check *c, const char *file, int line, const char *kind,
    const char *fmt, va_list ap)
{
	fprintf(c->out, "%s:", file);
	if (line > 0)
		fprintf(c->out, "%d:", line);
	fprintf(c->out, " %s", kind);
	if (c->host != NULL)
		fprintf(c->out, "host \"%s\": ", c->host);
	vfprintf(c->out, fmt, ap);
	putc('\n', c->out);
}

/* About a user, or (NULL) about the whole configuration. */
static void
problem(struct check *c, const struct conf_user *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, u != NULL ? u->file : c->conf->path, u != NULL ? u->line : 0, "",
	    fmt, ap);
	va_end(ap);
	c->problems++;
}

/* As problem(), for what does not keep the server from running. */
static void
warning(struct check *c, const struct conf_user *u, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, u != NULL ? u->file : c->conf->path, u != NULL ? u->line : 0,
	    "warning: ", fmt, ap);
	va_end(ap);
}

/* As far as the mode tells; there may be access lists and other groups. */
static bool
user_may_write(const struct conf_user *u, const struct stat *st)
{
	const struct conf_rules *r = &u->rules;

	if (!r->uid.set || r->uid.id == 0)
		return true;
	if (st->st_uid == r->uid.id)
		return (st->st_mode & S_IWUSR) != 0;
	if (r->gid.set && st->st_gid == r->gid.id)
		return (st->st_mode & S_IWGRP) != 0;
	return (st->st_mode & S_IWOTH) != 0;
}

/* create_home makes the last part of a path and no more. */
static void
check_parent(struct check *c, const struct conf_user *u, const char *path)
{
	char *copy = xstrdup(path), *parent = dirname(copy);
	struct stat st;

	if (stat(parent, &st) == -1)
		warning(c, u,
		    "root %s: create_home cannot make it, because %s is "
		    "missing; create that: mkdir -p %s",
		    path, parent, parent);
	else if (c->root && u != NULL && !user_may_write(u, &st))
		warning(c, u,
		    "root %s: create_home may fail, as uid %lu does not seem "
		    "to have the right to write to %s; chown it",
		    path, (unsigned long)u->rules.uid.id, parent);
	free(copy);
}

/*
 * A directory that somebody has as his root. What is wrong with it concerns
 * him alone (a disk that is not mounted yet): the server runs, and his login is
 * refused with the reason in the log (R9.3).
 */
static void
check_root(
    struct check *c, const struct conf_user *u, const char *path, bool create)
{
	struct stat st;

	if (create && stat(path, &st) == -1 && errno == ENOENT)
		check_parent(c, u, path);
	else if (stat(path, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			warning(
			    c, u, "root %s is not a directory; name one", path);
	} else if (errno == EACCES)
		warning(c, u,
		    "root %s: cannot look at it: %s; check its permissions",
		    path, strerror(errno));
	else
		warning(c, u, "root %s: %s; create it: mkdir -p %s", path,
		    strerror(errno), path);
}

/* Mounts concern their users alone, too. */
static void
check_mounts(struct check *c, const struct conf_user *u, const char *who,
    const struct conf_rules *r)
{
	const struct conf_place *p;
	struct stat st;

	ARRAY_FOREACH (p, r->places, r->nplaces)
		if (p->is_mount && stat(p->path, &st) != 0)
			warning(c, u, "mount %s of %s: %s: %s; create it",
			    p->at, who, p->path, strerror(errno));
		else if (p->is_mount && !S_ISDIR(st.st_mode))
			warning(c, u,
			    "mount %s of %s: %s is not a directory; name one",
			    p->at, who, p->path);
}

static bool
is_locked(const char *hash)
{
	return hash[0] == '*' || hash[0] == '!';
}

static void
check_password(struct check *c, const struct conf_user *u)
{
	switch (is_locked(u->password) ? CRYPT_SALT_OK
				       : crypt_checksalt(u->password)) {
	case CRYPT_SALT_OK:
		break;
	case CRYPT_SALT_METHOD_LEGACY:
	case CRYPT_SALT_TOO_CHEAP:
		warning(c, u,
		    "user %s has an old and weak password hash; make "
		    "a new one with ternctl user passwd",
		    u->name);
		break;
	default:
		problem(c, u,
		    "the password of user %s is no hash that crypt(3) "
		    "knows, so it can never match; make one with ternctl user "
		    "passwd",
		    u->name);
	}
}

static void
check_users(struct check *c)
{
	const struct conf_user *u;

	ARRAY_FOREACH (u, c->conf->users, c->conf->nusers) {
		check_root(c, u, u->rules.root, u->rules.create_home);
		check_mounts(c, u, u->name, &u->rules);
		check_password(c, u);
		if (u->rules.uid.set && !c->root &&
		    u->rules.uid.id != geteuid())
			warning(c, u,
			    "user %s has a uid, which is ignored "
			    "because the server is not started by root",
			    u->name);
	}
}

/* ------------------------------------------------------- demands of TLS */
static bool
asks_certs(const struct conf_listen *l)
{
	return l->client_certs != TLS_CERTS_NONE;
}

/* Who needs TLS (login or data) where no listener has it. */
static void
check_demand(struct check *c, const struct conf_user *u, const char *who,
    bool tls, bool tls_data)
{
	if (!tls && !tls_data)
		return;
	if (!conf_any_listen(c->conf, conf_listen_has_tls))
		warning(c, u,
		    "%s can never %s: that needs TLS, and every listen block "
		    "says tls = off; write tls = optional in one",
		    who, tls ? "log in" : "transfer a file");
}

static void
check_demands_of_user(struct check *c, const struct conf_user *u)
{
	char who[CONF_NAME_MAX + 8];

	snprintf(who, sizeof(who), "user %s", u->name);
	check_demand(c, u, who, u->rules.tls, u->rules.tls_data);
	if (u->login != CONF_LOGIN_PASSWORD &&
	    !conf_any_listen(c->conf, asks_certs))
		warning(c, u,
		    "user %s may log in with a certificate, but no listen "
		    "block asks for one; write client_certs = request and "
		    "client_ca there",
		    u->name);
}

static void
check_demands(struct check *c)
{
	const struct config *conf = c->conf;
	size_t i;

	for (i = 0; i < conf->nusers; i++)
		check_demands_of_user(c, &conf->users[i]);
	if (conf->anonymous)
		check_demand(c, NULL, "guests", conf->anonymous_rules.tls,
		    conf->anonymous_rules.tls_data);
	if (conf->system_accounts)
		check_demand(c, NULL, "system accounts", conf->system_rules.tls,
		    conf->system_rules.tls_data);
}

static void
check_users_file(struct check *c)
{
	const char *path = c->conf->users_file;
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) != 0 && c->host != NULL) /* for users to come */
		warning(c, NULL,
		    "users_file %s: %s; ternctl -H %s user add makes it", path,
		    strerror(errno), c->host);
	else if (stat(path, &st) != 0)
		problem(c, NULL, "users_file %s: %s; ternctl user add makes it",
		    path, strerror(errno));
	else if (st.st_mode & (S_IROTH | S_IWOTH))
		warning(c, NULL, "everybody may %s users_file %s; chmod 600 it",
		    st.st_mode & S_IWOTH ? "write" : "read", path);
}

static bool
holds_hash(const struct config *conf, const char *file)
{
	const struct conf_user *u;
	size_t i;

	for (i = 0; i < conf->nhosts; i++)
		if (holds_hash(conf->hosts[i].own, file))
			return true;

	ARRAY_FOREACH (u, conf->users, conf->nusers)
		if (strcmp(u->file, file) == 0 && !is_locked(u->password))
			return true;
	return false;
}

/* ftpd.conf and what it includes. */
static void
check_conf_files(struct check *c)
{
	const struct conf_text *t;
	struct stat st;

	ARRAY_FOREACH (t, c->conf->texts, c->conf->ntexts) {
		if (stat(t->path, &st) != 0)
			continue;
		if (st.st_mode & S_IWOTH)
			warning(c, NULL, "everybody may write %s; chmod o-w it",
			    t->path);
		else if ((st.st_mode & S_IROTH) && holds_hash(c->conf, t->path))
			warning(c, NULL,
			    "everybody may read the passwords' hashes in %s; "
			    "chmod 600 it, or move the users to users_file",
			    t->path);
	}
}

static void
check_program(struct check *c)
{
	const char *path = c->conf->auth_program;

	if (path != NULL && access(path, X_OK) == -1)
		problem(c, NULL, "auth_program %s: %s; make it executable",
		    path, strerror(errno));
}

static void
check_nobody_can_log_in(struct check *c)
{
	const struct config *conf = c->conf;

	if (conf->nusers == 0 && !conf->anonymous && !conf->system_accounts &&
	    conf->auth_program == NULL)
		warning(c, NULL,
		    "nobody can log in; add a user with ternctl "
		    "user add, or let guests or system accounts in");
}

/* Low ports want a capability, where the system does not give them to all. */
static bool
may_bind(uint16_t port)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	uint64_t first = 1024;
	char text[16];

	if (f != NULL) {
		if (fgets(text, sizeof(text), f) != NULL) {
			text[strcspn(text, "\n")] = '\0';
			(void)parse_u64(text, UINT16_MAX + 1, &first);
		}
		fclose(f);
	}
	return port == 0 || port >= first ||
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_BIND_SERVICE);
}

/* Does this machine have the address? */
static bool
is_local(const struct addr *a)
{
	struct ifaddrs *all, *i;
	struct addr b;
	bool found = false;

	if (addr_is_loopback(a) || getifaddrs(&all) != 0)
		return true;
	for (i = all; i != NULL && !found; i = i->ifa_next)
		found = i->ifa_addr != NULL &&
			addr_from_sockaddr(&b, i->ifa_addr) == 0 &&
			addr_ip_equal(a, &b);
	freeifaddrs(all);
	return found;
}

static bool
is_wildcard(const struct addr *a)
{
	static const uint8_t zeros[sizeof(a->ip)];

	return memcmp(a->ip, zeros, sizeof(zeros)) == 0;
}

static void
check_listens(struct check *c)
{
	const struct config *conf = c->conf;
	const struct conf_listen *l;
	char ip[ADDR_STRLEN];

	ARRAY_FOREACH (l, conf->listens, conf->nlistens) {
		if (!may_bind(l->addr.port))
			problem(c, NULL,
			    "listen \"%s\": port %u needs root; start as root "
			    "or choose a port from 1024 on",
			    l->name, l->addr.port);
		if (!is_wildcard(&l->addr) && !is_local(&l->addr))
			warning(c, NULL,
			    "listen \"%s\": this machine does not have the "
			    "address %s; write one that ip address shows",
			    l->name, addr_ip_str(&l->addr, ip, sizeof(ip)));
		if (l->client_ca != NULL && !asks_certs(l))
			warning(c, NULL,
			    "listen \"%s\": client_ca is of no use while "
			    "nobody is asked for a certificate; write "
			    "client_certs = request or require",
			    l->name);
	}
}

static void
check_data(struct check *c)
{
	const struct config *conf = c->conf;
	int nports = conf->passive_max - conf->passive_min + 1;

	if (conf->active_port_20 && !may_bind(20))
		problem(c, NULL,
		    "active_port_20 needs root; start as root or switch it "
		    "off");
	if (nports < 10)
		warning(c, NULL,
		    "passive_ports has only %d ports, and each transfer needs "
		    "one; 1000 are a good number",
		    nports);
}

static void
check_empty_dir(struct check *c)
{
	const char *path = c->conf->empty_dir;
	struct stat st;

	if (!c->root || path == NULL || stat(path, &st) != 0)
		return; /* it is made at the start */
	if (!S_ISDIR(st.st_mode))
		problem(c, NULL,
		    "empty_dir %s is not a directory; name another", path);
	else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		problem(c, NULL,
		    "empty_dir %s must belong to root and be "
		    "writable by nobody else; chown root, chmod 755",
		    path);
}

static void
check_service_user(struct check *c)
{
	const char *name = c->conf->service_user;
	struct ident id;

	if (conf_service_ident(c->conf, &id) != 0)
		problem(c, NULL,
		    "service_user %s %s; useradd --system "
		    "--home-dir /nonexistent --shell /usr/sbin/nologin ftpd",
		    name != NULL ? name : "",
		    name != NULL && getpwnam(name) != NULL ? "is root"
							   : "does not exist");
}

#ifdef WITH_PAM
static void
check_system_accounts(struct check *c)
{
	char path[PATH_MAX];

	if (!c->conf->system_accounts)
		return;
	if (!c->root)
		problem(c, NULL,
		    "system accounts need root; start as root or "
		    "switch them off");
	snprintf(path, sizeof(path), "/etc/pam.d/%s", c->conf->pam_service);
	if (access(path, F_OK) != 0)
		problem(c, NULL,
		    "pam_service %s: %s: %s; copy the one of "
		    "another service there",
		    c->conf->pam_service, path, strerror(errno));
	if (c->conf->system_rules.root != NULL)
		check_root(c, NULL, c->conf->system_rules.root,
		    c->conf->system_rules.create_home);
}
#else
static void
check_system_accounts(struct check *c)
{
	if (c->conf->system_accounts)
		problem(c, NULL,
		    "this program was built without PAM; switch "
		    "system accounts off");
}
#endif

static void
check_log(struct check *c)
{
	const char *log = c->conf->log;

	if (log == NULL ||
	    (strcmp(log, "stderr") != 0 && strcmp(log, "syslog") != 0 &&
		strcmp(log, "journal") != 0 && strcmp(log, "none") != 0 &&
		log[0] != '/'))
		problem(c, NULL,
		    "log \"%s\" is no place to write to; write stderr, "
		    "syslog, journal, none or an absolute path",
		    log != NULL ? log : "");
}

static void
check_accounts(struct check *c)
{
	const struct config *conf = c->conf;

	check_users_file(c);
	check_program(c);
	check_users(c);
	check_demands(c);
	if (conf->anonymous)
		check_root(c, NULL, conf->anonymous_rules.root,
		    conf->anonymous_rules.create_home);
	check_mounts(c, NULL, "anonymous", &conf->anonymous_rules);
	check_mounts(c, NULL, "system", &conf->system_rules);
	check_system_accounts(c);
	check_nobody_can_log_in(c);
}

/* The accounts that are theirs alone. */
static void
check_hosts(struct check *c)
{
	const struct config *conf = c->conf;
	const struct conf_host *h;

	ARRAY_FOREACH (h, conf->hosts, conf->nhosts) {
		c->conf = h->conf;
		c->host = h->name;
		if (h->has_accounts)
			check_accounts(c);
	}
	c->conf = conf;
	c->host = NULL;
}

int
conf_check(const struct config *conf, bool listens, FILE *out)
{
	struct check c = { .conf = conf, .out = out, .root = geteuid() == 0 };

	if (listens)
		check_listens(&c);
	check_data(&c);
	check_service_user(&c);
	check_empty_dir(&c);
	check_log(&c);
	check_conf_files(&c);
	check_accounts(&c);
	check_hosts(&c);
	return c.problems;
}

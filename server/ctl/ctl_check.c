/* SPDX-License-Identifier: ISC */
/*
 * ternctl check: what a client at some address would be told to connect to, and
 * whether the passive ports can be had. Asks the configuration, no server.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/conf.h"
#include "server/ctl/ctl.h"

/* Which of our addresses packets to the client come from. 0 or -1. */
static int
route_from(const struct addr *client, struct addr *addr)
{
	struct sockaddr_storage ss;
	struct addr to = *client;
	socklen_t len;
	int fd, rc;

	to.port = 9; /* nothing is sent */
	len = addr_to_sockaddr(&to, &ss);
	fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	rc = connect(fd, (struct sockaddr *)&ss, len) == 0
		 ? sock_local(fd, addr)
		 : -1;
	close(fd);
	return rc;
}

static bool
is_wildcard(const struct addr *a)
{
	static const uint8_t zeros[sizeof(a->ip)];

	return memcmp(a->ip, zeros, sizeof(zeros)) == 0;
}

/* The address at which the client reaches the listener. 0 or -1. */
static int
reached_at(
    const struct conf_listen *l, const struct addr *client, struct addr *addr)
{
	if (is_wildcard(&l->addr))
		return l->addr.family == 4 && client->family == 6
			   ? -1
			   : route_from(client, addr);
	*addr = l->addr;
	return addr->family == client->family ? 0 : -1;
}

/* ------------------------------------------------------------- the answer */
static void
look_up(const struct nat *nat, struct addr names[NAT_MAX])
{
	char why[128];
	unsigned i;

	memset(names, 0, NAT_MAX * sizeof(names[0]));
	for (i = 0; i < nat->n; i++)
		if (nat->rule[i].kind == NAT_NAME &&
		    nat_resolve(
			nat->rule[i].name, &names[i], why, sizeof(why)) == -1)
			printf("passive_address: %s: %s\n", nat->rule[i].name,
			    why);
}

static void
show_pasv(const struct config *conf, const struct addr *client,
    const struct addr *ours, const struct addr names[NAT_MAX])
{
	char text[ADDR_STRLEN];
	struct addr addr = *ours;

	if (client->family == 6) {
		puts("  PASV: 501, IPv6 has EPSV only");
		return;
	}
	nat_announce(&conf->passive_address, names, client, &addr);
	printf("  PASV: 227 with the address %s\n",
	    addr_ip_str(&addr, text, sizeof(text)));
	if (nat_is_unreachable(&addr, client))
		puts("  warning: that is a private address, which this client "
		     "cannot reach; set passive_address in the block data");
}

/* How many of the passive ports can be bound there now. */
static unsigned
count_ports(const struct config *conf, const struct addr *ours)
{
	struct sockaddr_storage ss;
	struct addr addr = *ours;
	unsigned port, n = 0;
	socklen_t len;
	int fd, on = 1;

	for (port = conf->passive_min; port <= conf->passive_max; port++) {
		addr.port = (uint16_t)port;
		len = addr_to_sockaddr(&addr, &ss);
		fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd == -1)
			break;
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		n += bind(fd, (struct sockaddr *)&ss, len) == 0;
		close(fd);
	}
	return n;
}

/* Where only proxies connect, it is their headers that say what was reached. */
static void
show_proxied(const struct config *conf, const struct conf_listen *l,
    const struct addr *client, const struct addr names[NAT_MAX])
{
	char text[NETWORKS_MAX * NETWORK_STRLEN];
	struct addr addr = { .family = 4 };

	printf("  through a proxy from %s\n",
	    networks_str(&l->proxy_from, text, sizeof(text)));
	nat_announce(&conf->passive_address, names, client, &addr);
	if (client->family == 6 || !is_wildcard(&addr))
		show_pasv(conf, client, &addr, names);
	else
		puts("  PASV: 227 with the address that the client reached");
	puts("  EPSV: 229 with a port of that");
}

static void
show_direct(const struct config *conf, const struct addr *client,
    const struct addr *ours, const struct addr names[NAT_MAX])
{
	char text[ADDR_STRLEN];

	show_pasv(conf, client, ours, names);
	printf("  EPSV: 229 with a port of %s\n",
	    addr_ip_str(ours, text, sizeof(text)));
}

/* 0, or -1 if no passive port is free. */
static int
show_listener(const struct config *conf, const struct conf_listen *l,
    const struct addr *client, const struct addr names[NAT_MAX])
{
	char text[ADDR_STRLEN];
	struct addr ours = l->addr;
	unsigned n;

	printf("listen \"%s\" (%s):\n", l->name,
	    addr_str(&l->addr, text, sizeof(text)));
	if (l->proxy == CONF_PROXY_REQUIRED)
		show_proxied(conf, l, client, names);
	else if (reached_at(l, client, &ours) == 0)
		show_direct(conf, client, &ours, names);
	else {
		puts("  this client cannot reach it");
		return 0;
	}
	n = count_ports(conf, &ours);
	printf("  passive ports %u-%u: %u of %u can be bound\n",
	    conf->passive_min, conf->passive_max, n,
	    conf->passive_max - conf->passive_min + 1u);
	return n > 0 ? 0 : -1;
}

int
ctl_check(struct ctl *ctl, int argc, char **argv)
{
	struct addr client, names[NAT_MAX];
	int status = EXIT_SUCCESS;
	struct config *conf;
	char *err;
	size_t i;

	if (argc > 2 ||
	    addr_parse_ip(&client, argc == 2 ? argv[1] : "127.0.0.1") == -1)
		return -1;
	conf = conf_load(ctl->conf_path, &err);
	if (conf == NULL) {
		fputs(err, stderr);
		free(err);
		return EXIT_FAILURE;
	}
	look_up(&conf->passive_address, names);
	for (i = 0; i < conf->nlistens; i++)
		if (show_listener(conf, &conf->listens[i], &client, names) ==
		    -1)
			status = EXIT_FAILURE;
	conf_free(conf);
	return status;
}

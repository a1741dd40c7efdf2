/* SPDX-License-Identifier: ISC */
/*
 * What can be done with a value of any type.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/network.h"
#include "server/conf.h"
#include "server/conf_rules.h"
#include "server/conf_value.h"

int
conf_value_set(const struct conf_key *k, struct conf_input *in, void *base)
{
	in->why[0] = '\0';
	return k->type->parse(k, in, conf_value_at(k, base));
}

bool
conf_value_is_set(const struct conf_key *k, const void *base)
{
	const void *p = (const char *)base + k->offset;

	if (k->type->heap)
		return *(char *const *)p != NULL;
	if (k->type == &conf_ip)
		return ((const struct addr *)p)->family != 0;
	if (k->type == &conf_networks)
		return ((const struct networks *)p)->n > 0;
	if (k->type == &conf_nat)
		return ((const struct nat *)p)->n > 0;
	if (k->type == &conf_uid || k->type == &conf_gid)
		return ((const struct conf_id *)p)->set;
	return true;
}

static const char *
range_of_names(const char *const *names, char *out, size_t size)
{
	size_t i;

	out[0] = '\0';
	for (i = 0; names[i] != NULL; i++) {
		if (i > 0)
			(void)strlcat(
			    out, names[i + 1] == NULL ? " or " : ", ", size);
		(void)strlcat(out, names[i], size);
	}
	return out;
}

const char *
conf_value_range(const struct conf_key *k, char *out, size_t size)
{
	static const struct {
		const struct conf_type *type;
		const char *text;
	} words[] = {
		{ &conf_bool, "yes or no" },
		{ &conf_ports, "two port numbers such as 50000-50999" },
		{ &conf_string, "text" },
		{ &conf_path, "a path" },
		{ &conf_vpath, "a path as the user sees it" },
		{ &conf_totp, "16 to 102 letters A to Z and digits 2 to 7, as "
			      "ternctl user totp makes them" },
		{ &conf_netlist, "networks such as \"10.0.0.0/8 ::1\"" },
		{ &conf_hours, "times such as \"mon-fri 08:00-18:00, sat "
			       "09:00-12:00\"" },
		{ &conf_date, "a day such as 2026-12-31, or never" },
		{ &conf_mode, "an octal number from 000 to 777" },
		{ &conf_rights, "full, read-only, upload-only, none or names "
				"such as \"list read write\"" },
		{ &conf_ip, "a numeric IPv4 or IPv6 address" },
		{ &conf_networks, "networks such as \"10.0.0.0/8 ::1\"" },
		{ &conf_nat, "addresses such as \"10.0.0.0/8 local, "
			     "ftp.example.org\"" },
		{ &conf_words, "names such as \"ftp ftps\"" },
		{ &conf_hostnames, "host names such as \"www.example.org "
				   "*.example.net\"" },
		{ &conf_uid, "a user's name or number, not root" },
		{ &conf_gid, "a group's name or number" },
		{ &conf_certname, "a kind and a name such as \"cn:joe\", "
				  "\"email:joe@example.org\" or "
				  "\"sha256:AB:CD:...\"" },
	};
	size_t i;

	if (k->names != NULL)
		return range_of_names(k->names, out, size);
	for (i = 0; i < NELEM(words); i++)
		if (k->type == words[i].type) {
			(void)strlcpy(out, words[i].text, size);
			return out;
		}
	snprintf(out, size, "a number from %" PRIu64 " to %" PRIu64 "%s",
	    k->min, k->max,
	    k->type == &conf_seconds ? " (s, m, h or d may follow)"
	    : k->type == &conf_bytes ? " (k or m may follow)"
	    : k->type == &conf_size  ? " (k, m, g or t may follow)"
				     : "");
	return out;
}

void
conf_defaults(enum conf_section_id id, void *base, const char *dir)
{
	struct conf_input in = { .dir = dir };
	size_t i;

	for (i = 0; i < conf_nkeys; i++) {
		if (conf_keys[i].section != id || conf_keys[i].def == NULL)
			continue;
		in.text = conf_keys[i].def;
		if (conf_value_set(&conf_keys[i], &in, base) != 0)
			bug("default of %s: %s", conf_keys[i].name, in.why);
	}
}

/* Some are secrets, of which no other process is to find anything. */
static void
clear_heap(char **value)
{
	if (*value != NULL)
		free_secret(*value, strlen(*value));
	*value = NULL;
}

void
conf_values_clear(enum conf_section_id id, void *base)
{
	size_t i;

	for (i = 0; i < conf_nkeys; i++)
		if (conf_keys[i].section == id && conf_keys[i].type->heap)
			clear_heap(conf_value_at(&conf_keys[i], base));
	if (conf_rules_of(id, base) != NULL)
		conf_places_clear(conf_rules_of(id, base));
}

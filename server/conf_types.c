/* SPDX-License-Identifier: ISC */
/*
 * The types of keys: text to value and back.
 */
#include "config.h"

#include <confuse.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/ftptime.h"
#include "common/hours.h"
#include "common/mem.h"
#include "common/network.h"
#include "common/sockutil.h"
#include "common/str.h"
#include "common/vpath.h"
#include "server/certnames.h"
#include "server/conf.h"
#include "server/conf_text.h"
#include "server/conf_value.h"
#include "server/rights.h"
#include "server/totp.h"

struct unit {
	char letter;
	uint64_t factor;
};

static int refuse(struct conf_input *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
refuse(struct conf_input *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(in->why, sizeof(in->why), fmt, ap);
	va_end(ap);
	return -1;
}

static int
refuse_value(const struct conf_key *k, struct conf_input *in)
{
	char range[128];

	return refuse(in, "\"%.60s\" is no value of %s; write %s", in->text,
	    k->name, conf_value_range(k, range, sizeof(range)));
}

/* ----------------------------------------------------------- booleans */
static int
parse_bool(const struct conf_key *k, struct conf_input *in, void *dst)
{
	int value;

	if (k->names == NULL)
		value = cfg_parse_boolean(in->text);
	else
		value = strcmp(in->text, k->names[0]) == 0   ? 0
			: strcmp(in->text, k->names[1]) == 0 ? 1
							     : -1;
	if (value == -1)
		return refuse_value(k, in);
	*(bool *)dst = value != 0;
	return 0;
}

static void
print_bool(const struct conf_key *k, const void *src, FILE *out)
{
	static const char *const yes_no[] = { "no", "yes" };
	const char *const *names = k->names != NULL ? k->names : yes_no;

	fputs(names[*(const bool *)src], out);
}

/* ------------------------------------------------------------ numbers */
static const struct unit no_units[] = { { '\0', 0 } };
static const struct unit second_units[] = { { 's', 1 }, { 'm', 60 },
	{ 'h', 3600 }, { 'd', 86400 }, { '\0', 0 } };
static const struct unit byte_units[] = { { 'k', 1024 }, { 'm', 1024 * 1024 },
	{ '\0', 0 } };

static const struct unit size_units[] = { { 'k', 1 << 10 }, { 'm', 1 << 20 },
	{ 'g', 1 << 30 }, { 't', UINT64_C(1) << 40 }, { '\0', 0 } };

static int
parse_number(const struct conf_key *k, const struct unit *u,
    struct conf_input *in, uint64_t *out)
{
	char digits[24];
	size_t len;
	uint64_t factor = 1;

	if (strlcpy(digits, in->text, sizeof(digits)) >= sizeof(digits))
		return refuse_value(k, in);
	len = strlen(digits);
	for (; len > 1 && u->letter != '\0'; u++)
		if (digits[len - 1] == u->letter) {
			digits[len - 1] = '\0';
			factor = u->factor;
			break;
		}
	if (parse_u64(digits, k->max / factor, out) != 0)
		return refuse_value(k, in);
	*out *= factor;
	return *out < k->min ? refuse_value(k, in) : 0;
}

static int
parse_uint(const struct conf_key *k, const struct unit *u,
    struct conf_input *in, void *dst)
{
	uint64_t value = 0;

	if (parse_number(k, u, in, &value) != 0)
		return -1;
	*(uint32_t *)dst = (uint32_t)value;
	return 0;
}

static int
parse_count(const struct conf_key *k, struct conf_input *in, void *dst)
{
	return parse_uint(k, no_units, in, dst);
}

static int
parse_seconds(const struct conf_key *k, struct conf_input *in, void *dst)
{
	return parse_uint(k, second_units, in, dst);
}

static int
parse_bytes(const struct conf_key *k, struct conf_input *in, void *dst)
{
	return parse_uint(k, byte_units, in, dst);
}

static int
parse_size(const struct conf_key *k, struct conf_input *in, void *dst)
{
	return parse_number(k, size_units, in, dst);
}

static void
print_size(const struct conf_key *k, const void *src, FILE *out)
{
	fprintf(out, "%" PRIu64, *(const uint64_t *)src);
}

static void
print_uint(const struct conf_key *k, const void *src, FILE *out)
{
	fprintf(out, "%" PRIu32, *(const uint32_t *)src);
}

/* --------------------------------------------------- addresses, ports */
static int
parse_port(const struct conf_key *k, struct conf_input *in, void *dst)
{
	struct addr *addr = dst;
	uint64_t port;

	if (parse_number(k, no_units, in, &port) != 0)
		return -1;
	addr->port = (uint16_t)port;
	return 0;
}

static void
print_port(const struct conf_key *k, const void *src, FILE *out)
{
	fprintf(out, "%u", ((const struct addr *)src)->port);
}

/* The address alone: the port of the same struct is another key's. */
static int
parse_ip(const struct conf_key *k, struct conf_input *in, void *dst)
{
	struct addr *addr = dst, parsed = { 0 };

	if (addr_parse_ip(&parsed, in->text) != 0)
		return refuse_value(k, in);
	parsed.port = addr->port;
	*addr = parsed;
	return 0;
}

static void
print_ip(const struct conf_key *k, const void *src, FILE *out)
{
	char text[ADDR_STRLEN];

	conf_text_quote(out, addr_ip_str(src, text, sizeof(text)));
}

static int
parse_networks(const struct conf_key *k, struct conf_input *in, void *dst)
{
	struct networks list;
	char bad[NETWORK_STRLEN];

	if (networks_parse(&list, in->text, bad, sizeof(bad)) == 0) {
		*(struct networks *)dst = list;
		return 0;
	}
	if (bad[0] == '\0')
		return refuse(in,
		    "%s has more than %d networks; join some of them", k->name,
		    NETWORKS_MAX);
	return refuse(in,
	    "\"%s\" in %s is no network; write one such as 10.0.0.0/8, "
	    "2001:db8::/32 or an address",
	    bad, k->name);
}

static void
print_networks(const struct conf_key *k, const void *src, FILE *out)
{
	char text[NETWORKS_MAX * NETWORK_STRLEN];

	conf_text_quote(out, networks_str(src, text, sizeof(text)));
}

_Static_assert(offsetof(struct config, passive_max) ==
		   offsetof(struct config, passive_min) + sizeof(uint16_t),
    "a range of ports is two numbers, one behind the other");

static int
parse_ports(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char text[16], *dash;
	uint16_t *range = dst;
	uint64_t low, high;

	if (strlcpy(text, in->text, sizeof(text)) >= sizeof(text))
		return refuse_value(k, in);
	dash = strchr(text, '-');
	if (dash != NULL)
		*dash++ = '\0';
	if (parse_u64(text, k->max, &low) != 0 || low < k->min ||
	    parse_u64(dash != NULL ? dash : text, k->max, &high) != 0)
		return refuse_value(k, in);
	if (low > high)
		return refuse(in,
		    "the range of ports %s runs backwards; "
		    "write the smaller number first",
		    in->text);
	range[0] = (uint16_t)low;
	range[1] = (uint16_t)high;
	return 0;
}

static void
print_ports(const struct conf_key *k, const void *src, FILE *out)
{
	const uint16_t *range = src;

	fprintf(out, "%u-%u", range[0], range[1]);
}

/* -------------------------------------------------------------- names */
static int
parse_enum(const struct conf_key *k, struct conf_input *in, void *dst)
{
	unsigned i;

	for (i = 0; k->names[i] != NULL; i++)
		if (strcmp(in->text, k->names[i]) == 0) {
			*(unsigned *)dst = i;
			return 0;
		}
	return refuse_value(k, in);
}

static void
print_enum(const struct conf_key *k, const void *src, FILE *out)
{
	fputs(k->names[*(const unsigned *)src], out);
}

static int
parse_rights(const struct conf_key *k, struct conf_input *in, void *dst)
{
	return rights_parse(in->text, dst) == 0 ? 0 : refuse_value(k, in);
}

static void
print_rights(const struct conf_key *k, const void *src, FILE *out)
{
	char text[256];

	conf_text_quote(
	    out, rights_str(*(const uint32_t *)src, text, sizeof(text)));
}

static int
parse_id(const struct conf_key *k, struct conf_input *in, struct conf_id *dst)
{
	uint32_t id;

	if (parse_uint(k, no_units, in, &id) != 0)
		return -1;
	*dst = (struct conf_id){ id, true };
	return 0;
}

static int
parse_uid(const struct conf_key *k, struct conf_input *in, void *dst)
{
	const struct passwd *pw = getpwnam(in->text);
	uint32_t id;

	if (pw == NULL)
		return parse_id(k, in, dst);
	id = pw->pw_uid;
	if (id < k->min)
		return refuse(in,
		    "%s is root, who never touches files here; "
		    "name another user",
		    in->text);
	*(struct conf_id *)dst = (struct conf_id){ id, true };
	return 0;
}

static int
parse_gid(const struct conf_key *k, struct conf_input *in, void *dst)
{
	const struct group *gr = getgrnam(in->text);

	if (gr == NULL)
		return parse_id(k, in, dst);
	*(struct conf_id *)dst = (struct conf_id){ gr->gr_gid, true };
	return 0;
}

static void
print_id(const struct conf_key *k, const void *src, FILE *out)
{
	fprintf(out, "%" PRIu32, ((const struct conf_id *)src)->id);
}

/* --------------------------------------------------------------- mode */
static int
parse_mode(const struct conf_key *k, struct conf_input *in, void *dst)
{
	uint32_t mode = 0;
	const char *p;

	for (p = in->text; *p >= '0' && *p <= '7' && mode <= k->max; p++)
		mode = mode * 8 + (uint32_t)(*p - '0');
	if (p == in->text || *p != '\0' || mode > k->max)
		return refuse_value(k, in);
	*(uint32_t *)dst = mode;
	return 0;
}

static void
print_mode(const struct conf_key *k, const void *src, FILE *out)
{
	fprintf(out, "%03" PRIo32, *(const uint32_t *)src);
}

/* ------------------------------------------------------------ strings */
static int
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 1;
	return 0;
}

static void
set_string(void *dst, char *s)
{
	free(*(char **)dst);
	*(char **)dst = s;
}

static int
parse_string(const struct conf_key *k, struct conf_input *in, void *dst)
{
	if (in->text[0] == '\0' || has_control(in->text))
		return refuse(in,
		    "%s is empty or has a control character in it; write "
		    "printable text or leave the key out",
		    k->name);
	set_string(dst, xstrdup(in->text));
	return 0;
}

static int
parse_certname(const struct conf_key *k, struct conf_input *in, void *dst)
{
	if (!certnames_valid(in->text))
		return refuse_value(k, in);
	set_string(dst, xstrdup(in->text));
	return 0;
}

static int
parse_hours(const struct conf_key *k, struct conf_input *in, void *dst)
{
	if (hours_check(in->text) == -1)
		return refuse_value(k, in);
	set_string(dst, xstrdup(in->text));
	return 0;
}

static int
parse_totp(const struct conf_key *k, struct conf_input *in, void *dst)
{
	uint8_t key[TOTP_KEY_MAX];
	size_t n = totp_key(in->text, key);

	explicit_bzero(key, sizeof(key));
	if (n == 0) /* the wrong text may be nearly the right one */
		return refuse(in,
		    "this is no key for one-time passwords; have one made: "
		    "ternctl user totp NAME");
	set_string(dst, xstrdup(in->text));
	return 0;
}

/* Days are compared as texts: "never" comes after all of them. */
static int
parse_date(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char digits[16];
	time_t t;
	int n;

	n = snprintf(digits, sizeof(digits), "%.4s%.2s%.2s000000", in->text,
	    strlen(in->text) == 10 ? in->text + 5 : "",
	    strlen(in->text) == 10 ? in->text + 8 : "");
	if (strcmp(in->text, "never") != 0 &&
	    (n != 14 || in->text[4] != '-' || in->text[7] != '-' ||
		ftptime_parse(digits, 14, 0, &t) == -1))
		return refuse_value(k, in);
	set_string(dst, xstrdup(in->text));
	return 0;
}

static int
parse_path(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char *path;

	if (in->text[0] == '\0' || has_control(in->text))
		return refuse(in,
		    "%s is empty or has a control character in "
		    "it; write a path",
		    k->name);
	if (in->text[0] == '/')
		path = xstrdup(in->text);
	else
		xasprintf(&path, "%s/%s", in->dir, in->text);
	if (strlen(path) >= PATH_MAX) {
		free(path);
		return refuse(in,
		    "the path of %s is too long; at most %d "
		    "bytes are possible",
		    k->name, PATH_MAX - 1);
	}
	set_string(dst, path);
	return 0;
}

static int
parse_socket(const struct conf_key *k, struct conf_input *in, void *dst)
{
	if (strcmp(in->text, "none") != 0)
		return parse_path(k, in, dst);
	set_string(dst, xstrdup("none"));
	return 0;
}

static int
parse_vpath(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char path[VPATH_MAX];

	if (in->text[0] != '/' || vpath_join(path, "/", in->text) != 0)
		return refuse(in,
		    "\"%.60s\" is no path the user could see; "
		    "write one that starts with /, such as "
		    "/incoming",
		    in->text);
	set_string(dst, xstrdup(path));
	return 0;
}

/* As text, which is shorter than what it means. */
static int
parse_netlist(const struct conf_key *k, struct conf_input *in, void *dst)
{
	char text[NETWORKS_MAX * NETWORK_STRLEN];
	struct networks list;

	if (parse_networks(k, in, &list) != 0)
		return -1;
	set_string(dst, xstrdup(networks_str(&list, text, sizeof(text))));
	return 0;
}

static void
print_string(const struct conf_key *k, const void *src, FILE *out)
{
	conf_text_quote(out, *(char *const *)src);
}

static int
parse_nat(const struct conf_key *k, struct conf_input *in, void *dst)
{
	struct nat nat;

	if (nat_parse(&nat, in->text, in->why, sizeof(in->why)) == -1)
		return -1;
	*(struct nat *)dst = nat;
	return 0;
}

static void
print_nat(const struct conf_key *k, const void *src, FILE *out)
{
	char text[NAT_MAX * (NAT_NAME_MAX + NETWORK_STRLEN)];

	conf_text_quote(out, nat_str(src, text, sizeof(text)));
}

/* -------------------------------------------------------------- types */
const struct conf_type conf_nat = { "addresses", parse_nat, print_nat,
	sizeof(struct nat), false };

const struct conf_type conf_bool = { "bool", parse_bool, print_bool,
	sizeof(bool), false };
const struct conf_type conf_count = { "number", parse_count, print_uint,
	sizeof(uint32_t), false };
const struct conf_type conf_seconds = { "seconds", parse_seconds, print_uint,
	sizeof(uint32_t), false };
const struct conf_type conf_bytes = { "bytes", parse_bytes, print_uint,
	sizeof(uint32_t), false };
const struct conf_type conf_size = { "bytes", parse_size, print_size,
	sizeof(uint64_t), false };
const struct conf_type conf_port = { "port", parse_port, print_port,
	sizeof(struct addr), false };
const struct conf_type conf_ports = { "ports", parse_ports, print_ports,
	sizeof(uint16_t[2]), false };
const struct conf_type conf_enum = { "choice", parse_enum, print_enum,
	sizeof(unsigned), false };
const struct conf_type conf_string = { "text", parse_string, print_string,
	sizeof(char *), true };
const struct conf_type conf_path = { "path", parse_path, print_string,
	sizeof(char *), true };
const struct conf_type conf_socket = { "path or none", parse_socket,
	print_string, sizeof(char *), true };
const struct conf_type conf_vpath = { "user path", parse_vpath, print_string,
	sizeof(char *), true };
const struct conf_type conf_mode = { "octal", parse_mode, print_mode,
	sizeof(uint32_t), false };
const struct conf_type conf_rights = { "rights", parse_rights, print_rights,
	sizeof(uint32_t), false };
const struct conf_type conf_ip = { "address", parse_ip, print_ip,
	sizeof(struct addr), false };
const struct conf_type conf_networks = { "networks", parse_networks,
	print_networks, sizeof(struct networks), false };
const struct conf_type conf_netlist = { "networks", parse_netlist, print_string,
	sizeof(char *), true };
const struct conf_type conf_hours = { "times", parse_hours, print_string,
	sizeof(char *), true };
const struct conf_type conf_date = { "day", parse_date, print_string,
	sizeof(char *), true };
const struct conf_type conf_totp = { "key", parse_totp, print_string,
	sizeof(char *), true };
const struct conf_type conf_uid = { "user", parse_uid, print_id,
	sizeof(struct conf_id), false };
const struct conf_type conf_gid = { "group", parse_gid, print_id,
	sizeof(struct conf_id), false };
const struct conf_type conf_certname = { "certificate name", parse_certname,
	print_string, sizeof(char *), true };

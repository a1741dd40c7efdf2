/* SPDX-License-Identifier: ISC */
/*
 * Accounts in messages: what goes in comes out, what cannot be is an error.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/account.h"
#include "server/rights.h"
#include "tests/unit/suites.h"

static struct account *
new_account(void)
{
	struct account *a = xcalloc(1, sizeof(*a));

	strlcpy(a->name, "anna", sizeof(a->name));
	a->source = ACCOUNT_SYSTEM;
	a->ident.uid = 1000;
	a->ident.gid = 100;
	a->ident.ngroups = 2;
	a->ident.groups[0] = 100;
	a->ident.groups[1] = 27;
	strlcpy(a->root, "/srv/ftp/anna", sizeof(a->root));
	strlcpy(a->start_dir, "/in", sizeof(a->start_dir));
	a->rights = RIGHTS_READ_ONLY;
	a->umask = 022;
	a->idle_timeout = 300;
	a->tls_data = true;
	strlcpy(a->group, "staff", sizeof(a->group));
	a->max_sessions = 7;
	a->quota = 1ULL << 40;
	a->quota_files = 9;
	a->usage_slot = 11;
	a->rates[RATE_SESSION][RATE_DOWN] = UINT64_MAX;
	a->rates[RATE_GROUP][RATE_UP] = 5;
	a->create_home = true;
	a->file_mode = 0640;
	a->dir_mode = 0750;
	strlcpy(a->rules.files[0], "/etc/users", sizeof(a->rules.files[0]));
	strlcpy(a->rules.files[1], "/etc/more", sizeof(a->rules.files[1]));
	a->rules.lines[RULE_RIGHTS] = 7;
	a->rules.lines[RULE_IDLE_TIMEOUT] = -8;
	return a;
}

/* Puts a, gets it back into a fresh struct. */
static int
pass(const struct account *a, struct account *back)
{
	static uint8_t mem[3 * 4096];
	struct wbuf w;
	struct rbuf r;

	wbuf_init(&w, mem, sizeof(mem));
	account_put(&w, a);
	ck_assert_int_eq(w.err, 0);
	rbuf_init(&r, mem, w.len);
	memset(back, 0xee, sizeof(*back));
	account_get(&r, back);
	return rbuf_end(&r);
}

START_TEST(account_comes_back_whole)
{
	struct account *a = new_account(), *b = xmalloc(sizeof(*b));

	ck_assert_int_eq(pass(a, b), 0);
	ck_assert_str_eq(b->name, "anna");
	ck_assert(!b->anonymous);
	ck_assert_uint_eq(b->ident.uid, 1000);
	ck_assert_uint_eq(b->ident.gid, 100);
	ck_assert_int_eq(b->ident.ngroups, 2);
	ck_assert_uint_eq(b->ident.groups[1], 27);
	ck_assert_str_eq(b->root, "/srv/ftp/anna");
	ck_assert_str_eq(b->start_dir, "/in");
	ck_assert_uint_eq(b->rights, RIGHTS_READ_ONLY);
	ck_assert_uint_eq(b->umask, 022);
	ck_assert_uint_eq(b->idle_timeout, 300);
	ck_assert_str_eq(b->group, "staff");
	ck_assert_uint_eq(b->max_sessions, 7);
	ck_assert_uint_eq(b->quota, 1ULL << 40);
	ck_assert_uint_eq(b->quota_files, 9);
	ck_assert_uint_eq(b->usage_slot, 11);
	ck_assert_uint_eq(b->rates[RATE_SESSION][RATE_DOWN], UINT64_MAX);
	ck_assert_uint_eq(b->rates[RATE_GROUP][RATE_UP], 5);
	ck_assert_uint_eq(b->rates[RATE_USER][RATE_UP], 0);
	ck_assert(b->tls_data && b->create_home);
	ck_assert_uint_eq(b->file_mode, 0640);
	ck_assert_uint_eq(b->dir_mode, 0750);
	ck_assert_str_eq(b->rules.files[1], "/etc/more");
	ck_assert_int_eq(b->rules.lines[RULE_RIGHTS], 7);
	ck_assert_int_eq(b->rules.lines[RULE_IDLE_TIMEOUT], -8);
	a->anonymous = true;
	a->tls_data = false;
	a->ident.ngroups = IDENT_GROUPS;
	ck_assert_int_eq(pass(a, b), 0);
	ck_assert(b->anonymous);
	ck_assert(!b->tls_data);
	ck_assert_int_eq(b->ident.ngroups, IDENT_GROUPS);
	free(a);
	free(b);
}
END_TEST

START_TEST(longest_strings_fit)
{
	struct account *a = new_account(), *b = xmalloc(sizeof(*b));

	memset(a->name, 'n', sizeof(a->name) - 1);
	memset(a->root, '/', sizeof(a->root) - 1);
	memset(a->start_dir, '/', sizeof(a->start_dir) - 1);
	ck_assert_int_eq(pass(a, b), 0);
	ck_assert_str_eq(b->root, a->root);
	free(a);
	free(b);
}
END_TEST

static void
no_name(struct account *a)
{
	a->name[0] = '\0';
}
static void
no_root(struct account *a)
{
	a->root[0] = '\0';
}
static void
relative_root(struct account *a)
{
	a->root[0] = 's';
}
static void
no_start_dir(struct account *a)
{
	a->start_dir[0] = '\0';
}
static void
unknown_right(struct account *a)
{
	a->rights |= 1u << 12;
}
static void
wide_umask(struct account *a)
{
	a->umask = 01000;
}

static void
wide_mode(struct account *a)
{
	a->file_mode = 01000;
}

static void (*const spoilers[])(struct account *) = { wide_mode, no_name,
	no_root, relative_root, no_start_dir, unknown_right, wide_umask };

START_TEST(nonsense_is_refused)
{
	struct account *a = new_account(), *b = xmalloc(sizeof(*b));

	spoilers[_i](a);
	ck_assert_int_eq(pass(a, b), -1);
	free(a);
	free(b);
}
END_TEST

static uint8_t source; /* of get_raw() */

/* A message as account_put() never writes it. */
static int
get_raw(
    struct account *b, unsigned anonymous, unsigned ngroups, unsigned tls_data)
{
	uint8_t mem[1024];
	struct wbuf w;
	struct rbuf r;
	unsigned i;

	wbuf_init(&w, mem, sizeof(mem));
	put_str(&w, "anna");
	put_u8(&w, source);
	put_u8(&w, (uint8_t)anonymous);
	put_u32(&w, 1000);
	put_u32(&w, 1000);
	put_u16(&w, (uint16_t)ngroups);
	for (i = 0; i < ngroups && i < 100; i++)
		put_u32(&w, i);
	put_str(&w, "/srv");
	put_str(&w, "/");
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_u8(&w, (uint8_t)tls_data);
	put_str(&w, "");
	put_u32(&w, 0);
	put_u64(&w, 0);
	put_u64(&w, 0);
	put_u16(&w, 0);
	for (i = 0; i < RATE_SCOPES * RATE_WAYS; i++)
		put_u64(&w, 0);
	put_u8(&w, 0);
	put_u32(&w, 0);
	put_u32(&w, 0);
	put_str(&w, "");
	put_str(&w, "");
	for (i = 0; i < RULE_LINES; i++)
		put_u32(&w, 0);
	put_bytes(&w, "", 0);
	ck_assert_int_eq(w.err, 0);
	rbuf_init(&r, mem, w.len);
	account_get(&r, b);
	return rbuf_end(&r);
}

START_TEST(too_many_groups_are_refused)
{
	struct account *b = xmalloc(sizeof(*b));

	ck_assert_int_eq(get_raw(b, 0, IDENT_GROUPS, 0), 0);
	ck_assert_int_eq(get_raw(b, 0, IDENT_GROUPS + 1, 0), -1);
	ck_assert_int_eq(b->ident.ngroups, 0);
	ck_assert_int_eq(get_raw(b, 0, 65535, 0), -1);
	ck_assert_int_eq(b->ident.ngroups, 0);
	free(b);
}
END_TEST

START_TEST(flags_are_0_or_1)
{
	struct account *b = xmalloc(sizeof(*b));

	ck_assert_int_eq(get_raw(b, 1, 0, 1), 0);
	ck_assert_int_eq(get_raw(b, 2, 0, 0), -1);
	ck_assert_int_eq(get_raw(b, 0, 0, 2), -1);
	source = ACCOUNT_SOURCE_COUNT;
	ck_assert_int_eq(get_raw(b, 0, 0, 0), -1);
	free(b);
}
END_TEST

/* Cut at any byte it is an error, never half an account. */
START_TEST(short_messages_are_refused)
{
	struct account *a = new_account(), *b = xmalloc(sizeof(*b));
	uint8_t mem[512];
	struct wbuf w;
	struct rbuf r;
	size_t n;

	wbuf_init(&w, mem, sizeof(mem));
	account_put(&w, a);
	for (n = 0; n < w.len; n++) {
		rbuf_init(&r, mem, n);
		account_get(&r, b);
		ck_assert_int_eq(rbuf_end(&r), -1);
	}
	free(a);
	free(b);
}
END_TEST

static void
add_place(struct account *a, const char *at, const char *host, uint32_t rights)
{
	account_place_put(
	    a, &(struct account_place){ at, host, true, rights, -12 });
}

START_TEST(places_come_back)
{
	struct account *a = new_account(), *b = xmalloc(sizeof(*b));
	char at[VPATH_MAX], host[PATH_MAX];
	struct account_place p;
	struct rbuf r;

	add_place(a, "/pub", "/srv/pub", RIGHTS_READ_ONLY);
	add_place(a, "/in", "", 0);
	ck_assert_int_eq(pass(a, b), 0);
	rbuf_init(&r, b->places, b->places_len);
	ck_assert(account_place_get(&r, &p, at, host));
	ck_assert_str_eq(p.at, "/pub");
	ck_assert_int_eq(p.line, -12);
	ck_assert_str_eq(p.host, "/srv/pub");
	ck_assert(p.has_rights && p.rights == RIGHTS_READ_ONLY);
	ck_assert(account_place_get(&r, &p, at, host));
	ck_assert_str_eq(p.at, "/in");
	ck_assert_str_eq(p.host, "");
	ck_assert(!account_place_get(&r, &p, at, host));
	ck_assert_int_eq(rbuf_end(&r), 0);
	free(a);
	free(b);
}
END_TEST

START_TEST(bad_places_are_refused)
{
	static const char *const bad[][2] = { { "pub", "/srv" },
		{ "/pub", "srv" }, { "", "" } };
	struct account *a, *b = xmalloc(sizeof(*b));
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		a = new_account();
		add_place(a, bad[i][0], bad[i][1], 0);
		ck_assert_int_eq(pass(a, b), -1);
		free(a);
	}
	a = new_account();
	add_place(a, "/pub", "", RIGHTS_FULL + 1);
	ck_assert_int_eq(pass(a, b), -1);
	a->places_len = 0;
	add_place(a, "/pub", "", 0);
	a->places_len--;
	ck_assert_int_eq(pass(a, b), -1);
	free(a);
	free(b);
}
END_TEST

Suite *
suite_account(void)
{
	Suite *s = suite_create("account");
	TCase *tc = tcase_create("account");

	tcase_add_test(tc, account_comes_back_whole);
	tcase_add_test(tc, longest_strings_fit);
	tcase_add_loop_test(tc, nonsense_is_refused, 0, (int)NELEM(spoilers));
	tcase_add_test(tc, too_many_groups_are_refused);
	tcase_add_test(tc, flags_are_0_or_1);
	tcase_add_test(tc, short_messages_are_refused);
	tcase_add_test(tc, places_come_back);
	tcase_add_test(tc, bad_places_are_refused);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: ISC */
/*
 * -T and --keys: what is printed loads again and amounts to the same.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "server/conf.h"
#include "server/conf_keys.h"
#include "server/conf_rules.h"
#include "tests/unit/suites.h"
#include "tests/unit/temp_dir.h"

static char *
printed(const struct config *conf)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_print(conf, out);
	fclose(out);
	return text;
}

static const char *const texts[] = {
	"",
	"workers = 7 banner = \"a \\\"b\\\" $c \\\\ #d\" log = /var/log/x\n"
	"listen \"a b\" { address = 127.0.0.1 port = 1 }\n"
	"listen c { port = 2 }\n",
	"limits { sessions = 0 auth_queue = 1 } timeouts { idle = 1h }\n"
	"data { passive_ports = 7 passive_address = 192.0.2.1 active = no }\n"
	"files { initial_type = ascii uploads = in-place mlsd_links = slink }",
	"anonymous { enabled = yes root = \"my pub\" rights = \"list hash\" }\n"
	"system { enabled = yes root = / umask = 0 }",
	"listen a { implicit = yes tls_profile = legacy tls_min = 1.0 "
	"session_reuse = strict client_certs = request client_ca = ca }\n"
	"listen b { tls = off unclean_eof = refuse }\n"
	"certificate \"r s\" { file = r.pem key = k ocsp = /o }\n"
	"certificate e { file = e }\n"
	"tls { selfsigned = s ticket_keys = t key_process = no ktls = no }\n"
	"user a { root = / login = certificate certificate = \"cn:b c\" }",
	"user \"j\\\"o {}\" { password = \"$y$j9T$abc\" root = r }\n"
	"user b { password = '*' root = / uid = 5 gid = 0 rights = none "
	"start_dir = \"/a b\" disabled = yes umask = 777 }",
	"group g { umask = 027 tls = required }\n"
	"user a { password = '*' root = / group = g }\n"
	"user b { password = '*' root = / group = g umask = 0 }",
	"group g { mount /m { path = /x } path /p { rights = none } }\n"
	"user a { password = '*' root = / group = g\n"
	"  mount \"/a b\" { path = \"/y z\" rights = \"read list\" } }\n"
	"anonymous { path / { rights = full } }",
	"system { networks = \"10.0.0.0/8, ::1\" hours = \"sat, sun\" }\n"
	"group g { expires = 2026-12-31 file_mode = 640 sessions = 7 }\n"
	"user a { password = '*' root = / group = g expires = never\n"
	"  networks = \"\" create_home = yes dir_mode = 2 }",
};

/* The first line names the file; all other lines must be the same. */
START_TEST(test_round_trip)
{
	char *err, *first, *second;
	struct config *conf;

	conf = conf_load(temp_file("a.conf", texts[_i]), &err);
	ck_assert_msg(conf != NULL, "%s", err);
	first = printed(conf);
	conf_free(conf);
	conf = conf_load(temp_file("b.conf", first), &err);
	ck_assert_msg(conf != NULL, "%s in\n%s", err, first);
	second = printed(conf);
	conf_free(conf);
	ck_assert_str_eq(strchr(first, '\n'), strchr(second, '\n'));
	free(first);
	free(second);
}
END_TEST

/* Users of the users file stay there, or they would stand twice. */
START_TEST(test_users_file_is_not_copied)
{
	struct config *conf;
	char *err, *text;

	temp_file("u", "user joe { password = \"*\" root = / }");
	conf = conf_load(temp_file("a.conf", "users_file = u\n"), &err);
	ck_assert_ptr_nonnull(conf);
	text = printed(conf);
	conf_free(conf);
	ck_assert_ptr_null(strstr(text, "joe"));
	ck_assert_ptr_nonnull(strstr(text, "# and 1 users in users_file"));
	conf = conf_load(temp_file("b.conf", text), &err);
	ck_assert_ptr_nonnull(conf);
	ck_assert_uint_eq(conf->nusers, 1);
	conf_free(conf);
	free(text);
}
END_TEST

/* Each row is in --keys, with a help sentence. */
START_TEST(test_keys)
{
	char *text, name[64];
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	conf_print_keys(out);
	fclose(out);
	for (i = 0; i < conf_nkeys; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (conf_rules_index(k) != -1 && k->section != SECTION_GROUP)
			continue;
		snprintf(name, sizeof(name), "%s%s%s ",
		    conf_sections[k->section].name,
		    k->section == SECTION_TOP ? "" : ".", k->name);
		ck_assert_msg(strstr(text, name) != NULL, "%s", name);
		ck_assert_msg(strstr(text, k->help) != NULL, "%s", k->help);
		ck_assert_msg(
		    k->help[strlen(k->help) - 1] == '.', "%s", k->help);
		ck_assert_ptr_eq(conf_key_find(k->section, k->name), k);
	}
	free(text);
}
END_TEST

Suite *
suite_conf_print(void)
{
	Suite *s = suite_create("conf_print");
	TCase *tc = tcase_create("print");

	tcase_add_checked_fixture(tc, temp_dir_setup, temp_dir_teardown);
	tcase_add_loop_test(tc, test_round_trip, 0, NELEM(texts));
	tcase_add_test(tc, test_users_file_is_not_copied);
	tcase_add_test(tc, test_keys);
	suite_add_tcase(s, tc);
	return s;
}

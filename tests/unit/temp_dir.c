/* SPDX-License-Identifier: ISC */
/*
 * A directory for the files of one test, gone after it.
 */
#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/conf_text.h"
#include "tests/unit/temp_dir.h"

static char dir[] = "/tmp/ternftpd-test-XXXXXX";

void
temp_dir_setup(void)
{
	strlcpy(strrchr(dir, '-'), "-XXXXXX", sizeof("-XXXXXX"));
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void
temp_dir_teardown(void)
{
	ck_assert_int_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *
temp_path(const char *name)
{
	static char paths[64][PATH_MAX];
	static unsigned next;
	char *p = paths[next++ % 64];

	snprintf(p, PATH_MAX, "%s%s%s", dir, name[0] != '\0' ? "/" : "", name);
	return p;
}

const char *
temp_file(const char *name, const char *text)
{
	const char *path = temp_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	return path;
}

char *
temp_read(const char *name)
{
	size_t len;
	char *text = conf_text_read(temp_path(name), &len);

	ck_assert_ptr_nonnull(text);
	return text;
}

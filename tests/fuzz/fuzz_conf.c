/* SPDX-License-Identifier: ISC */
/*
 * A whole configuration: any texts either load or are complained about, with
 * nothing lost; what loads prints as a text that loads to the same.
 *
 * Input: ftpd.conf, a NUL, the file "users", a NUL, the file "more.conf".
 */
#include <fcntl.h>
#include <unistd.h>

#include "server/conf.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = { "ftpd.conf", "users", "more.conf" };

static char top[] = "/tmp/ternftpd-fuzz-XXXXXX", path[64];
static int topfd;

static void
remove_top(void)
{
	int i;

	for (i = 0; i < 3; i++)
		(void)unlinkat(topfd, names[i], 0);
	(void)rmdir(top);
}

static void
prepare(void)
{
	if (path[0] != '\0')
		return;
	REQUIRE(mkdtemp(top) != NULL);
	topfd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(topfd != -1);
	(void)snprintf(path, sizeof(path), "%s/ftpd.conf", top);
	atexit(remove_top);
}

static void
put(const char *name, const void *text, size_t len)
{
	int fd =
	    openat(topfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd != -1);
	REQUIRE(write(fd, text, len) == (ssize_t)len);
	close(fd);
}

/* Up to the next NUL, or all that is left if this is the last. */
static void
put_part(struct input *in, const char *name, bool last)
{
	const uint8_t *nul = last ? NULL : memchr(in->p, '\0', in->n);
	size_t n = nul == NULL ? in->n : (size_t)(nul - in->p);

	put(name, in->p, n);
	if (nul != NULL)
		n++;
	in->p += n;
	in->n -= n;
}

static char *
printed(const struct config *conf, size_t *len)
{
	char *text;
	FILE *out = open_memstream(&text, len);

	REQUIRE(out != NULL);
	conf_print(conf, out);
	fclose(out);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct config *conf;
	char *err = NULL, *first, *second;
	size_t len;
	int i;

	prepare();
	for (i = 0; i < 3; i++)
		put_part(&in, names[i], i == 2);
	conf = conf_load(path, &err);
	if (conf == NULL) {
		REQUIRE(err != NULL && err[0] != '\0');
		free(err);
		return 0;
	}
	REQUIRE(err == NULL);
	first = printed(conf, &len);
	conf_free(conf);
	put(names[0], first, len);
	conf = conf_load(path, &err);
	REQUIRE(conf != NULL);
	second = printed(conf, &len);
	conf_free(conf);
	REQUIRE(strcmp(strchr(first, '\n'), strchr(second, '\n')) == 0);
	free(first);
	free(second);
	return 0;
}

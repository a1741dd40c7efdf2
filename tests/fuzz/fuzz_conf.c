/* SPDX-License-Identifier: ISC */
/*
 * A whole configuration: any text either loads or is complained about, with
 * nothing lost; what loads prints as a text that loads to the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "server/conf.h"
#include "tests/fuzz/fuzz.h"

static struct config *
load(const void *text, size_t len, char **err)
{
	int fd = memfd_create("ftpd.conf", MFD_CLOEXEC);
	struct config *conf;
	char path[64];

	REQUIRE(fd != -1);
	REQUIRE(write(fd, text, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	conf = conf_load(path, err);
	close(fd);
	return conf;
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
	struct config *conf;
	char *err = NULL, *first, *second;
	size_t len;

	conf = load(data, size, &err);
	if (conf == NULL) {
		REQUIRE(err != NULL && err[0] != '\0');
		free(err);
		return 0;
	}
	REQUIRE(err == NULL);
	first = printed(conf, &len);
	conf_free(conf);
	conf = load(first, len, &err);
	REQUIRE(conf != NULL);
	second = printed(conf, &len);
	conf_free(conf);
	REQUIRE(strcmp(strchr(first, '\n'), strchr(second, '\n')) == 0);
	free(first);
	free(second);
	return 0;
}

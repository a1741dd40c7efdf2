/* SPDX-License-Identifier: ISC */
/*
 * The options before the path of LIST, NLST and STAT: the path is the end of
 * the argument, unless there are none; nobody gets patterns who has none.
 */
#include "server/worker/list_opts.h"
#include "server/proto.h"
#include "tests/fuzz/fuzz.h"

#define FLAGS                                                              \
	(LISTF_ALL | LISTF_ALMOST_ALL | LISTF_SELF | LISTF_CLASSIFY |      \
	    LISTF_FOLLOW | LISTF_REVERSE | LISTF_BY_TIME | LISTF_BY_SIZE | \
	    LISTF_UNSORTED | LISTF_NUMERIC)

static void
check(const char *arg, enum list_style style, bool glob)
{
	struct config conf = { .list_glob = glob };
	const char *first = arg + strspn(arg, " ");
	struct list_opts o;

	memset(&o, 0xee, sizeof(o));
	list_opts_parse(&o, &conf, style, arg);
	REQUIRE(o.path >= arg && o.path <= arg + strlen(arg));
	REQUIRE(
	    o.style == style || (style == LIST_NAMES && o.style == LIST_LONG));
	REQUIRE((o.flags & ~(uint32_t)(FLAGS | LISTF_GLOB)) == 0);
	REQUIRE(((o.flags & LISTF_GLOB) != 0) == glob);
	if (*first == '-')
		return;
	REQUIRE((o.flags & FLAGS) == 0 && o.style == style);
	REQUIRE(*first == '\0' ? *o.path == '\0' : o.path == arg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	char *arg = input_str(&in);

	check(arg, LIST_LONG, true);
	check(arg, LIST_NAMES, false);
	free(arg);
	return 0;
}

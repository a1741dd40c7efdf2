/* SPDX-License-Identifier: ISC */
/*
 * Lines of LIST, NLST and MLSx, put together byte by byte: a listing of a
 * large directory is mostly this code.
 */
#include <stdbool.h>
#include <string.h>

#include "common/ftptime.h"
#include "common/listfmt.h"
#include "common/mem.h"
#include "common/str.h"

#define OWNER_MAX 32 /* bytes of an owner or group name */
#define PERM_MAX 16 /* there are ten letters */

/* LIST_LONG shows the time of day of files from half a mean year ago up to an
 * hour ahead (for clocks that differ a little), else the year. */
#define RECENT_PAST 15778476
#define RECENT_FUTURE 3600

/* -------------------------------------------------------- small pieces */

static char *
put_mem(char *p, const char *s, size_t n)
{
	memcpy(p, s, n);
	return p + n;
}

static char *
put_text(char *p, const char *s)
{
	return put_mem(p, s, strlen(s));
}

static char *
put_blanks(char *p, size_t n)
{
	memset(p, ' ', n);
	return p + n;
}

/* Like %*llu. */
static char *
put_right(char *p, uint64_t n, size_t width)
{
	char digits[20];
	size_t len = (size_t)(fmt_u64(digits, n) - digits);

	if (len < width)
		p = put_blanks(p, width - len);
	return put_mem(p, digits, len);
}

static char *
put_two(char *p, unsigned n, char fill)
{
	char tens = (char)('0' + n / 10);

	*p++ = (char)(n < 10 ? fill : tens);
	*p++ = (char)('0' + n % 10);
	return p;
}

static char *
put_hex(char *p, uint64_t n)
{
	int shift = 60;

	while (shift > 0 && n >> shift == 0)
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[n >> shift & 0xf];
	return p;
}

/* ----------------------------------------------------------- LIST_LONG */

static char *
put_triple(char *p, unsigned bits, bool special, char mark)
{
	*p++ = bits & 4 ? 'r' : '-';
	*p++ = bits & 2 ? 'w' : '-';
	if (special) /* 's' or 't' with x, 'S' or 'T' without */
		*p++ = (char)(bits & 1 ? mark : ascii_toupper((uint8_t)mark));
	else
		*p++ = bits & 1 ? 'x' : '-';
	return p;
}

static char *
put_mode(char *p, mode_t mode)
{
	static const char types[] = "-pc-d-b---l-s---";

	*p++ = types[(mode & S_IFMT) >> 12];
	p = put_triple(p, mode >> 6 & 7, mode & S_ISUID, 's');
	p = put_triple(p, mode >> 3 & 7, mode & S_ISGID, 's');
	return put_triple(p, mode & 7, mode & S_ISVTX, 't');
}

/* A name, or the number if there is none, like %-8s. Parsers split the line
 * at blanks, so a name must not contain any. */
static char *
put_owner(char *p, const char *name, uint32_t id)
{
	char *start = p;

	if (name == NULL || name[0] == '\0') {
		p = fmt_u64(p, id);
	} else {
		for (; *name != '\0' && p < start + OWNER_MAX; name++)
			*p++ =
			    (char)((unsigned char)*name <= ' ' ? '_' : *name);
	}
	if (p < start + 8)
		p = put_blanks(p, (size_t)(start + 8 - p));
	return p;
}

/* "Mar 01 12:34" or "Dec 31  2024", always 12 columns. */
static char *
put_date(char *p, time_t mtime, time_t now)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct civil c;

	civil_from_time(&c, mtime);
	p = put_mem(p, months + 3 * (c.month - 1), 3);
	*p++ = ' ';
	p = put_two(p, c.day, ' ');
	*p++ = ' ';
	if (mtime > now - RECENT_PAST && mtime <= now + RECENT_FUTURE) {
		p = put_two(p, c.hour, '0');
		*p++ = ':';
		return put_two(p, c.minute, '0');
	}
	if (c.year < 0)
		c.year = 0;
	else if (c.year > 9999)
		c.year = 9999;
	return put_right(p, (uint64_t)c.year, 5);
}

/* Devices have numbers where others have a size; clients want a size. */
static uint64_t
shown_size(const struct list_entry *e)
{
	bool has = S_ISREG(e->mode) || S_ISDIR(e->mode) || S_ISLNK(e->mode);

	return has ? e->size : 0;
}

static char *
put_long(char *p, const struct list_entry *e, time_t now)
{
	p = put_mode(p, e->mode);
	*p++ = ' ';
	p = put_right(p, e->nlink > 0 ? e->nlink : 1, 4);
	*p++ = ' ';
	p = put_owner(p, e->owner, e->uid);
	*p++ = ' ';
	p = put_owner(p, e->group, e->gid);
	*p++ = ' ';
	p = put_right(p, shown_size(e), 8);
	*p++ = ' ';
	p = put_date(p, e->mtime, now);
	*p++ = ' ';
	p = put_mem(p, e->name, e->namelen);
	if (S_ISLNK(e->mode) && e->target != NULL &&
	    strpbrk(e->target, "\r\n") == NULL) {
		p = put_text(p, " -> ");
		p = put_text(p, e->target);
	}
	return p;
}

/* ----------------------------------------------------------- LIST_MLSX */

/* May the text stand in a fact's value (RFC 3659 7.2, SCHAR)? */
static bool
is_schar_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s <= ' ' || *s > '~' || strchr(";*<>[]{}|~`", *s) != NULL)
			return false;
	}
	return true;
}

static const char *
type_name(const struct list_entry *e)
{
	static const char *const names[16] = {
		[S_IFIFO >> 12] = "OS.unix=fifo",
		[S_IFCHR >> 12] = "OS.unix=chr",
		[S_IFDIR >> 12] = "dir",
		[S_IFBLK >> 12] = "OS.unix=blk",
		[S_IFREG >> 12] = "file",
		[S_IFLNK >> 12] = "OS.unix=symlink",
		[S_IFSOCK >> 12] = "OS.unix=socket",
	};
	const char *name = names[(e->mode & S_IFMT) >> 12];

	if (e->special != 0)
		return e->special == 'c' ? "cdir" : "pdir";
	return name != NULL ? name : "OS.unix=unknown";
}

/* The values of the facts. NULL: the entry has no such fact. */

static char *
put_type(char *p, const struct list_entry *e)
{
	if (e->special == 0 && S_ISLNK(e->mode) && e->target != NULL &&
	    is_schar_text(e->target)) {
		p = put_text(p, "OS.unix=slink:");
		return put_text(p, e->target);
	}
	return put_text(p, type_name(e));
}

static char *
put_size(char *p, const struct list_entry *e)
{
	return S_ISREG(e->mode) ? fmt_u64(p, e->size) : NULL;
}

static char *
put_modify(char *p, const struct list_entry *e)
{
	char text[FTPTIME_LEN + 1];

	ftptime_format(text, e->mtime);
	return put_mem(p, text, FTPTIME_LEN);
}

static char *
put_perm(char *p, const struct list_entry *e)
{
	return e->perm != NULL ? put_mem(p, e->perm, strnlen(e->perm, PERM_MAX))
			       : p;
}

static char *
put_unique(char *p, const struct list_entry *e)
{
	p = put_hex(p, e->dev);
	*p++ = 'U';
	return put_hex(p, e->ino);
}

static char *
put_unix_mode(char *p, const struct list_entry *e)
{
	int shift;

	for (shift = 9; shift >= 0; shift -= 3)
		*p++ = (char)('0' + (e->mode >> shift & 7));
	return p;
}

static char *
put_unix_owner(char *p, const struct list_entry *e)
{
	return fmt_u64(p, e->uid);
}

static char *
put_unix_group(char *p, const struct list_entry *e)
{
	return fmt_u64(p, e->gid);
}

/* In the order of the bits of enum list_fact. */
static const struct fact {
	const char *name;
	char *(*put)(char *, const struct list_entry *);
} fact_table[] = {
	{ "type", put_type },
	{ "size", put_size },
	{ "modify", put_modify },
	{ "perm", put_perm },
	{ "unique", put_unique },
	{ "UNIX.mode", put_unix_mode },
	{ "UNIX.owner", put_unix_owner },
	{ "UNIX.group", put_unix_group },
};

static char *
put_fact(char *p, const struct fact *f, const struct list_entry *e)
{
	char *value;

	value = put_text(p, f->name);
	*value++ = '=';
	value = f->put(value, e);
	if (value == NULL)
		return p;
	*value++ = ';';
	return value;
}

static char *
put_mlsx(char *p, unsigned facts, const struct list_entry *e)
{
	size_t i;

	for (i = 0; i < NELEM(fact_table); i++) {
		if (facts & 1u << i)
			p = put_fact(p, &fact_table[i], e);
	}
	*p++ = ' ';
	return put_mem(p, e->name, e->namelen);
}

/* -------------------------------------------------------------- public */

const char *
list_fact_name(enum list_fact fact)
{
	size_t i;

	for (i = 0; i < NELEM(fact_table); i++) {
		if ((unsigned)fact == 1u << i)
			return fact_table[i].name;
	}
	return NULL;
}

unsigned
list_fact_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NELEM(fact_table); i++) {
		if (strlen(fact_table[i].name) == len &&
		    ascii_ncasecmp(fact_table[i].name, name, len) == 0)
			return 1u << i;
	}
	return 0;
}

size_t
list_format(char *out, enum list_style style, unsigned facts,
    const struct list_entry *e, time_t now)
{
	char *p = out;

	if (memchr(e->name, '\r', e->namelen) != NULL ||
	    memchr(e->name, '\n', e->namelen) != NULL)
		return 0;
	switch (style) {
	case LIST_LONG:
		p = put_long(p, e, now);
		break;
	case LIST_NAMES:
		p = put_mem(p, e->name, e->namelen);
		if (e->suffix != 0)
			*p++ = e->suffix;
		break;
	case LIST_MLSX:
		p = put_mlsx(p, facts, e);
		break;
	}
	*p++ = '\r';
	*p++ = '\n';
	return (size_t)(p - out);
}

/* SPDX-License-Identifier: ISC */
/*
 * Text and JSON of what the server says.
 */
#include "config.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/str.h"
#include "server/ctl/show.h"

/* ------------------------------------------------------------------- text */
void
show_text(FILE *out, const char *s)
{
	for (; *s != '\0'; s++)
		putc((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s, out);
}

/* Lines end where they ended. */
static void
show_lines(FILE *out, const char *s)
{
	for (; *s != '\0'; s++)
		putc(((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f
			 ? '?'
			 : *s,
		    out);
	if (s[-1] != '\n')
		putc('\n', out);
}

/* ----------------------------------------------------------------- values */
static void
scaled(char out[SHOW_MAX], uint64_t n, const char *suffix)
{
	char number[8];

	if (n > INT64_MAX)
		n = INT64_MAX;
	(void)humanize_number(number, 5, (int64_t)n, "", HN_AUTOSCALE,
	    HN_DECIMAL | HN_NOSPACE | HN_B);
	snprintf(out, SHOW_MAX, "%s%s", number, suffix);
}

/* The two largest parts: 59s, 12m05s, 3h20m, 5d07h. */
static void
duration(char out[SHOW_MAX], uint64_t s)
{
	if (s < 60)
		snprintf(out, SHOW_MAX, "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(out, SHOW_MAX, "%um%02us", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(out, SHOW_MAX, "%uh%02um", (unsigned)(s / 3600),
		    (unsigned)(s / 60 % 60));
	else
		snprintf(out, SHOW_MAX, "%" PRIu64 "d%02uh", s / 86400,
		    (unsigned)(s / 3600 % 24));
}

static void
date(char out[SHOW_MAX], uint64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;

	out[0] = '\0';
	if (localtime_r(&when, &tm) != NULL)
		(void)strftime(out, SHOW_MAX, "%Y-%m-%d %H:%M:%S", &tm);
}

const char *
show_value(const struct control_field *f, char out[SHOW_MAX])
{
	switch (f->unit) {
	case UNIT_TEXT:
		return f->text;
	case UNIT_BYTES:
		scaled(out, f->number, "");
		break;
	case UNIT_RATE:
		scaled(out, f->number, "/s");
		break;
	case UNIT_SECONDS:
		duration(out, f->number);
		break;
	case UNIT_TIME:
		date(out, f->number);
		break;
	case UNIT_FLAG:
		return f->number != 0 ? "yes" : "no";
	case UNIT_NUMBER:
		snprintf(out, SHOW_MAX, "%" PRIu64, f->number);
		break;
	default:
		return "-";
	}
	return out;
}

/* ------------------------------------------------------------------- JSON */
/* Bytes that are no UTF-8, which JSON demands, are taken for Latin-1. */
void
show_json_string(FILE *out, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n, left = strlen(s);

	putc('"', out);
	for (; left > 0; p += n, left -= n) {
		n = *p < 0x80 ? 1 : utf8_len(p, left);
		if (n == 0) {
			n = 1;
			fprintf(out, "\\u%04x", *p);
		} else if (*p < 0x20 || *p == 0x7f)
			fprintf(out, "\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			(void)fwrite(p, 1, n, out);
	}
	putc('"', out);
}

static void
json_value(FILE *out, const struct control_field *f)
{
	if (f->unit == UNIT_NONE)
		fputs("null", out);
	else if (f->unit == UNIT_TEXT)
		show_json_string(out, f->text);
	else if (f->unit == UNIT_FLAG)
		fputs(f->number != 0 ? "true" : "false", out);
	else
		fprintf(out, "%" PRIu64, f->number);
}

void
show_json_row(FILE *out, const struct control_fields *row)
{
	unsigned i;

	for (i = 0; i < row->n; i++) {
		fputs(i == 0 ? "{" : ", ", out);
		show_json_string(out, row->f[i].name);
		fputs(": ", out);
		json_value(out, &row->f[i]);
	}
	putc('}', out);
}

int
show_reply(const struct link_reply *r, bool json)
{
	if (json) {
		printf("{\"ok\": %s, \"message\": ", r->ok ? "true" : "false");
		show_json_string(stdout, r->text);
		puts("}");
	} else if (r->ok)
		show_lines(stdout, r->text);
	else if (strchr(r->text, '\n') != NULL)
		show_lines(stderr, r->text);
	else
		warnx("%s", r->text);
	return r->ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

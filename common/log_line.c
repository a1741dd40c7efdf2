/* SPDX-License-Identifier: ISC */
/*
 * Lines of the log in their forms: text for people and patterns, JSON for
 * programs, and what syslog and the journal, which know the time and the level
 * by themselves, take.
 */
#include "common/log_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log_sink.h"
#include "common/str.h"

#define TAIL 4 /* stays free for the end of a line */

struct log_form {
	void (*begin)(struct log_line *);
	void (*message)(struct log_line *, const char *text);
	void (*event)(struct log_line *, const char *name);
	void (*key)(struct log_line *, const char *key);
	/* The same field once more, elsewhere; NULL: none. */
	void (*also)(struct log_line *, const char *key, const char *value);
	bool quotes_words;
	char *(*escape)(char *dst, size_t size, const void *, size_t len);
	const char *end;
};

/* --------------------------------------------------------------- appending */

size_t
log_line_room(const struct log_line *l)
{
	return sizeof(l->text) - TAIL - l->len;
}

static void
put_bytes(struct log_line *l, const char *p, size_t n)
{
	if (n > log_line_room(l))
		n = log_line_room(l);
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static void
put(struct log_line *l, const char *text)
{
	put_bytes(l, text, strlen(text));
}

static void
put_number(struct log_line *l, uint64_t n)
{
	char text[20], *end = fmt_u64(text, n);

	put_bytes(l, text, (size_t)(end - text));
}

/* "2026-11-25T01:34:13Z", made anew once per second. */
static void
put_time(struct log_line *l)
{
	static __thread char text[32];
	static __thread time_t made;
	time_t now = time(NULL);
	struct tm tm;

	if (now != made && gmtime_r(&now, &tm) != NULL) {
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		made = now;
	}
	put(l, text);
}

/* -------------------------------------------------------------------- text */

static void
text_begin(struct log_line *l)
{
	put_time(l);
	put(l, " ");
	put(l, log_level_name(l->level));
	put(l, " ");
	put(l, log_role());
	put(l, "[");
	put_number(l, (uint64_t)log_pid());
	put(l, "]");
}

/* A line is one line and moves no terminal, whatever a library or a file name
 * put into it. */
static void
text_message(struct log_line *l, const char *text)
{
	unsigned char *p, *end;
	size_t n;

	put(l, " ");
	p = (unsigned char *)l->text + l->len;
	put(l, text);
	end = (unsigned char *)l->text + l->len;
	for (; p<end; p += n> 0 ? n : 1) {
		n = utf8_len(p, (size_t)(end - p));
		if (n == 0 && (*p < 0x20 || (*p >= 0x7f && *p < 0xa0)))
			*p = '?';
	}
}

static void
text_event(struct log_line *l, const char *name)
{
	put(l, " ");
	put(l, name);
}

static void
text_key(struct log_line *l, const char *key)
{
	put(l, " ");
	put(l, key);
	put(l, "=");
}

static const struct log_form text_form = {
	.begin = text_begin,
	.message = text_message,
	.event = text_event,
	.key = text_key,
	.escape = log_vis,
	.end = "\n",
};

/* ------------------------------------------------------ syslog and journal */

static void
syslog_begin(struct log_line *l)
{
	put(l, log_role());
	put(l, ":");
}

static const struct log_form syslog_form = {
	.begin = syslog_begin,
	.message = text_message,
	.event = text_event,
	.key = text_key,
	.escape = log_vis,
	.end = "",
};

/* Fields of programs are in capitals. */
static void
journal_field(struct log_line *l, const char *key, const char *value)
{
	int n = snprintf(l->fields + l->nfields, sizeof(l->fields) - l->nfields,
	    "TERNFTPD_%s=%s\n", key, value);
	char *p = l->fields + l->nfields + strlen("TERNFTPD_");

	if (n < 0 || (size_t)n >= sizeof(l->fields) - l->nfields)
		return;
	l->nfields += (size_t)n;
	for (; *p != '='; p++)
		*p = (char)ascii_toupper((unsigned char)*p);
}

static void
journal_begin(struct log_line *l)
{
	put(l, "MESSAGE=");
	put(l, log_role());
	put(l, ":");
	journal_field(l, "process", log_role());
}

static void
journal_event(struct log_line *l, const char *name)
{
	text_event(l, name);
	journal_field(l, "event", name);
}

static const struct log_form journal_form = {
	.begin = journal_begin,
	.message = text_message,
	.event = journal_event,
	.key = text_key,
	.also = journal_field,
	.escape = log_vis,
	.end = "\n",
};

/* -------------------------------------------------------------------- JSON */

static void
json_key(struct log_line *l, const char *key)
{
	put(l, ",\"");
	put(l, key);
	put(l, "\":");
}

static void
json_begin(struct log_line *l)
{
	put(l, "{\"time\":\"");
	put_time(l);
	put(l, "\"");
	log_line_word(l, "level", log_level_name(l->level));
	log_line_word(l, "process", log_role());
	log_line_number(l, "pid", (uint64_t)log_pid());
}

static void
json_message(struct log_line *l, const char *text)
{
	char escaped[LOG_LINE_MAX - 256];

	log_line_word(l, "message",
	    log_json(escaped, sizeof(escaped), text, strlen(text)));
}

static void
json_event(struct log_line *l, const char *name)
{
	log_line_word(l, "event", name);
}

static const struct log_form json_form = {
	.begin = json_begin,
	.message = json_message,
	.event = json_event,
	.key = json_key,
	.quotes_words = true,
	.escape = log_json,
	.end = "}\n",
};

static const struct log_form syslog_json_form = {
	.begin = json_begin,
	.message = json_message,
	.event = json_event,
	.key = json_key,
	.quotes_words = true,
	.escape = log_json,
	.end = "}",
};

static const struct log_form *
form_now(void)
{
	bool json = log_format() == LOG_FORMAT_JSON;

	switch (log_sink_target(LOG_MAIN)) {
	case TO_SYSLOG:
		return json ? &syslog_json_form : &syslog_form;
	case TO_JOURNAL: /* has fields of its own */
		return &journal_form;
	default:
		return json ? &json_form : &text_form;
	}
}

/* ------------------------------------------------------------------- lines */

void
log_line_begin(struct log_line *l, enum log_level level)
{
	l->form = form_now();
	l->level = level;
	l->len = l->nfields = 0;
	l->form->begin(l);
}

void
log_line_message(struct log_line *l, const char *text)
{
	l->form->message(l, text);
}

void
log_line_event(struct log_line *l, const char *name)
{
	l->form->event(l, name);
}

/* All of it or nothing: half a field would be a lie, or no JSON. */
static void
put_field(
    struct log_line *l, const char *key, const char *quote, const char *value)
{
	if (l->form->also != NULL)
		l->form->also(l, key, value);
	if (strlen(key) + strlen(value) + 2 * strlen(quote) + 4 >
	    log_line_room(l))
		return;
	l->form->key(l, key);
	put(l, quote);
	put(l, value);
	put(l, quote);
}

void
log_line_word(struct log_line *l, const char *key, const char *word)
{
	put_field(l, key, l->form->quotes_words ? "\"" : "", word);
}

void
log_line_number(struct log_line *l, const char *key, uint64_t n)
{
	char text[24];

	*fmt_u64(text, n) = '\0';
	put_field(l, key, "", text);
}

void
log_line_string(struct log_line *l, const char *key, const char *text)
{
	char escaped[LOG_STR_MAX];

	put_field(l, key, "\"",
	    l->form->escape(escaped, sizeof(escaped), text, strlen(text)));
}

void
log_line_write(struct log_line *l)
{
	size_t n = strlen(l->form->end);

	memcpy(l->text + l->len, l->form->end, n);
	log_sink_write(l->level, l->text, l->len + n, l->fields, l->nfields);
}

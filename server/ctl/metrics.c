/* SPDX-License-Identifier: ISC */
/*
 * From the fields of ternctl stats to metrics. A field "logins.denied.banned"
 * is a sample of the metric whose row begins with "logins.", and what follows
 * are the values of its labels.
 */
#include "server/ctl/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

#define LABELS_MAX 2
#define NAME_MAX_LEN 128

/* Rows of the same name stand together. */
static const struct metric {
	const char *field; /* with a dot at its end: and all that follow */
	const char *name, *type, *help;
	const char *labels[LABELS_MAX]; /* of the parts that follow */
	const char *fixed; /* a label that the name stands for, or NULL */
} metrics[] = {
	{ "ready", "ready", "gauge", "Whether it takes new sessions.", { NULL },
	    NULL },
	{ "uptime", "uptime_seconds", "gauge", "Since the start.", { NULL },
	    NULL },
	{ "config.generation", "config_generation", "gauge",
	    "Configurations that were taken over since the start.", { NULL },
	    NULL },
	{ "certificate.expires", "certificate_expiry_timestamp_seconds",
	    "gauge", "When the first certificate expires.", { NULL }, NULL },
	{ "processes.", "processes", "gauge", "Processes by their role.",
	    { "role" }, NULL },
	{ "workers.answer-ms", "workers_answer_milliseconds", "gauge",
	    "How long the slowest worker took to answer: the lag of its loop.",
	    { NULL }, NULL },
	{ "auth.queue", "auth_queue", "gauge",
	    "Logins that wait for an auth process.", { NULL }, NULL },
	{ "bans", "bans", "gauge", "Addresses that are banned.", { NULL },
	    NULL },
	{ "sessions", "sessions", "gauge", "Connected clients.", { NULL },
	    NULL },
	{ "sessions.", "sessions_by_state", "gauge",
	    "Those of them that are so; one session may be several.",
	    { "state" }, NULL },
	{ "passive-ports", "passive_ports", "gauge",
	    "Passive ports that are listened on.", { NULL }, NULL },
	{ "connections", "connections_total", "counter",
	    "Connections that were admitted.", { NULL }, NULL },
	{ "refused.", "connections_refused_total", "counter",
	    "Connections that were refused.", { "reason" }, NULL },
	{ "logins.", "logins_total", "counter", "Logins by their result.",
	    { "result", "reason" }, NULL },
	{ "other", "other_reasons_total", "counter",
	    "Refusals and logins for which there were too many reasons.",
	    { NULL }, NULL },
	{ "commands", "commands_total", "counter", "Commands.", { NULL },
	    NULL },
	{ "transfers.", "transfers_total", "counter",
	    "Transfers by direction and result.", { "direction", "result" },
	    NULL },
	{ "bytes.", "transfer_bytes_total", "counter",
	    "Bytes on the wire, also of transfers that failed.",
	    { "direction" }, NULL },
	{ "data.failed.", "data_connections_failed_total", "counter",
	    "Data connections that failed.", { "cause" }, NULL },
	{ "tls.control.handshakes", "tls_handshakes_total", "counter",
	    "TLS handshakes that were done.", { NULL },
	    "connection=\"control\"" },
	{ "tls.data.handshakes", "tls_handshakes_total", "counter", "",
	    { NULL }, "connection=\"data\"" },
	{ "tls.control.resumed", "tls_resumed_total", "counter",
	    "Those of them that resumed a session.", { NULL },
	    "connection=\"control\"" },
	{ "tls.data.resumed", "tls_resumed_total", "counter", "", { NULL },
	    "connection=\"data\"" },
	{ "tls.control.failed", "tls_failed_total", "counter",
	    "TLS handshakes that failed.", { NULL }, "connection=\"control\"" },
};

static void
print_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP ternftpd_%s %s\n# TYPE ternftpd_%s %s\n", name,
	    help, name, type);
}

/* A value of a label, from bytes that the server says. */
static void
print_label(FILE *out, const char *label, const char *value)
{
	const char *p;

	fprintf(out, "%s=\"", label);
	for (p = value; *p != '\0'; p++)
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else
			putc((unsigned char)*p < 0x20 ? '?' : *p, out);
	putc('"', out);
}

/* Each takes a part, and the last one the rest; who gets none is left out. */
static void
print_labels(FILE *out, const struct metric *m, const char *rest)
{
	char parts[NAME_MAX_LEN], *next = parts, *value;
	const char *before = "{";
	int i;

	(void)strlcpy(parts, rest, sizeof(parts));
	for (i = 0; i < LABELS_MAX && m->labels[i] != NULL; i++) {
		value = i + 1 < LABELS_MAX && m->labels[i + 1] != NULL
			    ? strsep(&next, ".")
			    : next;
		if (value == NULL)
			break;
		fputs(before, out);
		print_label(out, m->labels[i], value);
		before = ",";
	}
	if (m->fixed != NULL)
		fprintf(out, "{%s}", m->fixed);
	else if (m->labels[0] != NULL)
		putc('}', out);
}

/* What stands behind the row's name, or NULL if the field is another's. */
static const char *
behind(const struct metric *m, const struct control_field *f)
{
	size_t n = strlen(m->field);

	if (f->unit == UNIT_NONE || f->unit == UNIT_TEXT)
		return NULL;
	if (m->field[n - 1] != '.')
		return strcmp(f->name, m->field) == 0 ? "" : NULL;
	return strncmp(f->name, m->field, n) == 0 ? f->name + n : NULL;
}

static void
print_metric(FILE *out, const struct metric *m,
    const struct control_fields *row, const char **last)
{
	const char *rest;
	unsigned i;

	for (i = 0; i < row->n; i++) {
		rest = behind(m, &row->f[i]);
		if (rest == NULL)
			continue;
		if (*last == NULL || strcmp(*last, m->name) != 0)
			print_head(out, m->name, m->type, m->help);
		*last = m->name;
		fprintf(out, "ternftpd_%s", m->name);
		print_labels(out, m, rest);
		fprintf(out, " %" PRIu64 "\n", row->f[i].number);
	}
}

void
metrics_print(FILE *out, const struct control_fields *row)
{
	const char *last = NULL;
	const struct metric *m;

	print_head(out, "up", "gauge", "Whether the server answers.");
	fprintf(out, "ternftpd_up %d\n", row != NULL);
	if (row == NULL)
		return;
	print_head(out, "info", "gauge", "The version that runs.");
	fputs("ternftpd_info{", out);
	print_label(out, "version", control_find_text(row, "version"));
	fputs("} 1\n", out);
	for (m = metrics; m < metrics + NELEM(metrics); m++)
		print_metric(out, m, row, &last);
}

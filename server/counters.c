/* SPDX-License-Identifier: ISC */
/*
 * The names of what workers count.
 */
#include "server/counters.h"

const char *const counter_names[COUNT_MAX] = {
	[COUNT_COMMANDS] = "commands",
	[COUNT_DOWN_OK] = "transfers.down.ok",
	[COUNT_DOWN_FAILED] = "transfers.down.failed",
	[COUNT_UP_OK] = "transfers.up.ok",
	[COUNT_UP_FAILED] = "transfers.up.failed",
	[COUNT_LIST_OK] = "transfers.list.ok",
	[COUNT_LIST_FAILED] = "transfers.list.failed",
	[COUNT_DOWN_BYTES] = "bytes.down",
	[COUNT_UP_BYTES] = "bytes.up",
	[COUNT_LIST_BYTES] = "bytes.list",
	[COUNT_DATA_NO_PORT] = "data.failed.no-port",
	[COUNT_DATA_STRANGER] = "data.failed.ip-mismatch",
	[COUNT_DATA_CONNECT] = "data.failed.connect",
	[COUNT_DATA_TLS] = "data.failed.tls-handshake",
	[COUNT_DATA_REUSE] = "data.failed.tls-reuse",
	[COUNT_DATA_CERTIFICATE] = "data.failed.tls-certificate",
	[COUNT_DATA_LOST] = "data.failed.lost",
	[COUNT_DATA_STALLED] = "data.failed.timeout",
	[COUNT_TLS_CONTROL] = "tls.control.handshakes",
	[COUNT_TLS_CONTROL_RESUMED] = "tls.control.resumed",
	[COUNT_TLS_CONTROL_FAILED] = "tls.control.failed",
	[COUNT_TLS_DATA] = "tls.data.handshakes",
	[COUNT_TLS_DATA_RESUMED] = "tls.data.resumed",
	[COUNT_NOW_TLS] = "sessions.tls",
	[COUNT_NOW_LOGGED_IN] = "sessions.logged-in",
	[COUNT_NOW_TRANSFERS] = "sessions.transferring",
	[COUNT_NOW_LISTENING] = "passive-ports",
};

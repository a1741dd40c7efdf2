/* SPDX-License-Identifier: ISC */
/*
 * What workers count, for ternctl stats (R42): no time, no user, no path. They
 * add here, and say it when they are asked.
 */
#ifndef SERVER_COUNTERS_H
#define SERVER_COUNTERS_H

enum counter {
	COUNT_COMMANDS,
	COUNT_DOWN_OK,
	COUNT_DOWN_FAILED,
	COUNT_UP_OK,
	COUNT_UP_FAILED,
	COUNT_LIST_OK,
	COUNT_LIST_FAILED,
	COUNT_DOWN_BYTES, /* on the wire, also of those that failed */
	COUNT_UP_BYTES,
	COUNT_LIST_BYTES,
	COUNT_DATA_NO_PORT, /* data connections that failed, by cause */
	COUNT_DATA_STRANGER,
	COUNT_DATA_CONNECT,
	COUNT_DATA_TLS,
	COUNT_DATA_REUSE,
	COUNT_DATA_CERTIFICATE,
	COUNT_DATA_LOST,
	COUNT_DATA_STALLED,
	COUNT_TLS_CONTROL, /* handshakes that were done */
	COUNT_TLS_CONTROL_RESUMED,
	COUNT_TLS_CONTROL_FAILED,
	COUNT_TLS_DATA,
	COUNT_TLS_DATA_RESUMED,

	/* these come and go: as it is when it is asked for */
	COUNT_NOW_FIRST,
	COUNT_NOW_TLS = COUNT_NOW_FIRST, /* sessions in TLS */
	COUNT_NOW_LOGGED_IN,
	COUNT_NOW_TRANSFERS,
	COUNT_NOW_LISTENING, /* passive ports */
	COUNT_MAX
};

/* Its name: "transfers.down.ok". */
extern const char *const counter_names[COUNT_MAX];

#endif

/* SPDX-License-Identifier: ISC */
/*
 * What a test that injects faults shares with the program that they happen in:
 * a page, mapped from the file that FAULT_FILE names. fault.py knows the
 * layout.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

enum {
	FAULT_SITES = 2048,
	FAULT_TESTS = 1024
};

/* A place in the program that makes a call. */
struct fault_site {
	_Atomic uint64_t where; /* offset in the program; 0: free */
	_Atomic uint32_t calls; /* made since the test set it to 0 */
	char call[20];
};

struct fault_page {
	/*
	 * The fault: process `pid` (0: any) meets it with its `countdown`th
	 * call from `site`; 0: none is due.
	 */
	_Atomic int32_t pid;
	_Atomic int32_t site;
	_Atomic int32_t countdown;
	_Atomic int32_t hits; /* faults that happened */
	_Atomic int32_t round; /* which of a call's errors is taken */
	_Atomic int32_t lost; /* calls from more sites than there is room for */
	_Atomic int64_t clock; /* seconds that are added to CLOCK_REALTIME */
	struct fault_site sites[FAULT_SITES];
	/* Unit tests: bits, the sites that each of them calls from. */
	_Atomic uint32_t tests[FAULT_TESTS][FAULT_SITES / 32];
};

#endif

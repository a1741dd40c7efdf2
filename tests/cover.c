/* SPDX-License-Identifier: ISC */
/*
 * For builds with --enable-coverage only: a process that leaves by _exit(2)
 * writes its counters, too. The linker puts this in the place of _exit().
 */
#include <stdlib.h>
#include <unistd.h>

extern void __gcov_dump(void);
extern void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

/* SPDX-License-Identifier: ISC */
/*
 * For clang-tidy, which reads this before each source: lists and trees of
 * which it does not know what is in front. The analyzer does not follow the
 * pointers backwards by which something is taken out, so it would believe that
 * what was removed and freed is still the first, and warn of each
 * `while ((p = TAILQ_FIRST(...)) != NULL)`.
 */
#ifndef TESTS_LINT_QUEUES_H
#define TESTS_LINT_QUEUES_H

#include <sys/queue.h>
#include <sys/tree.h>

void *lint_any(void) __attribute__((returns_nonnull));

/* Something of this type; of what is there nothing is known. */
#define LINT_ANY(lvalue) (*(__typeof__(&(lvalue)))lint_any())

#undef LIST_FIRST
#define LIST_FIRST(head) LINT_ANY((head)->lh_first)
#undef TAILQ_FIRST
#define TAILQ_FIRST(head) LINT_ANY((head)->tqh_first)
#undef RB_ROOT
#define RB_ROOT(head) LINT_ANY((head)->rbh_root)

#endif

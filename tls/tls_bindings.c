/* SPDX-License-Identifier: ISC */
/*
 * Which account has logged in on a control connection: a small hash table in
 * memory shared by all processes, for tickets that cannot say it themselves.
 *
 * It gives a broken worker no power that the ticket keys have not given it
 * already. Nothing is locked: an entry is four words, and one that is read
 * while it is written merely does not match. When a bucket is full, its oldest
 * entry gives way; what is lost is the resumption of some TLS 1.2 session by
 * a parallel connection.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "common/log.h"
#include "tls/tls_priv.h"

#define BUCKETS 4096
#define WAYS 8

struct entry {
	_Atomic uint64_t word[4]; /* id, bind */
};

struct bucket {
	struct entry entry[WAYS];
	_Atomic uint32_t next; /* to be replaced */
};

static struct bucket *table;

void
tls_bindings_share(void)
{
	void *p;

	if (table != NULL)
		return;
	p = mmap(NULL, BUCKETS * sizeof(*table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	table = p;
}

void
tls_bindings_forget(void)
{
	if (table != NULL && munmap(table, BUCKETS * sizeof(*table)) == -1)
		die("munmap");
	table = NULL;
}

static struct bucket *
bucket_of(const uint8_t id[TLS_ID_LEN])
{
	uint16_t n;

	memcpy(&n, id, sizeof(n)); /* ids are random */
	return &table[n % BUCKETS];
}

static void
store(struct entry *e, const struct tls_origin *o)
{
	uint64_t w[4];
	size_t i;

	memcpy(w, o->id, TLS_ID_LEN);
	memcpy(w + 2, o->bind, TLS_ID_LEN);
	for (i = 0; i < 4; i++)
		atomic_store(&e->word[i], w[i]);
}

static void
fetch(struct entry *e, struct tls_origin *o)
{
	uint64_t w[4];
	size_t i;

	for (i = 0; i < 4; i++)
		w[i] = atomic_load(&e->word[i]);
	memcpy(o->id, w, TLS_ID_LEN);
	memcpy(o->bind, w + 2, TLS_ID_LEN);
}

static struct entry *
find(const uint8_t id[TLS_ID_LEN], struct tls_origin *o)
{
	struct bucket *b = bucket_of(id);
	size_t i;

	for (i = 0; i < WAYS; i++) {
		fetch(&b->entry[i], o);
		if (memcmp(o->id, id, TLS_ID_LEN) == 0)
			return &b->entry[i];
	}
	return NULL;
}

void
tls_bindings_put(const struct tls_origin *o)
{
	struct tls_origin old;
	struct entry *e;
	struct bucket *b;

	if (table == NULL)
		return;
	e = find(o->id, &old);
	b = bucket_of(o->id);
	if (e == NULL)
		e = &b->entry[atomic_fetch_add(&b->next, 1) % WAYS];
	store(e, o);
}

void
tls_bindings_drop(const uint8_t id[TLS_ID_LEN])
{
	static const struct tls_origin nothing;
	struct tls_origin old;
	struct entry *e;

	if (table == NULL)
		return;
	e = find(id, &old);
	if (e != NULL)
		store(e, &nothing);
}

bool
tls_bindings_get(struct tls_origin *o)
{
	struct tls_origin found;

	if (table == NULL || find(o->id, &found) == NULL)
		return false;
	memcpy(o->bind, found.bind, TLS_ID_LEN);
	return true;
}

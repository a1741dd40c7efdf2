/* SPDX-License-Identifier: ISC */
/*
 * Sessions of TLS 1.2 clients that want no tickets, in memory shared by all
 * workers: a client that names its session by its id may come to any of them.
 *
 * A worker that reads the others' sessions here learns what the ticket keys,
 * which all workers have, would tell it about those of other clients. Nobody
 * waits for anybody: an entry is read again if it was written meanwhile, and
 * one that a worker has died in is lost. When a bucket is full its oldest entry
 * gives way; what is lost is a full handshake.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "common/log.h"
#include "common/mem.h"
#include "tls/tls_priv.h"

#define BUCKETS 4096
#define WAYS 4
#define DER_MAX 2000 /* with a client certificate; larger ones are not kept */
#define TRIES 1000

struct entry {
	_Atomic uint32_t turn; /* odd: being written */
	uint32_t len;
	uint8_t id[SSL_MAX_SSL_SESSION_ID_LENGTH];
	uint8_t der[DER_MAX];
};

struct bucket {
	struct entry entry[WAYS];
	_Atomic uint32_t next; /* to be replaced */
};

static struct bucket *table;

void
tls_sessions_share(void)
{
	void *p;

	if (table != NULL)
		return;
	p = mmap(NULL, BUCKETS * sizeof(*table), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	(void)madvise(p, BUCKETS * sizeof(*table), MADV_DONTDUMP);
	table = p;
}

void
tls_sessions_forget(void)
{
	if (table != NULL && munmap(table, BUCKETS * sizeof(*table)) == -1)
		die("munmap");
	table = NULL;
}

static struct bucket *
bucket_of(const uint8_t *id)
{
	uint16_t n;

	memcpy(&n, id, sizeof(n)); /* ids are random */
	return &table[n % BUCKETS];
}

static bool
has_id(const struct entry *e, const uint8_t *id)
{
	return e->len > 0 && memcmp(e->id, id, sizeof(e->id)) == 0;
}

static struct entry *
entry_for(const uint8_t *id)
{
	struct bucket *b = bucket_of(id);
	size_t i;

	for (i = 0; i < WAYS; i++)
		if (has_id(&b->entry[i], id))
			return &b->entry[i];
	return &b->entry[atomic_fetch_add(&b->next, 1) % WAYS];
}

/* Does nothing while another process writes there. */
static void
store(struct entry *e, const uint8_t *id, const uint8_t *der, size_t len)
{
	uint32_t turn = atomic_load(&e->turn);

	if (turn % 2 != 0 ||
	    !atomic_compare_exchange_strong(&e->turn, &turn, turn + 1))
		return;
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(e->id, id, sizeof(e->id));
	memcpy(e->der, der, len);
	e->len = (uint32_t)len;
	atomic_store(&e->turn, turn + 2);
}

/* A copy of an entry as it is between two writings; false: it has another id,
 * or is never at rest. */
static bool
fetch(const struct entry *e, const uint8_t *id, uint8_t *der, size_t *len_r)
{
	uint32_t turn;
	int i;

	for (i = 0; i < TRIES; i++) {
		turn = atomic_load(&e->turn);
		*len_r = e->len;
		if (!has_id(e, id) || *len_r > DER_MAX)
			return false;
		memcpy(der, e->der, *len_r);
		atomic_thread_fence(memory_order_seq_cst);
		if (turn % 2 == 0 && atomic_load(&e->turn) == turn)
			return true;
	}
	return false;
}

void
tls_sessions_put(SSL_SESSION *ss)
{
	uint8_t der[DER_MAX], *p = der;
	unsigned id_len;
	const uint8_t *id = SSL_SESSION_get_id(ss, &id_len);
	int len = i2d_SSL_SESSION(ss, NULL);

	if (id_len != SSL_MAX_SSL_SESSION_ID_LENGTH || len <= 0 ||
	    len > DER_MAX)
		return;
	tls_sessions_share(); /* under inetd with nobody */
	(void)i2d_SSL_SESSION(ss, &p);
	store(entry_for(id), id, der, (size_t)len);
	explicit_bzero(der, sizeof(der));
}

SSL_SESSION *
tls_sessions_get(const uint8_t *id, size_t id_len)
{
	SSL_SESSION *ss = NULL;
	const uint8_t *p;
	uint8_t der[DER_MAX];
	size_t i, len;

	if (table == NULL || id_len != SSL_MAX_SSL_SESSION_ID_LENGTH)
		return NULL;
	for (i = 0; i < WAYS && ss == NULL; i++) {
		p = der;
		if (fetch(&bucket_of(id)->entry[i], id, der, &len))
			ss = d2i_SSL_SESSION(NULL, &p, (long)len);
	}
	explicit_bzero(der, sizeof(der));
	return ss;
}

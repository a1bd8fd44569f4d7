/* A pool for short regions: workers spin briefly for the next region, then sleep. Work is claimed index by
 * index from atomic counters, so a late worker costs nothing and who does what never shows in a result. */
#include "include/mimo_kernels.h"

#include <sched.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define mimo_pause() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define mimo_pause() __asm__ volatile("yield")
#else
#define mimo_pause() ((void)0)
#endif

enum { SPINS = 2000, MAX_THREADS = 256, CACHE_LINE = 64 };

/* The next index of a share, on a cache line of its own. */
struct share {
    _Alignas(CACHE_LINE) _Atomic ptrdiff_t next;
};

/* What threads wait for and what they write lie on cache lines of their own: between processors that share no cache a
 * line takes longer to change hands than a short region to run. */
static struct {
    /* The region under way. The generation is odd while workers may join it. */
    _Alignas(CACHE_LINE) _Atomic unsigned generation;
    _Alignas(CACHE_LINE) _Atomic int inside;
    _Alignas(CACHE_LINE) _Atomic int sleeping;
    _Alignas(CACHE_LINE) ptrdiff_t count;
    int shares;
    int region_threads;
    void (*body)(void *, int);
    void *context;
    struct share share[MAX_THREADS];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int threads; /* wanted, the caller included */
    int started; /* workers that run */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .threads = 1};

static pthread_mutex_t one_region = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int in_region = 0;
static _Thread_local int current_worker = 0;

static ptrdiff_t share_start(int share) { return pool.count * share / pool.shares; }

ptrdiff_t mimo_pool_claim(int worker) {
    for (int turn = 0; turn < pool.shares; turn++) {
        int share = (worker + turn) % pool.shares;
        _Atomic ptrdiff_t *next = &pool.share[share].next;
        ptrdiff_t end = share_start(share + 1);
        if (atomic_load_explicit(next, memory_order_relaxed) >= end) continue;
        ptrdiff_t index = atomic_fetch_add_explicit(next, 1, memory_order_relaxed);
        if (index < end) return index;
    }
    return -1;
}

/* Whether a generation that a worker finds is a region that it has not seen. */
static int is_new(unsigned now, unsigned seen) { return now != seen && (now & 1); }

static void *work(void *argument) {
    int worker = (int)(intptr_t)argument;
    unsigned seen = 0;
    in_region = 1;
    current_worker = worker;
    for (;;) {
        unsigned now = atomic_load_explicit(&pool.generation, memory_order_acquire);
        for (int spin = 0; spin < SPINS && !is_new(now, seen); spin++) {
            mimo_pause();
            now = atomic_load_explicit(&pool.generation, memory_order_acquire);
        }
        if (!is_new(now, seen)) {
            pthread_mutex_lock(&pool.lock);
            atomic_fetch_add(&pool.sleeping, 1);
            for (;;) {
                now = atomic_load(&pool.generation);
                if (is_new(now, seen)) break;
                pthread_cond_wait(&pool.wake, &pool.lock);
            }
            atomic_fetch_sub(&pool.sleeping, 1);
            pthread_mutex_unlock(&pool.lock);
        }
        seen = now;
        /* Enter, then look again: the region stays open while someone is inside. */
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.generation) == now && worker < pool.region_threads)
            pool.body(pool.context, worker);
        atomic_fetch_sub(&pool.inside, 1);
    }
    return NULL;
}

void mimo_pool_set_threads(int threads) {
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    pthread_mutex_lock(&one_region);
    pool.threads = threads;
    while (pool.started < threads - 1) {
        pthread_t thread;
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        int failed = pthread_create(&thread, &attributes, work, (void *)(intptr_t)(pool.started + 1));
        pthread_attr_destroy(&attributes);
        if (failed) {
            pool.threads = pool.started + 1;
            break;
        }
        pool.started++;
    }
    pthread_mutex_unlock(&one_region);
}

int mimo_pool_threads(void) { return pool.threads; }

int mimo_pool_alone(ptrdiff_t count, int workers) {
    return count <= 1 || workers <= 1 || pool.threads == 1 || in_region ? current_worker : -1;
}

int mimo_pool_count_down(int *left, int done) { return __atomic_sub_fetch(left, done, __ATOMIC_ACQ_REL); }

void mimo_pool_run(ptrdiff_t count, int workers, int in_shares, void (*body)(void *, int), void *context) {
    pthread_mutex_lock(&one_region);
    in_region = 1;
    pool.count = count;
    pool.body = body;
    pool.context = context;
    pool.region_threads = workers < pool.threads ? workers : pool.threads;
    pool.shares = in_shares ? pool.region_threads : 1;
    for (int share = 0; share < pool.shares; share++)
        atomic_store_explicit(&pool.share[share].next, share_start(share), memory_order_relaxed);
    atomic_fetch_add(&pool.generation, 1); /* odd: open */
    if (atomic_load(&pool.sleeping) > 0) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
    body(context, 0);
    atomic_fetch_add(&pool.generation, 1); /* even: closed */
    int spins = 0;
    while (atomic_load_explicit(&pool.inside, memory_order_acquire) > 0) {
        mimo_pause();
        if (++spins > 20000) {
            /* Someone was descheduled inside: do not burn the processor it waits for. */
            sched_yield();
            spins = 0;
        }
    }
    in_region = 0;
    pthread_mutex_unlock(&one_region);
}

/* A pool for short regions: workers spin briefly for the next region, then sleep. Work is claimed index by
 * index from an atomic counter, so a late worker costs nothing and who does what never shows in a result. */
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

enum { SPINS = 2000, MAX_THREADS = 256 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int threads; /* wanted, the caller included */
    int started; /* workers that run */
    /* The region under way. The generation is odd while workers may join it. */
    _Atomic unsigned generation;
    _Atomic ptrdiff_t next;
    _Atomic int inside;
    _Atomic int sleeping;
    ptrdiff_t count;
    int region_threads;
    void (*body)(void *, ptrdiff_t, int);
    void *context;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .threads = 1};

static pthread_mutex_t one_region = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int in_region = 0;
static _Thread_local int current_worker = 0;

static void claim(int worker) {
    for (;;) {
        ptrdiff_t i = atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
        if (i >= pool.count) return;
        pool.body(pool.context, i, worker);
    }
}

static void *work(void *argument) {
    int worker = (int)(intptr_t)argument;
    unsigned seen = 0;
    in_region = 1;
    current_worker = worker;
    for (;;) {
        unsigned now = atomic_load_explicit(&pool.generation, memory_order_acquire);
        for (int spin = 0; spin < SPINS && (now == seen || !(now & 1)); spin++) {
            mimo_pause();
            now = atomic_load_explicit(&pool.generation, memory_order_acquire);
        }
        if (now == seen || !(now & 1)) {
            pthread_mutex_lock(&pool.lock);
            atomic_fetch_add(&pool.sleeping, 1);
            for (;;) {
                now = atomic_load(&pool.generation);
                if (now != seen && (now & 1)) break;
                pthread_cond_wait(&pool.wake, &pool.lock);
            }
            atomic_fetch_sub(&pool.sleeping, 1);
            pthread_mutex_unlock(&pool.lock);
        }
        seen = now;
        /* Enter, then look again: the region stays open while someone is inside. */
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.generation) == now && worker < pool.region_threads) claim(worker);
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

void mimo_pool_run(ptrdiff_t count, int workers, void (*body)(void *, ptrdiff_t, int), void *context) {
    if (count <= 0) return;
    if (count == 1 || workers <= 1 || pool.threads == 1 || in_region) {
        for (ptrdiff_t i = 0; i < count; i++) body(context, i, current_worker);
        return;
    }
    pthread_mutex_lock(&one_region);
    in_region = 1;
    pool.count = count;
    pool.body = body;
    pool.context = context;
    pool.region_threads = workers < pool.threads ? workers : pool.threads;
    atomic_store_explicit(&pool.next, 0, memory_order_relaxed);
    atomic_fetch_add(&pool.generation, 1); /* odd: open */
    if (atomic_load(&pool.sleeping) > 0) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
    claim(0);
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

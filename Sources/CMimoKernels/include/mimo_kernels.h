/* SIMD kernels and the thread pool: the only C of the project. Private to MimoNumerics.
 *
 * Arguments stand in one order: outputs, what forward saved, inputs, weights, sizes. Sizes and strides count
 * elements. Nothing allocates, fails or keeps state but the pool and the table that is chosen once.
 *
 * Every kernel exists per instruction set, compiled from the same source (isa/), and is reached through a
 * table of pointers. All are safe for any size, including 0.
 */
#ifndef MIMO_KERNELS_H
#define MIMO_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* How an element of a frozen weight is stored. */
typedef enum { MIMO_F32 = 0, MIMO_F16 = 1, MIMO_BF16 = 2 } mimo_dtype;

/* In how many streams the rows of a weight are read side by side where few rows are multiplied. */
enum { MIMO_STREAMS = 4 };

/* How attention sees the keys of one query block: a list of ranges, each seen wholly or causally. */
typedef struct {
    ptrdiff_t start;  /* first key (row of k and v) */
    ptrdiff_t count;  /* number of keys */
    /* Key start+j is seen by query row i of the block iff j <= i + causal_offset; a large value sees all. */
    ptrdiff_t causal_offset;
} mimo_key_range;

/* How attention's backward sees the queries of one key block. */
typedef struct {
    ptrdiff_t start;  /* first query (row of q) */
    ptrdiff_t count;  /* number of queries */
    /* Query start+i sees key j of the block iff j <= i + causal_offset. */
    ptrdiff_t causal_offset;
} mimo_query_range;

struct mimo_kernels {
    const char *name; /* "avx512", "avx2", "baseline" */
    ptrdiff_t mr;     /* rows of C that one register tile holds */
    ptrdiff_t nr;     /* columns of C that one register tile holds */

    /* ---- matrix products: C[m,n] (+)= A[m,k] · B[k,n] ---- */

    /* packed[k][nr] = scale * b[k][j] for the columns j < n <= nr, zero above. b is [k, n], row stride ldb. */
    void (*pack_b)(float *packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k, ptrdiff_t n,
                   ptrdiff_t ldb);
    /* The same from rows of a weight: packed[k][nr] = scale * b[j][k]; b is [n, k] with row stride ldb. */
    void (*pack_b_transposed)(float *packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k,
                              ptrdiff_t n, ptrdiff_t ldb);
    /* c[m,n] (+)= a · b, where element (i, p) of a is a[i*a_row + p*a_depth], of which one step is 1, and b is packed
     * in column panels of depth k, b_panel apart. Written where `accumulate` is 0. */
    void (*multiply_packed)(float *c, const float *a, const float *b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                            ptrdiff_t ldc, ptrdiff_t a_row, ptrdiff_t a_depth, ptrdiff_t b_panel, int accumulate);
    /* y[rows,n] (+)= x[rows,k] · w[n,k]^T straight from the stored weight, for few rows (decoding): n rows of w in each
     * of MIMO_STREAMS streams, which begin `apart` rows from each other; in one stream where that is 0. */
    void (*multiply_vectors)(float *y, const float *x, const void *w, mimo_dtype dtype, ptrdiff_t rows, ptrdiff_t n,
                             ptrdiff_t apart, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                             int accumulate);

    /* ---- skinny products of LoRA: r is small ---- */

    /* h[t,r] = scale * x[t,k] · a[r,k]^T */
    void (*project_down)(float *h, const float *x, const float *a, float scale, ptrdiff_t t, ptrdiff_t r,
                         ptrdiff_t k, ptrdiff_t ldh, ptrdiff_t ldx, ptrdiff_t lda);
    /* y[t,n] += scale * h[t,r] · b[r,n], for few rows (decoding) */
    void (*project_up)(float *y, const float *h, const float *b, float scale, ptrdiff_t t, ptrdiff_t n,
                       ptrdiff_t r, ptrdiff_t ldy, ptrdiff_t ldh, ptrdiff_t ldb);
    /* da[r,k] += scale * g[t,r]^T · x[t,k] */
    void (*accumulate_outer)(float *da, const float *g, const float *x, float scale, ptrdiff_t t, ptrdiff_t r,
                             ptrdiff_t k, ptrdiff_t lda, ptrdiff_t ldg, ptrdiff_t ldx);

    /* ---- conversions ---- */

    void (*widen)(float *out, const void *in, mimo_dtype dtype, ptrdiff_t n);
    /* Rounds to nearest, ties to even; NaN stays NaN. */
    void (*narrow)(void *out, const float *in, mimo_dtype dtype, ptrdiff_t n);

    /* ---- rows ---- */

    /* out = x * rstd * weight, rstd = 1/sqrt(mean(x^2)+eps) per row of n. Saves rstd. */
    void (*rmsnorm_forward)(float *out, float *rstd, const float *x, const float *weight, float eps,
                            ptrdiff_t rows, ptrdiff_t n, ptrdiff_t ldout, ptrdiff_t ldx);
    /* dx (written or accumulated) from dout; reads rstd of forward. */
    void (*rmsnorm_backward)(float *dx, const float *rstd, const float *dout, const float *x,
                             const float *weight, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t lddx,
                             ptrdiff_t lddout, ptrdiff_t ldx, int accumulate);
    /* Rotates the halves of each head in place by the angles of its row; sign -1 is the inverse (backward).
     * cosines, sines: [rows, head/2]. */
    void (*rope)(float *x, const float *cosines, const float *sines, float sign, ptrdiff_t rows,
                 ptrdiff_t heads, ptrdiff_t head, ptrdiff_t ldx);
    /* out = silu(gate) * up */
    void (*swiglu_forward)(float *out, const float *gate, const float *up, ptrdiff_t n);
    /* dgate, dup from dout. May run in place: dgate == gate, dup == up. */
    void (*swiglu_backward)(float *dgate, float *dup, const float *dout, const float *gate, const float *up,
                            ptrdiff_t n);
    void (*add)(float *out, const float *a, const float *b, ptrdiff_t n);
    /* out[i] = in[i] * keep(i)/(1-p); keep depends on (key, first + i) alone. out may be in. */
    void (*dropout)(float *out, const float *in, uint64_t key, uint64_t first, float p, ptrdiff_t n);
    /* out[i] += in[i] * keep(i)/(1-p) with the same mask: the backward. */
    void (*dropout_add)(float *out, const float *in, uint64_t key, uint64_t first, float p, ptrdiff_t n);
    double (*sum_of_squares)(const float *x, ptrdiff_t n);
    /* Cross entropy of one row of logits [n]: returns -log softmax[label] in nats, and turns the logits into
     * d(loss*weight)/d(logits) in place where want_gradient. argmax gets the most likely id. */
    double (*cross_entropy)(float *logits, ptrdiff_t *argmax, ptrdiff_t label, float weight,
                            int want_gradient, ptrdiff_t n);

    /* The place of the highest of [n] elements, the first of equals; -1 where one is NaN or infinity, or where none is
     * above minus infinity. */
    ptrdiff_t (*argmax)(const float *x, ptrdiff_t n);

    /* ---- attention over key ranges (FlashAttention-2: tiles, online softmax, no [T,T] matrix) ---- */

    /* One block of queries of the heads that share one key/value head.
     * q, out: [count, group, head] with row stride ldq, ldout; k, v: [*, head] with row stride ldkv.
     * lse: [count, group] with row stride ldlse, saved for backward. scratch: attention_scratch floats. */
    void (*attention_forward)(float *out, float *lse, float *scratch, const float *q, const float *k,
                              const float *v, const mimo_key_range *ranges, ptrdiff_t range_count,
                              ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldout,
                              ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv);
    /* dq (written) of the same block; reads lse and delta = sum(out*dout) per query and head. */
    void (*attention_backward_q)(float *dq, float *scratch, const float *lse, const float *delta,
                                 const float *dout, const float *q, const float *k, const float *v,
                                 const mimo_key_range *ranges, ptrdiff_t range_count, ptrdiff_t count,
                                 ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t lddq, ptrdiff_t lddout,
                                 ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv);
    /* dk, dv (written) of one block of `count` keys; q, dout, lse, delta are the whole arrays' first rows. */
    void (*attention_backward_kv)(float *dk, float *dv, float *scratch, const float *lse, const float *delta,
                                  const float *dout, const float *q, const float *k, const float *v,
                                  const mimo_query_range *ranges, ptrdiff_t range_count, ptrdiff_t count,
                                  ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t lddkv,
                                  ptrdiff_t lddout, ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv);
    /* delta[count, group] = sum over head of out*dout. */
    void (*attention_delta)(float *delta, const float *out, const float *dout, ptrdiff_t count, ptrdiff_t group,
                            ptrdiff_t head, ptrdiff_t lddelta, ptrdiff_t ldout, ptrdiff_t lddout);

    /* A few queries (decoding) against `keys` keys of one key/value head, of which query i sees those up to
     * i + causal_offset. q: [count, group, head] with row stride ldq; k, v: [keys, head] with row stride ldkv. Each
     * `part` keys make a result of their own: out [parts, group * count, head] gets the sum of
     * exp(score - highest) * v, and highest and total [parts, group * count] its level and denominator; row
     * g * count + i is head g of the group, query i. */
    void (*attention_few)(float *out, float *highest, float *total, const float *q, const float *k,
                          const float *v, ptrdiff_t keys, ptrdiff_t part, ptrdiff_t causal_offset,
                          ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldq,
                          ptrdiff_t ldkv);
    /* Joins what attention_few made of parts of the keys: out [count, group, head] with row stride ldout.
     * Overwrites `highest`. */
    void (*attention_join)(float *out, const float *parts, float *highest, const float *total,
                           ptrdiff_t part_count, ptrdiff_t count, ptrdiff_t group, ptrdiff_t head,
                           ptrdiff_t ldout);

    /* ---- optimizer ---- */

    /* AdamW (Loshchilov and Hutter 2019), PyTorch's order of operations; g is multiplied by g_scale first.
     * correction1 = 1-beta1^t, correction2_sqrt = sqrt(1-beta2^t). */
    void (*adamw)(float *p, float *m, float *v, const float *g, float g_scale, float lr, float beta1,
                  float beta2, float eps, float weight_decay, double correction1, double correction2_sqrt,
                  ptrdiff_t n);
};

/* Queries or keys that attention takes at a time. */
#define MIMO_ATTENTION_BLOCK 64

/* Floats of scratch that the attention kernels need. */
ptrdiff_t mimo_attention_scratch(ptrdiff_t group, ptrdiff_t head);

/* The best table that this processor runs. */
const struct mimo_kernels *mimo_kernels(void);
/* The table of that name, or NULL where this processor or compiler has none. */
const struct mimo_kernels *mimo_kernels_named(const char *name);

/* ---- thread pool ---- */

/* Sets the number of threads that regions use, the caller included; at least 1. */
void mimo_pool_set_threads(int threads);
int mimo_pool_threads(void);
/* Whether a region of `count` indices is the caller's alone, because it is short or inside another region: the
 * worker that the caller is, or -1 if the pool should run it. */
int mimo_pool_alone(ptrdiff_t count, int workers);
/* Runs body(context, worker) on the caller and the pool's threads, which claim the indices below `count` until none
 * is left; returns when all have returned. worker < workers and differs between them; no more than the pool's
 * threads take part. Whoever is free claims the next index; or, in shares, each begins with its own range of them, so
 * that it reads on where it was. */
void mimo_pool_run(ptrdiff_t count, int workers, int in_shares, void (*body)(void *context, int worker),
                   void *context);
/* Takes `done` from what several threads work on, and returns how much is left: who gets 0 sees all that the others
 * have written before. */
int mimo_pool_count_down(int *left, int done);
/* The worker's next index in the region under way, or -1 where none is left. */
ptrdiff_t mimo_pool_claim(int worker);

#endif

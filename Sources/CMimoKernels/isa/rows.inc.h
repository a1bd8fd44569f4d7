/* Operations on rows: conversions, norms, rotations, activations, dropout, loss, optimizer. Plain loops that
 * the compiler vectorises; sums may be reassociated within a block, and go to double between blocks. */

static void widen(float *restrict out, const void *in, mimo_dtype dtype, ptrdiff_t n) {
    if (dtype == MIMO_BF16)
        for (ptrdiff_t i = 0; i < n; i++) out[i] = widen_bf16(((const uint16_t *)in)[i]);
    else if (dtype == MIMO_F16)
        for (ptrdiff_t i = 0; i < n; i++) out[i] = widen_f16(((const uint16_t *)in)[i]);
    else
        for (ptrdiff_t i = 0; i < n; i++) out[i] = ((const float *)in)[i];
}

static void narrow(void *out, const float *restrict in, mimo_dtype dtype, ptrdiff_t n) {
    if (dtype == MIMO_BF16)
        for (ptrdiff_t i = 0; i < n; i++) ((uint16_t *)out)[i] = narrow_bf16(in[i]);
    else if (dtype == MIMO_F16)
        for (ptrdiff_t i = 0; i < n; i++) ((uint16_t *)out)[i] = narrow_f16(in[i]);
    else
        for (ptrdiff_t i = 0; i < n; i++) ((float *)out)[i] = in[i];
}

static double sum_of_squares(const float *x, ptrdiff_t n) {
#pragma clang fp reassociate(on)
    double total = 0;
    for (ptrdiff_t i = 0; i < n; i += 1024) {
        ptrdiff_t end = n - i < 1024 ? n : i + 1024;
        double sum = 0;
        for (ptrdiff_t j = i; j < end; j++) sum += (double)x[j] * x[j];
        total += sum;
    }
    return total;
}

static void rmsnorm_forward(float *restrict out, float *restrict rstd, const float *restrict x,
                            const float *restrict weight, float eps, ptrdiff_t rows, ptrdiff_t n,
                            ptrdiff_t ldout, ptrdiff_t ldx) {
    for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang fp reassociate(on)
        const float *row = x + i * ldx;
        float sum = 0;
        for (ptrdiff_t j = 0; j < n; j++) sum += row[j] * row[j];
        float r = 1.0f / __builtin_sqrtf(sum / (float)n + eps);
        rstd[i] = r;
        for (ptrdiff_t j = 0; j < n; j++) out[i * ldout + j] = row[j] * r * weight[j];
    }
}

/* y = x r w, r = (mean(x^2)+eps)^-1/2:  dx = r (w dy) - x r^3 mean(x w dy) (Zhang and Sennrich 2019). */
static void rmsnorm_backward(float *dx, const float *restrict rstd, const float *dout, const float *restrict x,
                             const float *restrict weight, ptrdiff_t rows, ptrdiff_t n, ptrdiff_t lddx,
                             ptrdiff_t lddout, ptrdiff_t ldx, int accumulate) {
    for (ptrdiff_t i = 0; i < rows; i++) {
#pragma clang fp reassociate(on)
        const float *row = x + i * ldx, *dy = dout + i * lddout;
        float *d = dx + i * lddx;
        float dot = 0, r = rstd[i];
        for (ptrdiff_t j = 0; j < n; j++) dot += row[j] * weight[j] * dy[j];
        float c = dot * r * r * r / (float)n;
        if (accumulate)
            for (ptrdiff_t j = 0; j < n; j++) d[j] += r * weight[j] * dy[j] - c * row[j];
        else
            for (ptrdiff_t j = 0; j < n; j++) d[j] = r * weight[j] * dy[j] - c * row[j];
    }
}

static void rope(float *restrict x, const float *restrict cosines, const float *restrict sines, float sign,
                 ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t head, ptrdiff_t ldx) {
    ptrdiff_t half = head / 2;
    for (ptrdiff_t i = 0; i < rows; i++) {
        const float *c = cosines + i * half, *s = sines + i * half;
        for (ptrdiff_t h = 0; h < heads; h++) {
            float *lo = x + i * ldx + h * head, *hi = lo + half;
            for (ptrdiff_t j = 0; j < half; j++) {
                float a = lo[j], b = hi[j], sj = s[j] * sign;
                lo[j] = a * c[j] - b * sj;
                hi[j] = b * c[j] + a * sj;
            }
        }
    }
}

static void swiglu_forward(float *restrict out, const float *restrict gate, const float *restrict up,
                           ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) out[i] = gate[i] / (1.0f + fast_exp(-gate[i])) * up[i];
}

/* silu'(g) = s (1 + g (1 - s)), s = sigmoid(g). The outputs may be the inputs: each element is read first. */
static void swiglu_backward(float *dgate, float *dup, const float *dout, const float *gate, const float *up,
                            ptrdiff_t n) {
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < n; i++) {
        float g = gate[i], u = up[i], d = dout[i], s = 1.0f / (1.0f + fast_exp(-g));
        dup[i] = d * g * s;
        dgate[i] = d * u * s * (1.0f + g * (1.0f - s));
    }
}

static void add(float *out, const float *a, const float *b, ptrdiff_t n) {
#pragma clang loop vectorize(assume_safety)
    for (ptrdiff_t i = 0; i < n; i++) out[i] = a[i] + b[i];
}

/* A 32-bit finaliser, C. Wellons' lowbias32. */
INLINE uint32_t scramble(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352dU;
    x ^= x >> 15;
    x *= 0x846ca68bU;
    x ^= x >> 16;
    return x;
}

/* A keyed hash of the index: a finaliser, with one half of the key before each of its two rounds. Counter-based as
 * Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011) argue. This is what a run of indices that share
 * their upper half has in common: 64-bit lanes would take half as much time again. */
typedef struct {
    uint32_t first, keys[2];
} keyed_run;

INLINE keyed_run run_from(uint64_t key, uint64_t first) {
    uint32_t upper = (uint32_t)(first >> 32) * 0x9e3779b9U;
    return (keyed_run){(uint32_t)first, {(uint32_t)key, (uint32_t)(key >> 32) ^ upper}};
}

/* How many of n indices belong to the run of the first. */
INLINE ptrdiff_t run_length(uint64_t first, ptrdiff_t n) {
    uint64_t left = (1ULL << 32) - (uint32_t)first;
    return (uint64_t)n < left ? n : (ptrdiff_t)left;
}

INLINE uint32_t keyed_bits(keyed_run run, ptrdiff_t i) {
    return scramble(scramble((run.first + (uint32_t)i) ^ run.keys[0]) + run.keys[1]);
}

INLINE uint32_t drop_threshold(float p) {
    double t = (double)p * 4294967296.0;
    return t >= 4294967295.0 ? 4294967295U : (uint32_t)t;
}

/* Each element by 1 / (1 - p) or, with probability p, zero: written to out, or added to it with `adds`. Whether an
 * element is dropped hangs on the key and on its place, counted from `first`, alone. out may be in. */
INLINE void drop(float *out, const float *in, uint64_t key, uint64_t first, float p, ptrdiff_t n, int adds) {
    uint32_t threshold = drop_threshold(p);
    float scale = 1.0f / (1.0f - p);
    for (ptrdiff_t count; n > 0; n -= count) {
        keyed_run run = run_from(key, first);
        count = run_length(first, n);
#pragma clang loop vectorize(assume_safety)
        for (ptrdiff_t i = 0; i < count; i++) {
            float kept = keyed_bits(run, i) < threshold ? 0 : in[i] * scale;
            out[i] = adds ? out[i] + kept : kept;
        }
        out += count;
        in += count;
        first += (uint64_t)count;
    }
}

static void dropout(float *out, const float *in, uint64_t key, uint64_t first, float p, ptrdiff_t n) {
    drop(out, in, key, first, p, n, 0);
}

static void dropout_add(float *out, const float *in, uint64_t key, uint64_t first, float p, ptrdiff_t n) {
    drop(out, in, key, first, p, n, 1);
}

/* The highest element, and the place of the first of equals; n where there is none. NaN compares false with everything
 * and goes unseen; times 0 it stays in `spoiled`, as infinity does. */
INLINE ptrdiff_t first_highest(const float *x, ptrdiff_t n, float *highest, float *spoiled) {
    enum { CHAINS = 4 };
    vf top[CHAINS], rest[CHAINS], wanted;
    ptrdiff_t i = 0;
    *highest = -INFINITY;
    *spoiled = 0;
    for (int c = 0; c < CHAINS; c++) {
        top[c] = (vf){0} - INFINITY;
        rest[c] = (vf){0};
    }
    for (; i + CHAINS * VW <= n; i += CHAINS * VW)
        for (int c = 0; c < CHAINS; c++) {
            vf some = load(x + i + c * VW);
            rest[c] += some * 0;
            top[c] = larger(some, top[c]);
        }
    for (; i < n; i++) {
        *spoiled += x[i] * 0;
        *highest = x[i] > *highest ? x[i] : *highest;
    }
    for (int c = 0; c < CHAINS; c++) {
        float part = horizontal_max(top[c]);
        *highest = part > *highest ? part : *highest;
        *spoiled += horizontal_sum(rest[c]);
    }
    wanted = (vf){0} + *highest;
    for (i = 0; i + CHAINS * VW <= n; i += CHAINS * VW) {
        vi found = (vi){0};
        for (int c = 0; c < CHAINS; c++) found |= load(x + i + c * VW) == wanted;
        if (__builtin_reduce_or(found)) break;
    }
    while (i < n && x[i] != *highest) i++;
    return i;
}

static ptrdiff_t argmax(const float *x, ptrdiff_t n) {
    float highest, spoiled;
    ptrdiff_t at = first_highest(x, n, &highest, &spoiled);
    /* Minus infinity only means that an element is out. */
    if (spoiled != spoiled)
        for (ptrdiff_t i = 0; i < n; i++)
            if (!(x[i] < INFINITY)) return -1;
    return highest == -INFINITY ? -1 : at;
}

/* Sums blocks in float and totals them in double: a float total is biased over a large vocabulary. */
static double cross_entropy(float *restrict logits, ptrdiff_t *argmax, ptrdiff_t label, float weight,
                            int want_gradient, ptrdiff_t n) {
    float highest, spoiled;
    *argmax = first_highest(logits, n, &highest, &spoiled);
    float chosen = logits[label];
    double total = 0;
    for (ptrdiff_t i = 0; i < n; i += 512) {
#pragma clang fp reassociate(on)
        ptrdiff_t end = n - i < 512 ? n : i + 512;
        float sum = 0;
        if (want_gradient)
            for (ptrdiff_t j = i; j < end; j++) {
                float e = fast_exp(logits[j] - highest);
                logits[j] = e;
                sum += e;
            }
        else
            for (ptrdiff_t j = i; j < end; j++) sum += fast_exp(logits[j] - highest);
        total += sum;
    }
    if (want_gradient) {
        float factor = (float)(weight / total);
        for (ptrdiff_t j = 0; j < n; j++) logits[j] *= factor;
        logits[label] -= weight;
    }
    return __builtin_log(total) + ((double)highest - chosen);
}

static void adamw(float *restrict p, float *restrict m, float *restrict v, const float *restrict g,
                  float g_scale, float lr, float beta1, float beta2, float eps, float weight_decay,
                  double correction1, double correction2_sqrt, ptrdiff_t n) {
    float decay = 1.0f - lr * weight_decay, step = (float)(lr / correction1);
    float root = (float)correction2_sqrt;
    for (ptrdiff_t i = 0; i < n; i++) {
        float gradient = g[i] * g_scale;
        m[i] = m[i] + (1.0f - beta1) * (gradient - m[i]);
        v[i] = beta2 * v[i] + (1.0f - beta2) * gradient * gradient;
        p[i] = p[i] * decay - step * (m[i] / (__builtin_sqrtf(v[i]) / root + eps));
    }
}

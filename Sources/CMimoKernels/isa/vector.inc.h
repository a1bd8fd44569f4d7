/* Words shared by the kernels of one instruction set. VW is the number of floats in a register; MR rows by
 * 2*VW columns of C fill the register file. Included inside the target attribute of a kernels_*.c file. */

typedef float vf __attribute__((vector_size(VW * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(VW * 4), aligned(4), may_alias));
typedef uint16_t vh __attribute__((vector_size(VW * 2), aligned(2), may_alias));
#ifdef HALF_FLOATS /* there are instructions that widen halves */
typedef _Float16 vhf __attribute__((vector_size(VW * 2), aligned(2), may_alias));
#endif

#define NR (2 * VW)
#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf *)p; }
INLINE void store(float *p, vf v) { *(vf *)p = v; }

/* By halves, in a fixed order. */
INLINE float horizontal_sum(vf v) {
#if VW == 16
    v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif VW == 8
    v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
#else
    v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
    v += __builtin_shufflevector(v, v, 1, 0, 3, 2);
#endif
    return v[0];
}

/* a where the mask is set, b elsewhere. */
INLINE vf choose(vi where, vf a, vf b) { return (vf)(((vi)a & where) | ((vi)b & ~where)); }

INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }

/* The highest of a vector without NaN. */
INLINE float horizontal_max(vf v) {
#if VW == 16
    v = larger(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    v = larger(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
    v = larger(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    v = larger(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif VW == 8
    v = larger(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3));
    v = larger(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5));
    v = larger(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6));
#else
    v = larger(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
    v = larger(v, __builtin_shufflevector(v, v, 1, 0, 3, 2));
#endif
    return v[0];
}

INLINE float widen_bf16(uint16_t h) {
    union { uint32_t u; float f; } x = {(uint32_t)h << 16};
    return x.f;
}

/* IEEE half to float by scaling: exact for subnormals too; infinities and NaN are patched. */
INLINE float widen_f16(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = (uint32_t)(h & 0x7fff) << 13;
    union { uint32_t u; float f; } x = {rest}, scale = {0x77800000}; /* 2^112 */
    x.f *= scale.f;
    if ((h & 0x7c00) == 0x7c00) x.u |= 0x7f800000;
    x.u |= sign;
    return x.f;
}

INLINE uint16_t narrow_bf16(float f) {
    union { float f; uint32_t u; } x = {f};
    if ((x.u & 0x7fffffff) > 0x7f800000) return (uint16_t)((x.u >> 16) | 0x40);
    return (uint16_t)((x.u + 0x7fff + ((x.u >> 16) & 1)) >> 16);
}

INLINE uint16_t narrow_f16(float f) {
    union { float f; uint32_t u; } x = {f};
    uint32_t sign = (x.u >> 16) & 0x8000, rest = x.u & 0x7fffffff;
    if (rest > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (rest >= 0x47800000) return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000) { /* subnormal: let the adder round at 2^-24 */
        union { uint32_t u; float f; } value = {rest}, half = {0x3f000000};
        value.f += half.f;
        return (uint16_t)(sign | (value.u - half.u));
    }
    rest += 0xc8000fff + ((rest >> 13) & 1);
    return (uint16_t)(sign | (rest >> 13));
}

INLINE float widen_one(const void *p, mimo_dtype dtype, ptrdiff_t i) {
    if (dtype == MIMO_BF16) return widen_bf16(((const uint16_t *)p)[i]);
    if (dtype == MIMO_F16) return widen_f16(((const uint16_t *)p)[i]);
    return ((const float *)p)[i];
}

INLINE vf widen_vector(const void *p, mimo_dtype dtype, ptrdiff_t i) {
    if (dtype == MIMO_F32) return load((const float *)p + i);
    if (dtype == MIMO_BF16) {
        vh h = *(const vh *)((const uint16_t *)p + i);
        return (vf)(__builtin_convertvector(h, vi) << 16);
    }
#ifdef HALF_FLOATS
    return __builtin_convertvector(*(const vhf *)((const uint16_t *)p + i), vf);
#else /* as widen_f16, by registers */
    vi h = __builtin_convertvector(*(const vh *)((const uint16_t *)p + i), vi);
    vf scaled = (vf)((h & 0x7fff) << 13) * 0x1p112f;
    return (vf)((vi)scaled | (((h & 0x7c00) == 0x7c00) & 0x7f800000) | (h & 0x8000) << 16);
#endif
}

/* exp to about 1 ulp for every float: Cody-Waite reduction and a degree 6 polynomial (Cephes' expf). */
INLINE float fast_exp(float x) {
    x = x > 88.72283f ? 88.72283f : x;
    x = x < -87.33654f ? -87.33654f : x;
    float n = x * 1.44269504f + 12582912.0f;
    union { float f; int32_t i; } bits = {n};
    n -= 12582912.0f;
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    union { int32_t i; float f; } power = {(bits.i + 127 - 0x4b400000) << 23};
    return y * power.f;
}

/* The same for a whole register. */
INLINE vf fast_exp_vector(vf x) {
    x = __builtin_elementwise_min(x, (vf){0} + 88.72283f);
    x = __builtin_elementwise_max(x, (vf){0} - 87.33654f);
    vf shifted = x * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
    vf r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vf y = (vf){0} + 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    vi power = ((vi)shifted + (127 - 0x4b400000)) << 23;
    return y * (vf)power;
}

/* Matrix products over packed operands, after Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (2008): a register tile of MR x NR is kept while k runs; the packed column panel stays in
 * the first-level cache, the row stripes stream from the second. */

/* Transposes a VW x VW block in registers by log2(VW) rounds; round w swaps the off-diagonal w x w squares. */
#define SWAP_SQUARES(w, LOW, HIGH)                                                      \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < VW; i += 2 * (w))            \
        _Pragma("clang loop unroll(full)") for (int j = i; j < i + (w); j++) {          \
        vf low = rows[j], high = rows[j + (w)];                                         \
        rows[j] = __builtin_shufflevector(low, high, LOW);                              \
        rows[j + (w)] = __builtin_shufflevector(low, high, HIGH);                       \
    }
#if VW == 16
#define LOW_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define HIGH_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LOW_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define HIGH_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LOW_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define HIGH_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LOW_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define HIGH_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#elif VW == 8
#define LOW_1 0, 8, 2, 10, 4, 12, 6, 14
#define HIGH_1 1, 9, 3, 11, 5, 13, 7, 15
#define LOW_2 0, 1, 8, 9, 4, 5, 12, 13
#define HIGH_2 2, 3, 10, 11, 6, 7, 14, 15
#define LOW_4 0, 1, 2, 3, 8, 9, 10, 11
#define HIGH_4 4, 5, 6, 7, 12, 13, 14, 15
#else
#define LOW_1 0, 4, 2, 6
#define HIGH_1 1, 5, 3, 7
#define LOW_2 0, 1, 4, 5
#define HIGH_2 2, 3, 6, 7
#endif

INLINE void transpose_block(vf rows[VW]) {
    SWAP_SQUARES(1, LOW_1, HIGH_1)
    SWAP_SQUARES(2, LOW_2, HIGH_2)
#if VW >= 8
    SWAP_SQUARES(4, LOW_4, HIGH_4)
#endif
#if VW >= 16
    SWAP_SQUARES(8, LOW_8, HIGH_8)
#endif
}

/* Where one block holds all rows, it stores past its own columns, where the next depth writes again; the last
 * depth, and blocks beside others, are copied with care. */
static void pack_a(float *restrict packed, const float *restrict a, ptrdiff_t m, ptrdiff_t k, ptrdiff_t lda) {
    for (ptrdiff_t p = 0; p < k; p += VW) {
        ptrdiff_t depth = k - p < VW ? k - p : VW;
        for (ptrdiff_t i = 0; i < MR; i += VW) {
            vf rows[VW];
            ptrdiff_t width = MR - i < VW ? MR - i : VW;
            if (depth == VW && m == MR && MR <= VW) {
#pragma clang loop unroll(full)
                for (int r = 0; r < VW; r++) rows[r] = r < MR ? load(a + r * lda + p) : (vf){0};
                transpose_block(rows);
                if (p + VW < k) {
#pragma clang loop unroll(full)
                    for (int q = 0; q < VW; q++) store(packed + (p + q) * MR, rows[q]);
                    continue;
                }
            } else {
                for (int r = 0; r < VW; r++) {
                    rows[r] = (vf){0};
                    for (ptrdiff_t q = 0; q < depth && i + r < m; q++) rows[r][q] = a[(i + r) * lda + p + q];
                }
                transpose_block(rows);
            }
            for (ptrdiff_t q = 0; q < depth; q++) {
                float *out = packed + (p + q) * MR + i;
                if (width == VW || (MR <= VW && p + q + 1 < k)) store(out, rows[q]);
                else __builtin_memcpy(out, &rows[q], (size_t)width * 4);
            }
        }
    }
}

static void pack_a_transposed(float *restrict packed, const float *restrict a, ptrdiff_t m, ptrdiff_t k,
                              ptrdiff_t lda) {
    for (ptrdiff_t p = 0; p < k; p++) {
        ptrdiff_t i = 0;
        for (; i < m; i++) packed[p * MR + i] = a[p * lda + i];
        for (; i < MR; i++) packed[p * MR + i] = 0;
    }
}

INLINE void pack_b_typed(float *restrict packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k,
                         ptrdiff_t n, ptrdiff_t ldb) {
    if (n == NR) {
        for (ptrdiff_t p = 0; p < k; p++) {
            store(packed + p * NR, widen_vector(b, dtype, p * ldb) * scale);
            store(packed + p * NR + VW, widen_vector(b, dtype, p * ldb + VW) * scale);
        }
        return;
    }
    for (ptrdiff_t p = 0; p < k; p++) {
        ptrdiff_t j = 0;
        for (; j < n; j++) packed[p * NR + j] = widen_one(b, dtype, p * ldb + j) * scale;
        for (; j < NR; j++) packed[p * NR + j] = 0;
    }
}

static void pack_b(float *packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k, ptrdiff_t n,
                   ptrdiff_t ldb) {
    if (dtype == MIMO_BF16) pack_b_typed(packed, b, MIMO_BF16, scale, k, n, ldb);
    else if (dtype == MIMO_F16) pack_b_typed(packed, b, MIMO_F16, scale, k, n, ldb);
    else pack_b_typed(packed, b, MIMO_F32, scale, k, n, ldb);
}

INLINE void pack_b_transposed_typed(float *restrict packed, const void *b, mimo_dtype dtype, float scale,
                                    ptrdiff_t k, ptrdiff_t n, ptrdiff_t ldb) {
    ptrdiff_t j = 0;
    for (; j + VW <= n; j += VW) {
        ptrdiff_t p = 0;
        for (; p + VW <= k; p += VW) {
            vf rows[VW];
            for (int i = 0; i < VW; i++) rows[i] = widen_vector(b, dtype, (j + i) * ldb + p) * scale;
            transpose_block(rows);
            for (int i = 0; i < VW; i++) store(packed + (p + i) * NR + j, rows[i]);
        }
        for (; p < k; p++)
            for (int i = 0; i < VW; i++)
                packed[p * NR + j + i] = widen_one(b, dtype, (j + i) * ldb + p) * scale;
    }
    for (; j < n; j++)
        for (ptrdiff_t p = 0; p < k; p++) packed[p * NR + j] = widen_one(b, dtype, j * ldb + p) * scale;
    for (; j < NR; j++)
        for (ptrdiff_t p = 0; p < k; p++) packed[p * NR + j] = 0;
}

static void pack_b_transposed(float *packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k,
                              ptrdiff_t n, ptrdiff_t ldb) {
    if (dtype == MIMO_BF16) pack_b_transposed_typed(packed, b, MIMO_BF16, scale, k, n, ldb);
    else if (dtype == MIMO_F16) pack_b_transposed_typed(packed, b, MIMO_F16, scale, k, n, ldb);
    else pack_b_transposed_typed(packed, b, MIMO_F32, scale, k, n, ldb);
}

/* One register tile: c[MR, NR] (+)= a[k, MR]^T · b[k, NR]. */
INLINE void tile(float *restrict c, const float *restrict a, const float *restrict b, ptrdiff_t k,
                 ptrdiff_t ldc, int accumulate) {
    vf acc[MR][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) acc[i][0] = acc[i][1] = (vf){0};
    for (ptrdiff_t p = 0; p < k; p++) {
        vf b0 = load(b), b1 = load(b + VW);
#pragma clang loop unroll(full)
        for (int i = 0; i < MR; i++) {
            acc[i][0] += b0 * a[i];
            acc[i][1] += b1 * a[i];
        }
        a += MR;
        b += NR;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < MR; i++) {
        float *row = c + i * ldc;
        if (accumulate) {
            acc[i][0] += load(row);
            acc[i][1] += load(row + VW);
        }
        store(row, acc[i][0]);
        store(row + VW, acc[i][1]);
    }
}

static void multiply_packed(float *c, const float *a, const float *b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                            ptrdiff_t ldc, ptrdiff_t a_stride, ptrdiff_t b_stride, int accumulate) {
    for (ptrdiff_t j = 0; j < n; j += NR) {
        const float *panel = b + j / NR * b_stride;
        for (ptrdiff_t i = 0; i < m; i += MR) {
            const float *stripe = a + i / MR * a_stride;
            float *out = c + i * ldc + j;
            if (m - i >= MR && n - j >= NR) {
                tile(out, stripe, panel, k, ldc, accumulate);
                continue;
            }
            ptrdiff_t rows = m - i < MR ? m - i : MR, columns = n - j < NR ? n - j : NR;
            float edge[MR * NR];
            tile(edge, stripe, panel, k, NR, 0);
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t s = 0; s < columns; s++)
                    out[r * ldc + s] = edge[r * NR + s] + (accumulate ? out[r * ldc + s] : 0);
        }
    }
}

/* Rows of the weight in turn, four at a time so that each load of x serves four products; the weight is read
 * once, in order, which is what bounds decoding. */
INLINE void vectors_typed(float *restrict y, const float *restrict x, const void *w, mimo_dtype dtype,
                          ptrdiff_t rows, ptrdiff_t n, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                          int accumulate) {
    for (ptrdiff_t j = 0; j < n; j += 4) {
        ptrdiff_t width = n - j < 4 ? n - j : 4;
        for (ptrdiff_t t = 0; t < rows; t++) {
            const float *row = x + t * ldx;
            float sums[4] = {0};
            ptrdiff_t p = 0;
            if (width == 4) {
                vf acc[4][2] = {{{0}}};
                for (; p + 2 * VW <= k; p += 2 * VW) {
                    vf x0 = load(row + p), x1 = load(row + p + VW);
#pragma clang loop unroll(full)
                    for (int i = 0; i < 4; i++) {
                        acc[i][0] += x0 * widen_vector(w, dtype, (j + i) * ldw + p);
                        acc[i][1] += x1 * widen_vector(w, dtype, (j + i) * ldw + p + VW);
                    }
                }
#pragma clang loop unroll(full)
                for (int i = 0; i < 4; i++) sums[i] = horizontal_sum(acc[i][0] + acc[i][1]);
            }
            for (; p < k; p++)
                for (ptrdiff_t i = 0; i < width; i++) sums[i] += row[p] * widen_one(w, dtype, (j + i) * ldw + p);
            for (ptrdiff_t i = 0; i < width; i++)
                y[t * ldy + j + i] = sums[i] + (accumulate ? y[t * ldy + j + i] : 0);
        }
    }
}

static void multiply_vectors(float *y, const float *x, const void *w, mimo_dtype dtype, ptrdiff_t rows,
                             ptrdiff_t n, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                             int accumulate) {
    if (dtype == MIMO_BF16) vectors_typed(y, x, w, MIMO_BF16, rows, n, k, ldy, ldx, ldw, accumulate);
    else if (dtype == MIMO_F16) vectors_typed(y, x, w, MIMO_F16, rows, n, k, ldy, ldx, ldw, accumulate);
    else vectors_typed(y, x, w, MIMO_F32, rows, n, k, ldy, ldx, ldw, accumulate);
}

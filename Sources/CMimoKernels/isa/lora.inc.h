/* Products with one small side. They are bound by loads, so each load of the long operand serves a block of
 * ranks that stays in registers. */

enum { DOWN_ROWS = VW == 16 ? 3 : 2, DOWN_RANKS = VW == 16 ? 8 : 4, OUTER_RANKS = VW == 16 ? 8 : 4 };

INLINE void down_block(float *restrict h, const float *restrict x, const float *restrict a, float scale, int rows,
                       int ranks, ptrdiff_t k, ptrdiff_t ldh, ptrdiff_t ldx, ptrdiff_t lda) {
    vf acc[DOWN_ROWS][DOWN_RANKS];
#pragma clang loop unroll(full)
    for (int t = 0; t < DOWN_ROWS; t++)
#pragma clang loop unroll(full)
        for (int r = 0; r < DOWN_RANKS; r++) acc[t][r] = (vf){0};
    ptrdiff_t p = 0;
    for (; p + VW <= k; p += VW) {
        vf in[DOWN_ROWS];
        /* The rows that come next: they are too short for the processor to see them coming. */
#pragma clang loop unroll(full)
        for (int t = 0; t < DOWN_ROWS; t++) {
            __builtin_prefetch(x + (DOWN_ROWS + t) * ldx + p);
            in[t] = t < rows ? load(x + t * ldx + p) : (vf){0};
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < DOWN_RANKS; r++) {
            if (r >= ranks) continue;
            vf w = load(a + r * lda + p);
#pragma clang loop unroll(full)
            for (int t = 0; t < DOWN_ROWS; t++) acc[t][r] += w * in[t];
        }
    }
    for (int t = 0; t < rows; t++)
        for (int r = 0; r < ranks; r++) {
            float sum = horizontal_sum(acc[t][r]);
            for (ptrdiff_t q = p; q < k; q++) sum += x[t * ldx + q] * a[r * lda + q];
            h[t * ldh + r] = sum * scale;
        }
}

static void project_down(float *h, const float *x, const float *a, float scale, ptrdiff_t t, ptrdiff_t r,
                         ptrdiff_t k, ptrdiff_t ldh, ptrdiff_t ldx, ptrdiff_t lda) {
    for (ptrdiff_t i = 0; i < t; i += DOWN_ROWS) {
        int rows = (int)(t - i < DOWN_ROWS ? t - i : DOWN_ROWS);
        for (ptrdiff_t j = 0; j < r; j += DOWN_RANKS) {
            int ranks = (int)(r - j < DOWN_RANKS ? r - j : DOWN_RANKS);
            float *out = h + i * ldh + j;
            const float *rows_in = x + i * ldx, *weight = a + j * lda;
            if (rows == DOWN_ROWS && ranks == DOWN_RANKS)
                down_block(out, rows_in, weight, scale, DOWN_ROWS, DOWN_RANKS, k, ldh, ldx, lda);
            else
                down_block(out, rows_in, weight, scale, rows, ranks, k, ldh, ldx, lda);
        }
    }
}

/* A few rows: the sums of a block of columns stay in registers over all ranks. */
static void project_up(float *restrict y, const float *restrict h, const float *restrict b, float scale, ptrdiff_t t,
                       ptrdiff_t n, ptrdiff_t r, ptrdiff_t ldy, ptrdiff_t ldh, ptrdiff_t ldb) {
    ptrdiff_t p = 0;
    for (; p + 2 * VW <= n; p += 2 * VW)
        for (ptrdiff_t i = 0; i < t; i++) {
            vf acc[2] = {{0}};
            for (ptrdiff_t q = 0; q < r; q++) {
                acc[0] += load(b + q * ldb + p) * h[i * ldh + q];
                acc[1] += load(b + q * ldb + p + VW) * h[i * ldh + q];
            }
            float *out = y + i * ldy + p;
            store(out, load(out) + acc[0] * scale);
            store(out + VW, load(out + VW) + acc[1] * scale);
        }
    for (; p < n; p++)
        for (ptrdiff_t i = 0; i < t; i++) {
            float sum = 0;
            for (ptrdiff_t q = 0; q < r; q++) sum += b[q * ldb + p] * h[i * ldh + q];
            y[i * ldy + p] += sum * scale;
        }
}

/* Columns of x in blocks of two registers; the sums of a block of ranks stay in registers over all rows. */
static void accumulate_outer(float *restrict da, const float *restrict g, const float *restrict x, float scale,
                             ptrdiff_t t, ptrdiff_t r, ptrdiff_t k, ptrdiff_t lda, ptrdiff_t ldg,
                             ptrdiff_t ldx) {
    for (ptrdiff_t j = 0; j < r; j += OUTER_RANKS) {
        int ranks = (int)(r - j < OUTER_RANKS ? r - j : OUTER_RANKS);
        ptrdiff_t p = 0;
        if (ranks == OUTER_RANKS)
            for (; p + 2 * VW <= k; p += 2 * VW) {
                vf acc[OUTER_RANKS][2];
#pragma clang loop unroll(full)
                for (int q = 0; q < OUTER_RANKS; q++) acc[q][0] = acc[q][1] = (vf){0};
                for (ptrdiff_t i = 0; i < t; i++) {
                    vf x0 = load(x + i * ldx + p), x1 = load(x + i * ldx + p + VW);
                    __builtin_prefetch(x + (i + 8) * ldx + p);
                    if (VW == 16) __builtin_prefetch(x + (i + 8) * ldx + p + VW);
#pragma clang loop unroll(full)
                    for (int q = 0; q < OUTER_RANKS; q++) {
                        vf factor = (vf){0} + g[i * ldg + j + q];
                        acc[q][0] += x0 * factor;
                        acc[q][1] += x1 * factor;
                    }
                }
#pragma clang loop unroll(full)
                for (int q = 0; q < OUTER_RANKS; q++) {
                    float *out = da + (j + q) * lda + p;
                    store(out, load(out) + acc[q][0] * scale);
                    store(out + VW, load(out + VW) + acc[q][1] * scale);
                }
            }
        for (; p < k; p++)
            for (int q = 0; q < ranks; q++) {
                float sum = 0;
                for (ptrdiff_t i = 0; i < t; i++) sum += g[i * ldg + j + q] * x[i * ldx + p];
                da[(j + q) * lda + p] += sum * scale;
            }
    }
}

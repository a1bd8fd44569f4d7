/* Matrix products, after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a register
 * tile of MR x NR is kept while k runs; the packed column panel stays in the first-level cache. Their rows of a are
 * packed too. Here they are read where they lie, fetched ahead by hand, which is as fast: a tile broadcasts single
 * elements, and each line of a row that comes is used up before the next. */

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

/* The sums of VW vectors as one vector: pairs are folded into each other, so that no lane is idle. */
#define FOLD_PAIRS(w, LOW, HIGH)                                                                   \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < VW; i += 2 * (w)) rows[i] =             \
        __builtin_shufflevector(rows[i], rows[i + (w)], LOW) +                                     \
        __builtin_shufflevector(rows[i], rows[i + (w)], HIGH);

INLINE vf fold_block(vf rows[VW]) {
    FOLD_PAIRS(1, LOW_1, HIGH_1)
    FOLD_PAIRS(2, LOW_2, HIGH_2)
#if VW >= 8
    FOLD_PAIRS(4, LOW_4, HIGH_4)
#endif
#if VW >= 16
    FOLD_PAIRS(8, LOW_8, HIGH_8)
#endif
    return rows[0];
}

/* Packing reads pieces of rows that are too short for the processor to see where reading goes, so what comes next is
 * fetched by hand: up to two and a half times as fast from memory. */
enum { CACHE_LINE = 64, PACK_AHEAD = 32 };

INLINE ptrdiff_t element_size(mimo_dtype dtype) { return dtype == MIMO_F32 ? 4 : 2; }

INLINE void pack_b_typed(float *restrict packed, const void *b, mimo_dtype dtype, float scale, ptrdiff_t k,
                         ptrdiff_t n, ptrdiff_t ldb) {
    if (n == NR) {
        for (ptrdiff_t p = 0; p < k; p++) {
            const char *ahead = (const char *)b + (p + PACK_AHEAD) * ldb * element_size(dtype);
#pragma clang loop unroll(full)
            for (ptrdiff_t line = 0; line < NR * element_size(dtype); line += CACHE_LINE)
                __builtin_prefetch(ahead + line);
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
            if (p * element_size(dtype) % CACHE_LINE == 0)
                for (int i = 0; i < VW; i++)
                    __builtin_prefetch((const char *)b + ((j + VW + i) * ldb + p) * element_size(dtype));
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

/* Where a product's rows lie: element (i, p) of a at a[i * row + p * depth]; either step may be the short one. */
typedef struct {
    ptrdiff_t row, depth;
} steps;

/* Memory that several processors share answers late: rows of a are fetched so many steps of k ahead, and then those of
 * the stripe that comes next. So is the tile of c. Worth a third of the speed where the third-level cache is shared
 * with busy neighbours. */
enum { STEPS_AHEAD = 80, FETCHED_ROWS = MR > 8 ? 16 : 8 };

/* One register tile: c[count, NR] (+)= a[count, k] · b[k, NR], whose rows are ldb apart; `next` is where the next tile's
 * a begins. Of rows that lie along k, each step fetches one row's next line; of rows that lie across, the line of all.
 * A pointer for each three rows moves along, which an address reaches with one register of steps: computed from p they
 * would take half as many instructions again, and registers that the sums need. */
INLINE void tile(float *restrict c, int count, const float *restrict a, const float *restrict b, const float *next,
                 ptrdiff_t k, ptrdiff_t ldc, steps at, ptrdiff_t ldb, int accumulate) {
    vf acc[MR][2];
    const float *rows[(MR + 2) / 3];
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        acc[i][0] = acc[i][1] = (vf){0};
        if (i % 3 == 0) rows[i / 3] = a + i * at.row;
        __builtin_prefetch(c + i * ldc, 1);
        __builtin_prefetch(c + i * ldc + NR - 1, 1);
    }
    ptrdiff_t own = k > STEPS_AHEAD ? k - STEPS_AHEAD : 0, fetched = at.depth == 1 ? at.row : at.depth;
    for (ptrdiff_t p = 0; p < k;) {
        const float *ahead = p < own ? a + (p + STEPS_AHEAD) * at.depth : next + (p - own) * at.depth;
        for (ptrdiff_t end = k - p < FETCHED_ROWS ? k : p + FETCHED_ROWS; p < end; p++) {
            __builtin_prefetch(ahead);
            vf b0 = load(b), b1 = load(b + VW);
#pragma clang loop unroll(full)
            for (int i = 0; i < count; i++) {
                float value = rows[i / 3][i % 3 * at.row];
                acc[i][0] += b0 * value;
                acc[i][1] += b1 * value;
                if (i % 3 == 2 || i + 1 == count) rows[i / 3] += at.depth;
            }
            ahead += fetched;
            b += ldb;
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
        float *row = c + i * ldc;
        if (accumulate) {
            acc[i][0] += load(row);
            acc[i][1] += load(row + VW);
        }
        store(row, acc[i][0]);
        store(row + VW, acc[i][1]);
    }
}

/* A function for each number of rows: the compiler keeps all of a tile in registers only where it sees one. */
#define TILE_OF(rows)                                                                                               \
    static __attribute__((noinline)) void tile_##rows(float *c, const float *a, const float *b, const float *next,  \
                                                      ptrdiff_t k, ptrdiff_t ldc, steps at, ptrdiff_t ldb,          \
                                                      int accumulate) {                                             \
        tile(c, rows, a, b, next, k, ldc, at, ldb, accumulate);                                                     \
    }
TILE_OF(1) TILE_OF(2) TILE_OF(3) TILE_OF(4) TILE_OF(5) TILE_OF(6)
#if MR > 6
TILE_OF(7) TILE_OF(8) TILE_OF(9) TILE_OF(10) TILE_OF(11) TILE_OF(12) TILE_OF(13) TILE_OF(14)
#endif

typedef void tile_function(float *, const float *, const float *, const float *, ptrdiff_t, ptrdiff_t, steps,
                           ptrdiff_t, int);
static tile_function *const tiles[] = {
    NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6,
#if MR > 6
    tile_7, tile_8, tile_9, tile_10, tile_11, tile_12, tile_13, tile_14,
#endif
};

/* c[m, n] (+)= a[m, k] · b[k, n]; b's column panels are b_panel apart, their rows ldb. */
INLINE void multiply_panels(float *c, const float *a, const float *b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                            ptrdiff_t ldc, steps at, ptrdiff_t b_panel, ptrdiff_t ldb, int accumulate) {
    for (ptrdiff_t j = 0; j < n; j += NR) {
        const float *panel = b + j / NR * b_panel;
        for (ptrdiff_t i = 0; i < m; i += MR) {
            const float *stripe = a + i * at.row, *next = i + MR < m ? stripe + MR * at.row : a;
            float *out = c + i * ldc + j;
            ptrdiff_t rows = m - i < MR ? m - i : MR, columns = n - j < NR ? n - j : NR;
            if (columns == NR) {
                tiles[rows](out, stripe, panel, next, k, ldc, at, ldb, accumulate);
                continue;
            }
            float edge[MR * NR];
            tiles[rows](edge, stripe, panel, next, k, NR, at, ldb, 0);
            for (ptrdiff_t r = 0; r < rows; r++)
                for (ptrdiff_t s = 0; s < columns; s++)
                    out[r * ldc + s] = edge[r * NR + s] + (accumulate ? out[r * ldc + s] : 0);
        }
    }
}

static void multiply_packed(float *c, const float *a, const float *b, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k,
                            ptrdiff_t ldc, ptrdiff_t a_row, ptrdiff_t a_depth, ptrdiff_t b_panel, int accumulate) {
    multiply_panels(c, a, b, m, n, k, ldc, (steps){a_row, a_depth}, b_panel, NR, accumulate);
}

/* Vectors times a stored weight, which is read once: that is what bounds decoding. Several ranges of its rows are read
 * side by side, each row behind row, in one stream that the processor sees coming; to ask for lines by hand made it
 * slower. The streams share what they read of the vectors, which are read again for each row. On two threads of a
 * processor of AMD's family 25, of the rate of plain reading: a single stream of rows of 1,152 and 3,072 bytes came to
 * 0.75 to 0.79, of 8,192 bytes, whose vector has 16 KB, to 0.5 to 0.7; four to 0.77 to 0.94 and to 0.7 to 0.8. Each row
 * has a register of sums for each vector: its result does not depend on what is multiplied beside it. */
enum { VECTORS = VW == 16 ? 4 : 2, STEPS = 2 };

/* What whole registers leave over, which is rare and long when it is written out for every stream. */
static __attribute__((noinline)) float add_rest(float sum, const float *x, const void *row, mimo_dtype dtype,
                                                ptrdiff_t p, ptrdiff_t k) {
    for (; p < k; p++) sum += x[p] * widen_one(row, dtype, p);
    return sum;
}

/* Some vectors times a row of each stream, which lie `apart` rows from each other. */
INLINE void vectors_rows(float *restrict y, const float *restrict x, const void *w, mimo_dtype dtype, int vectors,
                         int streams, ptrdiff_t apart, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                         int accumulate) {
    const char *row[MIMO_STREAMS];
    vf acc[MIMO_STREAMS][VECTORS];
    ptrdiff_t p = 0;
#pragma clang loop unroll(full)
    for (int i = 0; i < MIMO_STREAMS; i++) {
        row[i] = (const char *)w + (i < streams ? i * apart * ldw * element_size(dtype) : 0);
#pragma clang loop unroll(full)
        for (int t = 0; t < VECTORS; t++) acc[i][t] = (vf){0};
    }
    for (; p + STEPS * VW <= k; p += STEPS * VW)
#pragma clang loop unroll(full)
        for (int s = 0; s < STEPS; s++) {
            vf in[VECTORS];
#pragma clang loop unroll(full)
            for (int t = 0; t < VECTORS; t++)
                if (t < vectors) in[t] = load(x + t * ldx + p + s * VW);
#pragma clang loop unroll(full)
            for (int i = 0; i < MIMO_STREAMS; i++) {
                if (i >= streams) continue;
                vf part = widen_vector(row[i], dtype, p + s * VW);
#pragma clang loop unroll(full)
                for (int t = 0; t < VECTORS; t++)
                    if (t < vectors) acc[i][t] += in[t] * part;
            }
        }
#pragma clang loop unroll(full)
    for (int i = 0; i < MIMO_STREAMS; i++) {
        if (i >= streams) continue;
#pragma clang loop unroll(full)
        for (int t = 0; t < VECTORS; t++) {
            if (t >= vectors) continue;
            float sum = horizontal_sum(acc[i][t]);
            if (p < k) sum = add_rest(sum, x + t * ldx, row[i], dtype, p, k);
            float *out = y + t * ldy + i * apart;
            *out = sum + (accumulate ? *out : 0);
        }
    }
}

/* The same for any number of vectors, with as many of them at a time as have registers. */
INLINE void vectors_streams(float *restrict y, const float *restrict x, const char *w, mimo_dtype dtype,
                            ptrdiff_t rows, int streams, ptrdiff_t apart, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx,
                            ptrdiff_t ldw, int accumulate) {
    for (ptrdiff_t t = 0; t < rows; t += VECTORS)
#pragma clang loop unroll(full)
        for (int vectors = 1; vectors <= VECTORS; vectors++) {
            if (vectors != (rows - t < VECTORS ? rows - t : VECTORS)) continue;
            vectors_rows(y + t * ldy, x + t * ldx, w, dtype, vectors, streams, apart, k, ldy, ldx, ldw, accumulate);
        }
}

INLINE void vectors_typed(float *restrict y, const float *restrict x, const void *w, mimo_dtype dtype, ptrdiff_t rows,
                          ptrdiff_t n, ptrdiff_t apart, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                          int accumulate) {
    for (ptrdiff_t j = 0; j < n; j++) {
        const char *row = (const char *)w + j * ldw * element_size(dtype);
        if (apart == 0) vectors_streams(y + j, x, row, dtype, rows, 1, 0, k, ldy, ldx, ldw, accumulate);
        else vectors_streams(y + j, x, row, dtype, rows, MIMO_STREAMS, apart, k, ldy, ldx, ldw, accumulate);
    }
}

static void multiply_vectors(float *y, const float *x, const void *w, mimo_dtype dtype, ptrdiff_t rows, ptrdiff_t n,
                             ptrdiff_t apart, ptrdiff_t k, ptrdiff_t ldy, ptrdiff_t ldx, ptrdiff_t ldw,
                             int accumulate) {
    if (dtype == MIMO_BF16) vectors_typed(y, x, w, MIMO_BF16, rows, n, apart, k, ldy, ldx, ldw, accumulate);
    else if (dtype == MIMO_F16) vectors_typed(y, x, w, MIMO_F16, rows, n, apart, k, ldy, ldx, ldw, accumulate);
    else vectors_typed(y, x, w, MIMO_F32, rows, n, apart, k, ldy, ldx, ldw, accumulate);
}

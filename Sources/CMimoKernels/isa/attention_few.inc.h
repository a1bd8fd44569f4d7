/* Attention of a few queries, as in decoding: no operand is packed; keys and values are read once, row by row, so that
 * the processor sees each stream coming. A tile's values are fetched by hand while its scores are made, the next tile's
 * keys while its values are summed: the processor does not know that the one stream goes on with the other. Keys are
 * asked for KEYS_AHEAD rows before they are read, too: those of a thread's first tile nobody has fetched. On two
 * threads of one processor with AVX-512, heads of 64 come from memory at 0.9 and more of the rate of plain reading; on
 * two of another, of AMD's family 25, at 0.4 to 0.7, whether they are asked for or not. */

enum { FEW_ROWS = 4, FEW_KEYS = 64, TILE_FLOATS = 4096, KEYS_AHEAD = 8 };

/* Keys of a tile: a tile and the one that is being fetched stay in the first-level cache. */
INLINE ptrdiff_t few_tile(ptrdiff_t head) {
    ptrdiff_t keys = TILE_FLOATS / head / VW * VW;
    return keys < VW ? VW : keys > FEW_KEYS ? FEW_KEYS : keys;
}

/* scores[r][j] = scale * q[r] · k[j]: as many keys at a time as make whole vectors of sums. Behind the last key its
 * scores are made again: nobody reads them. */
INLINE void few_scores(float scores[FEW_ROWS][FEW_KEYS], const float *const q[FEW_ROWS], const float *k,
                       const float *next, int rows, ptrdiff_t keys, ptrdiff_t head, float scale, ptrdiff_t ldkv) {
    enum { STEP = VW / FEW_ROWS };
    for (ptrdiff_t j = 0; j < keys; j += STEP) {
        const float *key[STEP];
        vf acc[VW];
        ptrdiff_t d = 0;
#pragma clang loop unroll(full)
        for (int i = 0; i < VW; i++) acc[i] = (vf){0};
#pragma clang loop unroll(full)
        for (int s = 0; s < STEP; s++) {
            ptrdiff_t row = (j + s < keys ? j + s : keys - 1) * ldkv;
            key[s] = k + row;
            for (d = 0; d + VW <= head; d += VW) {
                vf part = load(key[s] + d);
                if (d % CACHE_FLOATS == 0) {
                    __builtin_prefetch(next + row + d);
                    __builtin_prefetch(key[s] + d + KEYS_AHEAD * ldkv);
                }
#pragma clang loop unroll(full)
                for (int r = 0; r < FEW_ROWS; r++)
                    if (r < rows) acc[r * STEP + s] += load(q[r] + d) * part;
            }
        }
        float sums[VW];
        store(sums, fold_block(acc) * scale);
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            for (ptrdiff_t e = d; e < head; e++)
                for (int s = 0; s < STEP; s++) sums[r * STEP + s] += scale * q[r][e] * key[s][e];
            memcpy(scores[r] + j, sums + r * STEP, sizeof(float) * STEP);
        }
    }
}

/* out[r] = out[r] * shrink[r] + sum of p[r][j] * v[j], for so many registers of a row. */
INLINE void few_values_part(float *out, float p[FEW_ROWS][FEW_KEYS], const float *shrink, const float *v,
                            const float *next, int rows, int registers, ptrdiff_t keys, ptrdiff_t head,
                            ptrdiff_t ldkv) {
    vf acc[FEW_ROWS][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
            if (r < rows && i < registers) acc[r][i] = load(out + r * head + i * VW) * shrink[r];
    for (ptrdiff_t j = 0; j < keys; j++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) {
            if (i >= registers) continue;
            vf value = load(v + j * ldkv + i * VW);
            if (i * VW % CACHE_FLOATS == 0) __builtin_prefetch(next + j * ldkv + i * VW);
#pragma clang loop unroll(full)
            for (int r = 0; r < FEW_ROWS; r++)
                if (r < rows) acc[r][i] += value * p[r][j];
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
            if (r < rows && i < registers) store(out + r * head + i * VW, acc[r][i]);
}

INLINE void few_values(float *out, float p[FEW_ROWS][FEW_KEYS], const float *shrink, const float *v,
                       const float *next, int rows, ptrdiff_t keys, ptrdiff_t head, ptrdiff_t ldkv) {
    enum { REGISTERS = VW == 16 ? 4 : 2 };
    ptrdiff_t d = 0;
    for (; d + REGISTERS * VW <= head; d += REGISTERS * VW)
        few_values_part(out + d, p, shrink, v + d, next + d, rows, REGISTERS, keys, head, ldkv);
    for (; d + VW <= head; d += VW)
        few_values_part(out + d, p, shrink, v + d, next + d, rows, 1, keys, head, ldkv);
    for (; d < head; d++)
        for (int r = 0; r < rows; r++) {
            float sum = out[r * head + d] * shrink[r];
            for (ptrdiff_t j = 0; j < keys; j++) sum += p[r][j] * v[j * ldkv + d];
            out[r * head + d] = sum;
        }
}

/* Scores become exp(score - highest), 0 for keys that are not seen; shrink[r] brings what was summed so far to the
 * level of the new highest. Rows side by side: each is a chain of operations that wait for each other. What is no
 * number stays none: a product with 0 carries it over, which comparing and exp would lose. */
INLINE void few_softmax(float scores[FEW_ROWS][FEW_KEYS], float *shrink, float *highest, float *total,
                        const ptrdiff_t *seen, int rows, ptrdiff_t keys) {
    vf lowest = (vf){0} - INFINITY, most[FEW_ROWS], sum[FEW_ROWS];
    float top[FEW_ROWS];
    vi lane;
#pragma clang loop unroll(full)
    for (int i = 0; i < VW; i++) lane[i] = i;
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++) {
        most[r] = lowest;
        sum[r] = (vf){0};
    }
    for (ptrdiff_t j = 0; j < keys; j += VW)
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            vf x = choose(lane + (int32_t)j < (int32_t)seen[r], load(scores[r] + j), lowest);
            store(scores[r] + j, x);
            most[r] = larger(most[r], x);
        }
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++) {
        if (r >= rows) continue;
        top[r] = horizontal_max(most[r]);
        if (top[r] < highest[r]) top[r] = highest[r];
        if (top[r] == -INFINITY) top[r] = 0; /* nothing seen yet: any level will do */
    }
    for (ptrdiff_t j = 0; j < keys; j += VW)
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            vf x = load(scores[r] + j);
            vf e = choose(lane + (int32_t)j < (int32_t)seen[r], fast_exp_vector(x - top[r]) + x * 0, (vf){0});
            store(scores[r] + j, e);
            sum[r] += e;
        }
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++) {
        if (r >= rows) continue;
        shrink[r] = total[r] > 0 ? fast_exp(highest[r] - top[r]) : 0;
        total[r] = total[r] * shrink[r] + horizontal_sum(sum[r]);
        if (total[r] != 0) highest[r] = top[r];
    }
}

/* A tile's keys and values for up to FEW_ROWS rows; `next` is the key tile that comes behind it. */
INLINE void few_rows(float *out, float *highest, float *total, const float *const q[FEW_ROWS], const ptrdiff_t *seen,
                     const float *k, const float *v, const float *next, int rows, ptrdiff_t keys, ptrdiff_t head,
                     float scale, ptrdiff_t ldkv) {
    float scores[FEW_ROWS][FEW_KEYS], shrink[FEW_ROWS];
    few_scores(scores, q, k, v, rows, keys, head, scale, ldkv);
    few_softmax(scores, shrink, highest, total, seen, rows, keys);
    few_values(out, scores, shrink, v, next, rows, keys, head, ldkv);
}

/* All queries of one head against a tile. */
INLINE void few_tile_of_head(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                             const float *next, ptrdiff_t start, ptrdiff_t tile, ptrdiff_t causal_offset,
                             ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldq,
                             ptrdiff_t ldkv) {
    for (ptrdiff_t first = 0; first < group * count; first += FEW_ROWS) {
        int rows = (int)smaller(FEW_ROWS, group * count - first);
        const float *queries[FEW_ROWS];
        ptrdiff_t seen[FEW_ROWS], most = 0;
        for (int r = 0; r < rows; r++) {
            ptrdiff_t i = (first + r) % count, h = (first + r) / count;
            queries[r] = q + i * ldq + h * head;
            seen[r] = seen_keys(i, causal_offset, start, tile);
            if (seen[r] > most) most = seen[r];
        }
        if (most == 0) continue;
        float *to = out + first * head, *top = highest + first, *sum = total + first;
        if (rows == 4) few_rows(to, top, sum, queries, seen, k, v, next, 4, most, head, scale, ldkv);
        else if (rows == 3) few_rows(to, top, sum, queries, seen, k, v, next, 3, most, head, scale, ldkv);
        else if (rows == 2) few_rows(to, top, sum, queries, seen, k, v, next, 2, most, head, scale, ldkv);
        else few_rows(to, top, sum, queries, seen, k, v, next, 1, most, head, scale, ldkv);
    }
}

static void attention_few(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                          const float *next, ptrdiff_t keys, ptrdiff_t causal_offset, ptrdiff_t count,
                          ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t rows = group * count, step = few_tile(head);
    for (ptrdiff_t r = 0; r < rows; r++) {
        highest[r] = -INFINITY;
        total[r] = 0;
        for (ptrdiff_t d = 0; d < head; d++) out[r * head + d] = 0;
    }
    for (ptrdiff_t start = 0; start < keys; start += step) {
        const float *then = start + step < keys ? k + (start + step) * ldkv : next;
        few_tile_of_head(out, highest, total, q, k + start * ldkv, v + start * ldkv, then, start,
                         smaller(step, keys - start), causal_offset, count, group, head, scale, ldq, ldkv);
    }
}

/* Parts are read in the order in which they lie: some come from another processor's cache. */
static void attention_join(float *out, const float *parts, float *highest, const float *total, ptrdiff_t part_count,
                           ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, ptrdiff_t ldout) {
    ptrdiff_t rows = group * count;
    /* Each part's share of a row takes the place of its highest score. */
    for (ptrdiff_t r = 0; r < rows; r++) {
        float top = -INFINITY;
        for (ptrdiff_t p = 0; p < part_count; p++) top = highest[p * rows + r] > top ? highest[p * rows + r] : top;
        for (ptrdiff_t p = 0; p < part_count; p++) highest[p * rows + r] -= top;
    }
    for (ptrdiff_t i = 0; i < part_count * rows; i++) highest[i] = total[i] > 0 ? fast_exp(highest[i]) : 0;
    for (ptrdiff_t r = 0; r < rows; r++) {
        float sum = 0;
        for (ptrdiff_t p = 0; p < part_count; p++) sum += total[p * rows + r] * highest[p * rows + r];
        for (ptrdiff_t p = 0; p < part_count; p++) highest[p * rows + r] /= sum;
    }
    for (ptrdiff_t p = 0; p < part_count; p++)
        for (ptrdiff_t g = 0; g < group; g++)
            for (ptrdiff_t i = 0; i < count; i++) {
                ptrdiff_t r = p * rows + g * count + i;
                float *row = out + i * ldout + g * head;
                for (ptrdiff_t d = 0; d < head; d++)
                    row[d] = (p == 0 ? 0 : row[d]) + parts[r * head + d] * highest[r];
            }
}

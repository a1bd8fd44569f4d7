/* Attention of a few queries, as in decoding: no operand is packed; keys and values are read once, row by row, the keys
 * of several tiles before their values. On two threads of a processor of AMD's family 25, 576 keys of three heads of 64
 * took 27 to 32 us so, 29 to 34 with keys and values in turns, and 4 to 8 more where the tile that comes next was asked
 * for by hand. On an earlier one with AVX-512 that had brought tiles in turns to 0.9 of plain reading; this was not
 * measured there. */

enum { FEW_ROWS = 4, FEW_KEYS = 64, FEW_TILES = 4, TILE_FLOATS = 4096 };

/* Keys of a tile: 16 KB of them, but whole registers of scores and no more than have room. */
INLINE ptrdiff_t few_tile(ptrdiff_t head) {
    ptrdiff_t keys = TILE_FLOATS / head / VW * VW;
    return keys < VW ? VW : keys > FEW_KEYS ? FEW_KEYS : keys;
}

/* scores[r][j] = scale * q[r] · k[j]: as many keys at a time as make whole vectors of sums. Behind the last key its
 * scores are made again: nobody reads them. */
INLINE void few_scores(float scores[FEW_ROWS][FEW_KEYS], const float *const q[FEW_ROWS], const float *k,
                       int rows, ptrdiff_t keys, ptrdiff_t head, float scale, ptrdiff_t ldkv) {
    enum { STEP = VW / FEW_ROWS };
    for (ptrdiff_t j = 0; j < keys; j += STEP) {
        const float *key[STEP];
        vf acc[VW];
        ptrdiff_t d = 0;
#pragma clang loop unroll(full)
        for (int i = 0; i < VW; i++) acc[i] = (vf){0};
#pragma clang loop unroll(full)
        for (int s = 0; s < STEP; s++) {
            key[s] = k + (j + s < keys ? j + s : keys - 1) * ldkv;
#if VW < 16 /* written out for all of a head, three and four queries took 4 to 6 % longer: registers run out */
#pragma clang loop unroll_count(2)
#endif
            for (d = 0; d + VW <= head; d += VW) {
                vf part = load(key[s] + d);
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
                            int rows, int registers, ptrdiff_t keys, ptrdiff_t head, ptrdiff_t ldkv) {
    vf acc[FEW_ROWS][4];
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
            if (r < rows && i < registers) acc[r][i] = load(out + r * head + i * VW) * shrink[r];
    for (ptrdiff_t j = 0; j < keys; j++) {
        vf value[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
            if (i < registers) value[i] = load(v + j * ldkv + i * VW);
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            vf weight = (vf){0} + p[r][j];
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; i++)
                if (i < registers) acc[r][i] += value[i] * weight;
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < FEW_ROWS; r++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++)
            if (r < rows && i < registers) store(out + r * head + i * VW, acc[r][i]);
}

INLINE void few_values(float *out, float p[FEW_ROWS][FEW_KEYS], const float *shrink, const float *v,
                       int rows, ptrdiff_t keys, ptrdiff_t head, ptrdiff_t ldkv) {
    enum { REGISTERS = VW == 16 ? 4 : 2 };
    ptrdiff_t d = 0;
    for (; d + REGISTERS * VW <= head; d += REGISTERS * VW)
        few_values_part(out + d, p, shrink, v + d, rows, REGISTERS, keys, head, ldkv);
    for (; d + VW <= head; d += VW)
        few_values_part(out + d, p, shrink, v + d, rows, 1, keys, head, ldkv);
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

/* What a tile's values are to be multiplied with, for up to FEW_ROWS rows: of `keys` keys from `start` on, for results
 * from row `row` on. */
typedef struct {
    float scores[FEW_ROWS][FEW_KEYS], shrink[FEW_ROWS];
    ptrdiff_t start, keys, row;
} few_scored;

/* Rows [first, first + rows) of a head's queries against all of its keys. */
INLINE void few_rows(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                     ptrdiff_t first, int rows, ptrdiff_t keys, ptrdiff_t part, ptrdiff_t causal_offset,
                     ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldq, ptrdiff_t ldkv) {
    const float *queries[FEW_ROWS];
    few_scored tiles[FEW_TILES];
    for (int r = 0; r < rows; r++) queries[r] = q + (first + r) % count * ldq + (first + r) / count * head;
    for (ptrdiff_t start = 0; start < keys;) {
        int scored = 0;
        for (; scored < FEW_TILES && start < keys; scored++) {
            few_scored *tile = &tiles[scored];
            ptrdiff_t place = start / part, end = smaller(keys, (place + 1) * part), seen[FEW_ROWS];
            ptrdiff_t length = smaller(few_tile(head), end - start);
            tile->start = start;
            tile->row = place * group * count + first;
            tile->keys = 0;
            for (int r = 0; r < rows; r++) {
                seen[r] = seen_keys((first + r) % count, causal_offset, start, length);
                if (seen[r] > tile->keys) tile->keys = seen[r];
            }
            if (tile->keys > 0) {
                few_scores(tile->scores, queries, k + start * ldkv, rows, tile->keys, head, scale, ldkv);
                few_softmax(tile->scores, tile->shrink, highest + tile->row, total + tile->row, seen, rows,
                            tile->keys);
            }
            start += length;
        }
        for (few_scored *tile = tiles; tile < tiles + scored; tile++)
            if (tile->keys > 0)
                few_values(out + tile->row * head, tile->scores, tile->shrink, v + tile->start * ldkv, rows,
                           tile->keys, head, ldkv);
    }
}

/* What attention_few does for heads of some size. */
INLINE void few_head(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                     ptrdiff_t keys, ptrdiff_t part, ptrdiff_t causal_offset, ptrdiff_t count, ptrdiff_t group,
                     ptrdiff_t head, float scale, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t all = group * count, results = (keys + part - 1) / part * all;
    for (ptrdiff_t r = 0; r < results; r++) {
        highest[r] = -INFINITY;
        total[r] = 0;
        for (ptrdiff_t d = 0; d < head; d++) out[r * head + d] = 0;
    }
    for (ptrdiff_t first = 0; first < all; first += FEW_ROWS)
#pragma clang loop unroll(full)
        for (int rows = 1; rows <= FEW_ROWS; rows++)
            if (rows == smaller(FEW_ROWS, all - first))
                few_rows(out, highest, total, q, k, v, first, rows, keys, part, causal_offset, count, group, head,
                         scale, ldq, ldkv);
}

/* The sizes that most models have are compiled for themselves: in cache, one query of a head of 64 took 0.77 of the
 * time with AVX-512. */
static void attention_few(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                          ptrdiff_t keys, ptrdiff_t part, ptrdiff_t causal_offset, ptrdiff_t count, ptrdiff_t group,
                          ptrdiff_t head, float scale, ptrdiff_t ldq, ptrdiff_t ldkv) {
    if (head == 64 && ldkv == 64)
        few_head(out, highest, total, q, k, v, keys, part, causal_offset, count, group, 64, scale, ldq, 64);
    else if (head == 128 && ldkv == 128)
        few_head(out, highest, total, q, k, v, keys, part, causal_offset, count, group, 128, scale, ldq, 128);
    else few_head(out, highest, total, q, k, v, keys, part, causal_offset, count, group, head, scale, ldq, ldkv);
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

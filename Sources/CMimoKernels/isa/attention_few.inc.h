/* Attention of a few queries, as in decoding: no operand is packed; keys and values are read once, row by row, and
 * fetched ahead by hand, for a head's rows lie far apart in the cache. */

enum { FEW_ROWS = 4, FEW_KEYS = 64, KEYS_AHEAD = 8 };

INLINE void fetch_row(const float *row, ptrdiff_t head) {
    for (ptrdiff_t d = 0; d < head; d += CACHE_LINE / 4) __builtin_prefetch(row + d);
}

/* scores[r][j] = scale * q[r] · k[j] */
INLINE void few_scores(float scores[FEW_ROWS][FEW_KEYS], const float *const q[FEW_ROWS], const float *k, int rows,
                       ptrdiff_t keys, ptrdiff_t head, float scale, ptrdiff_t ldkv) {
    for (ptrdiff_t j = 0; j < keys; j++) {
        const float *key = k + j * ldkv;
        fetch_row(key + KEYS_AHEAD * ldkv, head);
        vf acc[FEW_ROWS];
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) acc[r] = (vf){0};
        ptrdiff_t d = 0;
        for (; d + VW <= head; d += VW) {
            vf part = load(key + d);
#pragma clang loop unroll(full)
            for (int r = 0; r < FEW_ROWS; r++)
                if (r < rows) acc[r] += part * load(q[r] + d);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            float sum = horizontal_sum(acc[r]);
            for (ptrdiff_t e = d; e < head; e++) sum += q[r][e] * key[e];
            scores[r][j] = sum * scale;
        }
    }
}

/* out[r] = out[r] * shrink[r] + sum of p[r][j] * v[j] */
INLINE void few_values(float *out, float p[FEW_ROWS][FEW_KEYS], const float *shrink, const float *v, int rows,
                       ptrdiff_t keys, ptrdiff_t head, ptrdiff_t ldkv) {
    ptrdiff_t d = 0;
    for (; d + 2 * VW <= head; d += 2 * VW) {
        vf acc[FEW_ROWS][2];
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            acc[r][0] = load(out + r * head + d) * shrink[r];
            acc[r][1] = load(out + r * head + d + VW) * shrink[r];
        }
        for (ptrdiff_t j = 0; j < keys; j++) {
            const float *value = v + j * ldkv + d;
            if (d == 0) fetch_row(value + KEYS_AHEAD * ldkv, head);
            vf v0 = load(value), v1 = load(value + VW);
#pragma clang loop unroll(full)
            for (int r = 0; r < FEW_ROWS; r++) {
                if (r >= rows) continue;
                acc[r][0] += v0 * p[r][j];
                acc[r][1] += v1 * p[r][j];
            }
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < FEW_ROWS; r++) {
            if (r >= rows) continue;
            store(out + r * head + d, acc[r][0]);
            store(out + r * head + d + VW, acc[r][1]);
        }
    }
    for (; d < head; d++)
        for (int r = 0; r < rows; r++) {
            float sum = out[r * head + d] * shrink[r];
            for (ptrdiff_t j = 0; j < keys; j++) sum += p[r][j] * v[j * ldkv + d];
            out[r * head + d] = sum;
        }
}

INLINE void few_rows(float *out, float *highest, float *total, const float *const q[FEW_ROWS], const ptrdiff_t *seen,
                     const float *k, const float *v, int rows, ptrdiff_t keys, ptrdiff_t head, float scale,
                     ptrdiff_t ldkv) {
    float scores[FEW_ROWS][FEW_KEYS], shrink[FEW_ROWS];
    few_scores(scores, q, k, rows, keys, head, scale, ldkv);
    for (int r = 0; r < rows; r++) {
#pragma clang fp reassociate(on)
        float *row = scores[r], top = highest[r], sum = 0;
        for (ptrdiff_t j = 0; j < seen[r]; j++) top = row[j] > top ? row[j] : top;
        for (ptrdiff_t j = 0; j < seen[r]; j++) {
            row[j] = fast_exp(row[j] - top);
            sum += row[j];
        }
        for (ptrdiff_t j = seen[r]; j < keys; j++) row[j] = 0;
        shrink[r] = total[r] > 0 ? fast_exp(highest[r] - top) : 0;
        total[r] = total[r] * shrink[r] + sum;
        highest[r] = top;
    }
    few_values(out, scores, shrink, v, rows, keys, head, ldkv);
}

static void attention_few(float *out, float *highest, float *total, const float *q, const float *k, const float *v,
                          ptrdiff_t keys, ptrdiff_t causal_offset, ptrdiff_t count, ptrdiff_t group, ptrdiff_t head,
                          float scale, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t all = group * count;
    for (ptrdiff_t r = 0; r < all; r++) {
        highest[r] = -INFINITY;
        total[r] = 0;
        for (ptrdiff_t d = 0; d < head; d++) out[r * head + d] = 0;
    }
    for (ptrdiff_t start = 0; start < keys; start += FEW_KEYS) {
        ptrdiff_t tile = smaller(FEW_KEYS, keys - start);
        for (ptrdiff_t first = 0; first < all; first += FEW_ROWS) {
            int rows = (int)smaller(FEW_ROWS, all - first);
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
            const float *from_k = k + start * ldkv, *from_v = v + start * ldkv;
            if (rows == 4) few_rows(to, top, sum, queries, seen, from_k, from_v, 4, most, head, scale, ldkv);
            else if (rows == 3) few_rows(to, top, sum, queries, seen, from_k, from_v, 3, most, head, scale, ldkv);
            else if (rows == 2) few_rows(to, top, sum, queries, seen, from_k, from_v, 2, most, head, scale, ldkv);
            else few_rows(to, top, sum, queries, seen, from_k, from_v, 1, most, head, scale, ldkv);
        }
    }
}

static void attention_join(float *out, const float *parts, const float *highest, const float *total,
                           ptrdiff_t part_count, ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, ptrdiff_t ldout) {
    ptrdiff_t rows = group * count;
    for (ptrdiff_t r = 0; r < rows; r++) {
        float *row = out + r % count * ldout + r / count * head, top = -INFINITY, sum = 0;
        for (ptrdiff_t p = 0; p < part_count; p++) top = highest[p * rows + r] > top ? highest[p * rows + r] : top;
        for (ptrdiff_t p = 0; p < part_count; p++)
            if (total[p * rows + r] > 0) sum += total[p * rows + r] * fast_exp(highest[p * rows + r] - top);
        for (ptrdiff_t d = 0; d < head; d++) row[d] = 0;
        for (ptrdiff_t p = 0; p < part_count; p++) {
            if (!(total[p * rows + r] > 0)) continue;
            float share = fast_exp(highest[p * rows + r] - top) / sum;
            const float *part = parts + (p * rows + r) * head;
            for (ptrdiff_t d = 0; d < head; d++) row[d] += part[d] * share;
        }
    }
}

/* Attention in tiles, after Dao, "FlashAttention-2" (2023): online softmax forward, recomputation backward.
 * The heads of a group share their keys and values, so their queries are stacked into one tall block. */

enum { BLOCK = MIMO_ATTENTION_BLOCK, PANELS = (BLOCK + NR - 1) / NR, TILE_LD = PANELS * NR };

INLINE ptrdiff_t ceil_to(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }
INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

/* Rows of a factor b[k, n] that stands in memory as it is multiplied, but where its last panel is not whole: to read
 * past its columns could be to read past all memory. */
typedef struct {
    const float *start;
    ptrdiff_t panel, ld;
} factor;

INLINE factor whole_panels(const float *b, float *packed, ptrdiff_t k, ptrdiff_t n, ptrdiff_t ldb) {
    if (n % NR == 0) return (factor){b, NR, ldb};
    for (ptrdiff_t j = 0; j < n; j += NR)
        pack_b_typed(packed + j * k, b + j, MIMO_F32, 1, k, smaller(NR, n - j), ldb);
    return (factor){packed, NR * k, NR};
}

INLINE void pack_columns_transposed(float *packed, const float *b, ptrdiff_t k, ptrdiff_t n, ptrdiff_t ldb) {
    for (ptrdiff_t j = 0; j < n; j += NR)
        pack_b_transposed_typed(packed + j * k, b + j * ldb, MIMO_F32, 1, k, smaller(NR, n - j), ldb);
}

/* [count, group, head] as stacked rows (queries outermost: row i*group + h), so that the rows of a stripe see nearly
 * the same keys. */
INLINE void stack_queries(float *stacked, const float *q, ptrdiff_t count, ptrdiff_t group, ptrdiff_t head,
                          ptrdiff_t ldq, float scale) {
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t h = 0; h < group; h++) {
            const float *from = q + i * ldq + h * head;
            float *to = stacked + (i * group + h) * head;
            for (ptrdiff_t d = 0; d < head; d++) to[d] = from[d] * scale;
        }
}

/* Keys of the tile that row i of the block sees. Loops over them run on to whole registers, for half of the rows
 * of a causal tile would end in single steps otherwise; what lies behind the seen keys becomes 0 in the end. */
INLINE ptrdiff_t seen_keys(ptrdiff_t i, ptrdiff_t causal_offset, ptrdiff_t tile_start, ptrdiff_t tile_count) {
    ptrdiff_t seen = i + causal_offset - tile_start + 1;
    return seen < 0 ? 0 : seen > tile_count ? tile_count : seen;
}

/* The keys of the tile that some row of the stripe at row r sees. */
INLINE ptrdiff_t stripe_keys(ptrdiff_t r, ptrdiff_t rows, ptrdiff_t group, ptrdiff_t causal_offset,
                             ptrdiff_t tile_start, ptrdiff_t tile_count) {
    return seen_keys((smaller(r + MR, rows) - 1) / group, causal_offset, tile_start, tile_count);
}

/* scores[rows, keys] = queries · keys^T, but for the column panels that no row of a stripe sees. */
INLINE void multiply_seen(float *scores, const float *queries, const float *keys, ptrdiff_t rows, ptrdiff_t key_count,
                          ptrdiff_t head, ptrdiff_t group, ptrdiff_t causal_offset, ptrdiff_t start) {
    for (ptrdiff_t r = 0; r < rows; r += MR) {
        ptrdiff_t seen = stripe_keys(r, rows, group, causal_offset, start, key_count);
        multiply_packed(scores + r * TILE_LD, queries + r * head, keys, smaller(MR, rows - r),
                        smaller(key_count, ceil_to(seen, NR)), head, TILE_LD, head, 1, NR * head, 0);
    }
}

/* sums[rows, head] += P · V, each stripe only as deep as it sees keys. */
INLINE void sum_seen(float *sums, const float *p, factor v, ptrdiff_t rows, ptrdiff_t head, ptrdiff_t key_count,
                     ptrdiff_t wide, ptrdiff_t group, ptrdiff_t causal_offset, ptrdiff_t start) {
    for (ptrdiff_t r = 0; r < rows; r += MR)
        multiply_panels(sums + r * wide, p + r * TILE_LD, v.start, smaller(MR, rows - r), head,
                        stripe_keys(r, rows, group, causal_offset, start, key_count), wide, (steps){TILE_LD, 1},
                        v.panel, v.ld, 1);
}

/* sums[keys, head] += P^T · Q, each stripe of keys only over the rows that see its first key. */
INLINE void sum_seeing(float *sums, const float *p, factor q, ptrdiff_t key_count, ptrdiff_t head, ptrdiff_t rows,
                       ptrdiff_t wide, ptrdiff_t group, ptrdiff_t causal_offset) {
    for (ptrdiff_t j = 0; j < key_count; j += MR) {
        ptrdiff_t blind = j > causal_offset ? smaller((j - causal_offset) * group, rows) : 0;
        multiply_panels(sums + j * wide, p + blind * TILE_LD + j, q.start + blind * q.ld, smaller(MR, key_count - j),
                        head, rows - blind, wide, (steps){1, TILE_LD}, q.panel, q.ld, 1);
    }
}

static void attention_forward(float *out, float *lse, float *scratch, const float *q, const float *k,
                              const float *v, const mimo_key_range *ranges, ptrdiff_t range_count,
                              ptrdiff_t count, ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t ldout,
                              ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t rows = group * count, wide = ceil_to(head, NR);
    float *queries = scratch, *scores = queries + rows * head, *sums = scores + rows * TILE_LD;
    float *packed = sums + rows * wide, *highest = packed + wide * TILE_LD, *total = highest + rows;
    stack_queries(queries, q, count, group, head, ldq, scale);
    for (ptrdiff_t r = 0; r < rows; r++) {
        highest[r] = -INFINITY;
        total[r] = 0;
    }
    for (ptrdiff_t r = 0; r < rows * wide; r++) sums[r] = 0;
    for (ptrdiff_t which = 0; which < range_count; which++) {
        mimo_key_range range = ranges[which];
        for (ptrdiff_t start = 0; start < range.count; start += BLOCK) {
            ptrdiff_t keys = smaller(BLOCK, range.count - start);
            if (seen_keys(count - 1, range.causal_offset, start, keys) == 0) break;
            const float *tile_k = k + (range.start + start) * ldkv, *tile_v = v + (range.start + start) * ldkv;
            pack_columns_transposed(packed, tile_k, head, keys, ldkv);
            multiply_seen(scores, queries, packed, rows, keys, head, group, range.causal_offset, start);
            for (ptrdiff_t r = 0; r < rows; r++) {
#pragma clang fp reassociate(on)
                float *row = scores + r * TILE_LD;
                ptrdiff_t seen = seen_keys(r / group, range.causal_offset, start, keys);
                vf tops = (vf){0} + highest[r], part = {0};
                for (ptrdiff_t j = seen; j < ceil_to(seen, VW); j++) row[j] = -INFINITY;
                for (ptrdiff_t j = 0; j < seen; j += VW) tops = __builtin_elementwise_max(tops, load(row + j));
                float top = tops[0];
                for (int l = 1; l < VW; l++) top = tops[l] > top ? tops[l] : top;
                for (ptrdiff_t j = 0; j < seen; j += VW) store(row + j, fast_exp_vector(load(row + j) - top));
                for (ptrdiff_t j = seen; j < ceil_to(keys, VW); j++) row[j] = 0;
                for (ptrdiff_t j = 0; j < seen; j += VW) part += load(row + j);
                float sum = horizontal_sum(part);
                if (top > highest[r]) {
                    float shrink = total[r] > 0 ? fast_exp(highest[r] - top) : 0;
                    total[r] *= shrink;
                    for (ptrdiff_t d = 0; d < wide; d++) sums[r * wide + d] *= shrink;
                    highest[r] = top;
                }
                total[r] += sum;
            }
            sum_seen(sums, scores, whole_panels(tile_v, packed, keys, head, ldkv), rows, head, keys, wide, group,
                     range.causal_offset, start);
        }
    }
    for (ptrdiff_t h = 0; h < group; h++)
        for (ptrdiff_t i = 0; i < count; i++) {
            ptrdiff_t r = i * group + h;
            float inverse = 1.0f / total[r];
            for (ptrdiff_t d = 0; d < head; d++) out[i * ldout + h * head + d] = sums[r * wide + d] * inverse;
            lse[i * ldlse + h] = highest[r] + (float)__builtin_log(total[r]);
        }
}

static void attention_delta(float *delta, const float *out, const float *dout, ptrdiff_t count, ptrdiff_t group,
                            ptrdiff_t head, ptrdiff_t lddelta, ptrdiff_t ldout, ptrdiff_t lddout) {
    for (ptrdiff_t i = 0; i < count; i++)
        for (ptrdiff_t h = 0; h < group; h++) {
#pragma clang fp reassociate(on)
            const float *a = out + i * ldout + h * head, *b = dout + i * lddout + h * head;
            float sum = 0;
            for (ptrdiff_t d = 0; d < head; d++) sum += a[d] * b[d];
            delta[i * lddelta + h] = sum;
        }
}

/* scores[r][j] -> P = exp(s - lse), dp -> dS = P (dP - delta); keys that the row does not see become 0. */
INLINE void softmax_backward(float *scores, float *dp, const float *lse, const float *delta, ptrdiff_t rows,
                             ptrdiff_t group, ptrdiff_t keys, ptrdiff_t start, ptrdiff_t causal_offset,
                             ptrdiff_t ldlse) {
    for (ptrdiff_t r = 0; r < rows; r++) {
        ptrdiff_t i = r / group, h = r % group, seen = seen_keys(i, causal_offset, start, keys);
        float level = lse[i * ldlse + h], shift = delta[i * ldlse + h];
        float *restrict s = scores + r * TILE_LD, *restrict d = dp + r * TILE_LD;
        for (ptrdiff_t j = 0; j < seen; j += VW) {
            vf p = fast_exp_vector(load(s + j) - level);
            store(s + j, p);
            store(d + j, p * (load(d + j) - shift));
        }
        for (ptrdiff_t j = seen; j < keys; j++) s[j] = d[j] = 0;
    }
}

static void attention_backward_q(float *dq, float *scratch, const float *lse, const float *delta,
                                 const float *dout, const float *q, const float *k, const float *v,
                                 const mimo_key_range *ranges, ptrdiff_t range_count, ptrdiff_t count,
                                 ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t lddq, ptrdiff_t lddout,
                                 ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t rows = group * count, wide = ceil_to(head, NR);
    float *queries = scratch, *douts = queries + rows * head, *scores = douts + rows * head;
    float *dp = scores + rows * TILE_LD, *sums = dp + rows * TILE_LD, *packed = sums + rows * wide;
    stack_queries(queries, q, count, group, head, ldq, scale);
    stack_queries(douts, dout, count, group, head, lddout, 1);
    for (ptrdiff_t r = 0; r < rows * wide; r++) sums[r] = 0;
    for (ptrdiff_t which = 0; which < range_count; which++) {
        mimo_key_range range = ranges[which];
        for (ptrdiff_t start = 0; start < range.count; start += BLOCK) {
            ptrdiff_t keys = smaller(BLOCK, range.count - start);
            if (seen_keys(count - 1, range.causal_offset, start, keys) == 0) break;
            const float *tile_k = k + (range.start + start) * ldkv, *tile_v = v + (range.start + start) * ldkv;
            pack_columns_transposed(packed, tile_k, head, keys, ldkv);
            multiply_seen(scores, queries, packed, rows, keys, head, group, range.causal_offset, start);
            pack_columns_transposed(packed, tile_v, head, keys, ldkv);
            multiply_seen(dp, douts, packed, rows, keys, head, group, range.causal_offset, start);
            softmax_backward(scores, dp, lse, delta, rows, group, keys, start, range.causal_offset, ldlse);
            sum_seen(sums, dp, whole_panels(tile_k, packed, keys, head, ldkv), rows, head, keys, wide, group,
                     range.causal_offset, start);
        }
    }
    for (ptrdiff_t h = 0; h < group; h++)
        for (ptrdiff_t i = 0; i < count; i++)
            for (ptrdiff_t d = 0; d < head; d++)
                dq[i * lddq + h * head + d] = sums[(i * group + h) * wide + d] * scale;
}

static void attention_backward_kv(float *dk, float *dv, float *scratch, const float *lse, const float *delta,
                                  const float *dout, const float *q, const float *k, const float *v,
                                  const mimo_query_range *ranges, ptrdiff_t range_count, ptrdiff_t count,
                                  ptrdiff_t group, ptrdiff_t head, float scale, ptrdiff_t lddkv,
                                  ptrdiff_t lddout, ptrdiff_t ldlse, ptrdiff_t ldq, ptrdiff_t ldkv) {
    ptrdiff_t all = group * BLOCK, wide = ceil_to(head, NR);
    float *stacked_q = scratch, *stacked_dout = stacked_q + all * head, *packed = stacked_dout + all * head;
    float *scores = packed + all * wide, *dp = scores + all * TILE_LD, *packed_k = dp + all * TILE_LD;
    float *packed_v = packed_k + head * TILE_LD, *sum_k = packed_v + head * TILE_LD, *sum_v = sum_k + BLOCK * wide;
    pack_columns_transposed(packed_k, k, head, count, ldkv);
    pack_columns_transposed(packed_v, v, head, count, ldkv);
    for (ptrdiff_t r = 0; r < BLOCK * wide; r++) sum_k[r] = sum_v[r] = 0;
    for (ptrdiff_t which = 0; which < range_count; which++) {
        mimo_query_range range = ranges[which];
        for (ptrdiff_t start = 0; start < range.count; start += BLOCK) {
            ptrdiff_t queries = smaller(BLOCK, range.count - start), rows = group * queries;
            ptrdiff_t first = range.start + start, offset = range.causal_offset + start;
            if (seen_keys(queries - 1, offset, 0, count) == 0) continue;
            stack_queries(stacked_q, q + first * ldq, queries, group, head, ldq, scale);
            multiply_seen(scores, stacked_q, packed_k, rows, count, head, group, offset, 0);
            stack_queries(stacked_dout, dout + first * lddout, queries, group, head, lddout, 1);
            multiply_seen(dp, stacked_dout, packed_v, rows, count, head, group, offset, 0);
            softmax_backward(scores, dp, lse + first * ldlse, delta + first * ldlse, rows, group, count, 0,
                             offset, ldlse);
            sum_seeing(sum_v, scores, whole_panels(stacked_dout, packed, rows, head, head), count, head, rows, wide,
                       group, offset);
            sum_seeing(sum_k, dp, whole_panels(stacked_q, packed, rows, head, head), count, head, rows, wide, group,
                       offset);
        }
    }
    for (ptrdiff_t j = 0; j < count; j++)
        for (ptrdiff_t d = 0; d < head; d++) {
            dk[j * lddkv + d] = sum_k[j * wide + d];
            dv[j * lddkv + d] = sum_v[j * wide + d];
        }
}

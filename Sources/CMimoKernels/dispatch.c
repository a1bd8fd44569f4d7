/* Chooses the kernels once, by what the processor and its operating system support. */
#include "include/mimo_kernels.h"

#include <stdlib.h>
#include <string.h>

extern const struct mimo_kernels mimo_kernels_baseline;
#if defined(__x86_64__)
extern const struct mimo_kernels mimo_kernels_avx2, mimo_kernels_avx512;
#endif

const struct mimo_kernels *mimo_kernels_named(const char *name) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    if (avx2 && strcmp(name, "avx2") == 0) return &mimo_kernels_avx2;
    if (avx512 && strcmp(name, "avx512") == 0) return &mimo_kernels_avx512;
#endif
    return strcmp(name, "baseline") == 0 ? &mimo_kernels_baseline : NULL;
}

const struct mimo_kernels *mimo_kernels(void) {
    /* MIMO_KERNELS names a table by hand, to compare them. */
    const char *names[] = {getenv("MIMO_KERNELS"), "avx512", "avx2", "baseline"};
    for (int i = 0; i < 4; i++) {
        const struct mimo_kernels *found = names[i] ? mimo_kernels_named(names[i]) : NULL;
        if (found) return found;
    }
    return &mimo_kernels_baseline;
}

ptrdiff_t mimo_attention_scratch(ptrdiff_t group, ptrdiff_t head) {
    /* None of the three kernels needs more, whatever the register tile. */
    ptrdiff_t rows = group * MIMO_ATTENTION_BLOCK, wide = (head + 31) / 32 * 32, block = MIMO_ATTENTION_BLOCK;
    return rows * (3 * wide + 2 * block) + 4 * wide * block;
}

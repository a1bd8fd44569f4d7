/* AVX-512: 32 registers of 16 floats; 14 x 32 sums, two panels, one broadcast. */
#include "include/mimo_kernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
/* prfchw: lines are fetched for writing; where a processor has no such instruction, it does nothing. */
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,f16c,prfchw"))), apply_to = function)
#define HALF_FLOATS
#define VW 16
#define MR 14
#define KERNELS_NAME "avx512"
#define KERNELS_SYMBOL mimo_kernels_avx512
#include "isa/kernels.inc.h"
#pragma clang attribute pop
#else
typedef int mimo_no_kernels_here; /* a translation unit may not be empty */
#endif

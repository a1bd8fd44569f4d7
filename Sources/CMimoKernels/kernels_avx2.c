/* AVX2 and FMA: 16 registers of 8 floats; 6 x 16 sums, two panels, one broadcast. */
#include "include/mimo_kernels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
/* prfchw: lines are fetched for writing; where a processor has no such instruction, it does nothing. */
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,prfchw"))), apply_to = function)
#define HALF_FLOATS
#define VW 8
#define MR 6
#define KERNELS_NAME "avx2"
#define KERNELS_SYMBOL mimo_kernels_avx2
#include "isa/kernels.inc.h"
#pragma clang attribute pop
#else
typedef int mimo_no_kernels_here; /* a translation unit may not be empty */
#endif

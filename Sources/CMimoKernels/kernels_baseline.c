/* What every processor of the architecture runs: SSE2 on x86-64, NEON on arm64, else what the compiler makes of it. */
#include "include/mimo_kernels.h"

#include <math.h>
#include <string.h>

#if 1

#define VW 4
#define MR 6
#define KERNELS_NAME "baseline"
#define KERNELS_SYMBOL mimo_kernels_baseline
#include "isa/kernels.inc.h"

#else
typedef int mimo_no_kernels_here; /* a translation unit may not be empty */
#endif

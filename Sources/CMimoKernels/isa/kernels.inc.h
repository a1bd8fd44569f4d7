/* All kernels of one instruction set, in the order they build on each other. */
#pragma clang fp contract(fast)
#include "vector.inc.h"
#include "gemm.inc.h"
#include "lora.inc.h"
#include "rows.inc.h"
#include "attention.inc.h"
#include "attention_few.inc.h"
#include "table.inc.h"

#include <cblas.h>

/* LAPACK's singular value decomposition by divide and conquer, which OpenBLAS carries. The lengths of the texts come
   last, as Fortran passes them. */
extern void sgesdd_(const char *jobz, const int *m, const int *n, float *a, const int *lda, float *s, float *u,
                    const int *ldu, float *vt, const int *ldvt, float *work, const int *lwork, int *iwork, int *info,
                    unsigned long jobz_length);

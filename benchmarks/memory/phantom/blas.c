/* cuBLAS, cuBLASLt and cuFFT: handles, one algorithm that needs no workspace, and nothing computed. */
#include "phantom.h"

int cublasCreate_v2(void **handle) { return phantom_handle(handle); }
int cublasLtCreate(void **handle) { return phantom_handle(handle); }
int cublasGetVersion_v2(void *handle, int *version) {
    (void)handle;
    *version = 130000;
    return 0;
}
size_t cublasLtGetVersion(void) { return 130000; }
int cublasGetMathMode(void *handle, int *mode) {
    (void)handle;
    *mode = 0;
    return 0;
}
int cublasGetPointerMode_v2(void *handle, int *mode) {
    (void)handle;
    *mode = 0;
    return 0;
}
int cublasGetStream_v2(void *handle, void **stream) {
    (void)handle;
    *stream = NULL;
    return 0;
}

int cublasLtMatmulDescCreate(void **made, int compute, int scale) {
    (void)compute, (void)scale;
    return phantom_handle(made);
}
int cublasLtMatrixLayoutCreate(void **made, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    (void)type, (void)rows, (void)columns, (void)leading;
    return phantom_handle(made);
}
int cublasLtMatmulPreferenceCreate(void **made) { return phantom_handle(made); }

/* cublasLtMatmulHeuristicResult_t: a state of 0 is success, its workspace 0 bytes. */
int cublasLtMatmulAlgoGetHeuristic(void *handle, void *operation, void *a, void *b, void *c, void *d, void *preference,
                                   int wanted, void *results, int *found) {
    (void)handle, (void)operation, (void)a, (void)b, (void)c, (void)d, (void)preference, (void)wanted;
    memset(results, 0, 96);
    *found = 1;
    return 0;
}

int cufftCreate(int *plan) {
    static int last;
    *plan = ++last;
    return 0;
}

int cufftXtMakePlanMany(int plan, int rank, long long *sizes, long long *in, long long in_stride, long long in_distance,
                        int in_type, long long *out, long long out_stride, long long out_distance, int out_type,
                        long long batch, size_t *workspace, int type) {
    (void)plan, (void)rank, (void)sizes, (void)in, (void)in_stride, (void)in_distance, (void)in_type, (void)out;
    (void)out_stride, (void)out_distance, (void)out_type, (void)batch, (void)type;
    *workspace = 0;
    return 0;
}

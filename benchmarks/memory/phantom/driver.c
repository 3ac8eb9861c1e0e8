/*
 * The driver's functions that PyTorch asks the runtime for: virtual memory (expandable segments). Others succeed and
 * do nothing.
 */
#include <cuda.h>

#include "phantom.h"

#undef cuMemCreate
#undef cuMemAddressReserve

struct backing {
    size_t bytes;
};

static CUresult reserve(CUdeviceptr *address, size_t bytes, size_t alignment, CUdeviceptr wanted,
                        unsigned long long flags) {
    (void)alignment, (void)wanted, (void)flags;
    *address = phantom_addresses(bytes);
    return CUDA_SUCCESS;
}

static CUresult create(CUmemGenericAllocationHandle *handle, size_t bytes, const void *properties,
                       unsigned long long flags) {
    struct backing *made;
    (void)properties, (void)flags;
    if (!phantom_take(bytes)) return CUDA_ERROR_OUT_OF_MEMORY;
    made = calloc(1, sizeof *made);
    made->bytes = bytes;
    *handle = (CUmemGenericAllocationHandle)(uintptr_t)made;
    return CUDA_SUCCESS;
}

static CUresult release(CUmemGenericAllocationHandle handle) {
    struct backing *made = (struct backing *)(uintptr_t)handle;
    phantom_give(made->bytes); /* PyTorch unmaps before it releases */
    free(made);
    return CUDA_SUCCESS;
}

static CUresult granularity(size_t *bytes, const void *properties, int option) {
    (void)properties, (void)option;
    *bytes = (size_t)2 << 20;
    return CUDA_SUCCESS;
}

static CUresult attribute(int *value, int which, CUdevice device) {
    (void)which, (void)device;
    *value = 0;
    return CUDA_SUCCESS;
}

static CUresult described(CUresult error, const char **text) {
    *text = error == CUDA_ERROR_OUT_OF_MEMORY ? "out of memory" : "phantom error";
    return CUDA_SUCCESS;
}

static CUresult nothing(void) { return CUDA_SUCCESS; }

cudaError_t cudaGetDriverEntryPointByVersion(const char *symbol, void **function, unsigned version,
                                             unsigned long long flags, enum cudaDriverEntryPointQueryResult *status) {
    static const struct {
        const char *name;
        void *function;
    } KNOWN[] = {
        {"cuMemAddressReserve", (void *)reserve},
        {"cuMemCreate", (void *)create},
        {"cuMemRelease", (void *)release},
        {"cuMemGetAllocationGranularity", (void *)granularity},
        {"cuDeviceGetAttribute", (void *)attribute},
        {"cuGetErrorString", (void *)described},
    };
    unsigned i;
    (void)version, (void)flags;
    *function = (void *)nothing;
    for (i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (!strcmp(symbol, KNOWN[i].name)) *function = KNOWN[i].function;
    if (status) *status = cudaDriverEntryPointSuccess;
    return cudaSuccess;
}

/* The pretended GPU: its properties, streams, events, and kernels that are launched nowhere. */
#include <stdio.h>

#include "phantom.h"

/* Limits by compute capability: "Technical Specifications per Compute Capability", CUDA C++ Programming Guide. */
static const struct {
    int capability, threads, blocks, shared_per_sm, shared_per_block, l2, sms;
} LIMITS[] = {
    {70, 2048, 32, 98304, 98304, 6, 80},      {75, 1024, 16, 65536, 65536, 4, 40},
    {80, 2048, 32, 167936, 166912, 40, 108},  {86, 1536, 16, 102400, 101376, 6, 80},
    {89, 1536, 24, 102400, 101376, 48, 58},   {90, 2048, 32, 233472, 232448, 50, 132},
    {100, 2048, 32, 233472, 232448, 126, 148}, {120, 1536, 24, 102400, 101376, 96, 170},
};

static struct phantom_device device;

static const char *given(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static void describe(void) {
    unsigned i, last = sizeof LIMITS / sizeof *LIMITS - 1;
    sscanf(given("PHANTOM_CAPABILITY", "9.0"), "%d.%d", &device.major, &device.minor);
    for (i = 0; i < last && LIMITS[i + 1].capability <= device.major * 10 + device.minor;) i++;
    device.threads_per_sm = LIMITS[i].threads;
    device.blocks_per_sm = LIMITS[i].blocks;
    device.shared_per_sm = LIMITS[i].shared_per_sm;
    device.shared_per_block = LIMITS[i].shared_per_block;
    device.l2 = LIMITS[i].l2 << 20;
    device.sms = atoi(given("PHANTOM_SMS", "0"));
    if (device.sms <= 0) device.sms = LIMITS[i].sms;
    device.memory = strtoull(given("PHANTOM_MEMORY", "150000000000"), NULL, 10);
}

const struct phantom_device *phantom_device(void) {
    if (!device.memory) describe();
    return &device;
}

cudaError_t cudaGetDeviceCount(int *count) {
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaGetDevice(int *number) {
    *number = 0;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *found, int number) {
    const struct phantom_device *gpu = phantom_device();
    (void)number;
    memset(found, 0, sizeof *found);
    snprintf(found->name, sizeof found->name, "%s", given("PHANTOM_NAME", "phantom"));
    found->totalGlobalMem = gpu->memory;
    found->major = gpu->major;
    found->minor = gpu->minor;
    found->multiProcessorCount = gpu->sms;
    found->warpSize = 32;
    found->maxThreadsPerBlock = 1024;
    found->maxThreadsPerMultiProcessor = gpu->threads_per_sm;
    found->maxBlocksPerMultiProcessor = gpu->blocks_per_sm;
    found->maxThreadsDim[0] = found->maxThreadsDim[1] = 1024;
    found->maxThreadsDim[2] = 64;
    found->maxGridSize[0] = 2147483647;
    found->maxGridSize[1] = found->maxGridSize[2] = 65535;
    found->sharedMemPerBlock = 49152;
    found->sharedMemPerBlockOptin = gpu->shared_per_block;
    found->sharedMemPerMultiprocessor = gpu->shared_per_sm;
    found->regsPerBlock = found->regsPerMultiprocessor = 65536;
    found->l2CacheSize = gpu->l2;
    found->textureAlignment = 512;
    found->totalConstMem = 65536;
    found->unifiedAddressing = found->canMapHostMemory = found->cooperativeLaunch = 1;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int number) {
    struct cudaDeviceProp all;
    cudaGetDeviceProperties(&all, number);
    switch (attribute) {
        case cudaDevAttrMultiProcessorCount: *value = all.multiProcessorCount; break;
        case cudaDevAttrComputeCapabilityMajor: *value = all.major; break;
        case cudaDevAttrComputeCapabilityMinor: *value = all.minor; break;
        case cudaDevAttrMaxThreadsPerBlock: *value = all.maxThreadsPerBlock; break;
        case cudaDevAttrMaxThreadsPerMultiProcessor: *value = all.maxThreadsPerMultiProcessor; break;
        case cudaDevAttrMaxBlocksPerMultiprocessor: *value = all.maxBlocksPerMultiProcessor; break;
        case cudaDevAttrWarpSize: *value = all.warpSize; break;
        case cudaDevAttrMaxSharedMemoryPerBlock: *value = (int)all.sharedMemPerBlock; break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin: *value = (int)all.sharedMemPerBlockOptin; break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor: *value = (int)all.sharedMemPerMultiprocessor; break;
        case cudaDevAttrMaxRegistersPerBlock: *value = all.regsPerBlock; break;
        case cudaDevAttrMaxRegistersPerMultiprocessor: *value = all.regsPerMultiprocessor; break;
        case cudaDevAttrL2CacheSize: *value = all.l2CacheSize; break;
        case cudaDevAttrMaxGridDimX: *value = all.maxGridSize[0]; break;
        case cudaDevAttrMaxGridDimY:
        case cudaDevAttrMaxGridDimZ: *value = all.maxGridSize[1]; break;
        case cudaDevAttrMaxBlockDimX:
        case cudaDevAttrMaxBlockDimY: *value = all.maxThreadsDim[0]; break;
        case cudaDevAttrMaxBlockDimZ: *value = all.maxThreadsDim[2]; break;
        case cudaDevAttrCooperativeLaunch: *value = 1; break;
        default: *value = 0;
    }
    return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char *into, int size, int number) {
    snprintf(into, (size_t)size, "0000:00:%02x.0", number);
    return cudaSuccess;
}

cudaError_t cudaDeviceCanAccessPeer(int *can, int from, int to) {
    (void)from, (void)to;
    *can = 0;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version) {
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version) { return cudaDriverGetVersion(version); }

const char *cudaGetErrorName(cudaError_t error) {
    return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "phantomError";
}

const char *cudaGetErrorString(cudaError_t error) {
    return error == cudaErrorMemoryAllocation ? "out of memory" : "phantom error";
}

/* Streams and events. */
cudaError_t cudaEventCreate(cudaEvent_t *event) { return phantom_handle(event); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags) {
    (void)flags;
    return phantom_handle(event);
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    free(event);
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float *milliseconds, cudaEvent_t start, cudaEvent_t end) {
    (void)start, (void)end;
    *milliseconds = 1;
    return cudaSuccess;
}
cudaError_t cudaStreamCreate(cudaStream_t *stream) { return phantom_handle(stream); }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags) {
    (void)flags;
    return phantom_handle(stream);
}
cudaError_t cudaStreamCreateWithPriority(cudaStream_t *stream, unsigned flags, int priority) {
    (void)flags, (void)priority;
    return phantom_handle(stream);
}
cudaError_t cudaStreamGetPriority(cudaStream_t stream, int *priority) {
    (void)stream;
    *priority = 0;
    return cudaSuccess;
}
cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest) {
    if (least) *least = 0;
    if (greatest) *greatest = -5;
    return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status) {
    (void)stream;
    *status = cudaStreamCaptureStatusNone;
    return cudaSuccess;
}
cudaError_t cudaStreamGetCaptureInfo(cudaStream_t stream, enum cudaStreamCaptureStatus *status, unsigned long long *id,
                                     cudaGraph_t *graph, const cudaGraphNode_t **dependencies,
                                     const cudaGraphEdgeData **edges, size_t *count) {
    (void)id, (void)graph, (void)dependencies, (void)edges, (void)count; /* asked for only while capturing */
    return cudaStreamIsCapturing(stream, status);
}

/* Kernels: nothing runs. */
void **__cudaRegisterFatBinary(void *binary) {
    (void)binary;
    return calloc(8, sizeof(void *));
}
unsigned __cudaPopCallConfiguration(struct dim3 *grid, struct dim3 *block, size_t *shared, void *stream) {
    grid->x = grid->y = grid->z = block->x = block->y = block->z = 1;
    *shared = 0;
    *(void **)stream = NULL;
    return 0;
}
cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *function) {
    *kernel = (cudaKernel_t)function;
    return cudaSuccess;
}
cudaError_t cudaGetSymbolAddress(void **address, const void *symbol) {
    (void)symbol;
    *address = (void *)phantom_addresses(4096);
    return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *found, const void *function) {
    const struct phantom_device *gpu = phantom_device();
    (void)function;
    memset(found, 0, sizeof *found);
    found->maxThreadsPerBlock = 1024;
    found->numRegs = 32;
    found->binaryVersion = found->ptxVersion = gpu->major * 10 + gpu->minor;
    found->maxDynamicSharedSizeBytes = 49152;
    return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *function, int threads,
                                                                   size_t shared, unsigned flags) {
    int found = phantom_device()->threads_per_sm / (threads > 0 ? threads : 1);
    (void)function, (void)shared, (void)flags;
    *blocks = found < 1 ? 1 : found > phantom_device()->blocks_per_sm ? phantom_device()->blocks_per_sm : found;
    return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *function, int threads,
                                                          size_t shared) {
    return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, shared, 0);
}

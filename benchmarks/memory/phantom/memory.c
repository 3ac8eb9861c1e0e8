/*
 * Device memory: addresses out of a range that is never mapped, counted against the pretended capacity.
 * Copies to the device go nowhere; copies from it give zeros.
 */
#include <pthread.h>
#include <stdio.h>

#include "phantom.h"

/* Below where Linux puts programs, their heaps (from 0x55...) and libraries (from 0x7f...): host memory isn't in it. */
#define FIRST 0x100000000000ull
#define LAST 0x500000000000ull
#define PAGE ((size_t)2 << 20) /* what cudaMalloc hands out is a multiple of */
#define GAP ((size_t)4 << 20) /* between ranges, so that no two look adjacent */
#define SLOTS (1u << 20)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t used, highest;
static uint64_t next = FIRST;

struct range {
    uint64_t address;
    size_t bytes;
};
static struct range ranges[SLOTS]; /* open addressing; address 1: was here once */

static unsigned slot_of(uint64_t address) { return (unsigned)((address >> 21) * 2654435761u) & (SLOTS - 1); }

static void remember(uint64_t address, size_t bytes) {
    unsigned slot = slot_of(address);
    while (ranges[slot].address > 1) slot = (slot + 1) & (SLOTS - 1);
    ranges[slot].address = address;
    ranges[slot].bytes = bytes;
}

static size_t forget(uint64_t address) {
    unsigned slot = slot_of(address), seen;
    for (seen = 0; ranges[slot].address && seen < SLOTS; seen++, slot = (slot + 1) & (SLOTS - 1))
        if (ranges[slot].address == address) {
            ranges[slot].address = 1;
            return ranges[slot].bytes;
        }
    return 0;
}

int phantom_is_device(const void *pointer) { return (uint64_t)pointer >= FIRST && (uint64_t)pointer < LAST; }

uint64_t phantom_addresses(size_t bytes) {
    uint64_t found;
    pthread_mutex_lock(&lock);
    if (next + bytes + GAP >= LAST) next = FIRST; /* long fuzzing only: the oldest ranges are gone by then */
    found = next;
    next += bytes + GAP;
    pthread_mutex_unlock(&lock);
    return found;
}

int phantom_take(size_t bytes) {
    int fits;
    pthread_mutex_lock(&lock);
    fits = used + bytes <= phantom_device()->memory;
    if (fits) used += bytes;
    if (used > highest) highest = used;
    pthread_mutex_unlock(&lock);
    return fits;
}

void phantom_give(size_t bytes) {
    pthread_mutex_lock(&lock);
    used -= bytes;
    pthread_mutex_unlock(&lock);
}

/* For Python, through ctypes: what cudaMalloc has handed out, now and at most. */
size_t phantom_used(void) { return used; }
size_t phantom_highest(void) { return highest; }

cudaError_t cudaMalloc(void **pointer, size_t bytes) {
    size_t rounded = (bytes + PAGE - 1) & ~(PAGE - 1);
    *pointer = NULL;
    if (!bytes) return cudaSuccess;
    if (!phantom_take(rounded)) return cudaErrorMemoryAllocation;
    *pointer = (void *)phantom_addresses(rounded);
    pthread_mutex_lock(&lock);
    remember((uint64_t)*pointer, rounded);
    pthread_mutex_unlock(&lock);
    return cudaSuccess;
}

cudaError_t cudaMallocAsync(void **pointer, size_t bytes, cudaStream_t stream) {
    (void)stream;
    return cudaMalloc(pointer, bytes);
}

cudaError_t cudaFree(void *pointer) {
    size_t bytes;
    pthread_mutex_lock(&lock);
    bytes = pointer ? forget((uint64_t)pointer) : 0;
    pthread_mutex_unlock(&lock);
    phantom_give(bytes);
    return cudaSuccess;
}

cudaError_t cudaFreeAsync(void *pointer, cudaStream_t stream) {
    (void)stream;
    return cudaFree(pointer);
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total) {
    *total = phantom_device()->memory;
    *free_bytes = *total - used;
    return cudaSuccess;
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind) {
    (void)kind;
    if (phantom_is_device(to)) return cudaSuccess;
    if (phantom_is_device(from))
        memset(to, 0, bytes);
    else
        memmove(to, from, bytes);
    return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream) {
    (void)stream;
    return cudaMemcpy(to, from, bytes, kind);
}

cudaError_t cudaHostAlloc(void **pointer, size_t bytes, unsigned flags) {
    (void)flags;
    *pointer = calloc(1, bytes ? bytes : 1);
    return *pointer ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t cudaFreeHost(void *pointer) {
    free(pointer);
    return cudaSuccess;
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *found, const void *pointer) {
    memset(found, 0, sizeof *found);
    if (phantom_is_device(pointer)) {
        found->type = cudaMemoryTypeDevice;
        found->devicePointer = (void *)pointer;
    } else
        found->type = cudaMemoryTypeUnregistered;
    return cudaSuccess;
}

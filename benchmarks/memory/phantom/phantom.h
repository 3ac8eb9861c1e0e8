/* What the parts of the phantom runtime share: the pretended GPU, its memory, and handles that mean nothing. */
#ifndef PHANTOM_H
#define PHANTOM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cuda_runtime_api.h>

/* A GPU as the environment describes it: PHANTOM_CAPABILITY (8.6), PHANTOM_SMS (80), PHANTOM_MEMORY (bytes). */
struct phantom_device {
    int major, minor, sms;
    int threads_per_sm, blocks_per_sm, shared_per_sm, shared_per_block, l2;
    size_t memory;
};

const struct phantom_device *phantom_device(void);

/* Device memory is addresses only: nothing is behind them. */
int phantom_is_device(const void *pointer);
int phantom_take(size_t bytes); /* 1 where the device has that much left */
void phantom_give(size_t bytes);
uint64_t phantom_addresses(size_t bytes); /* a range never handed out before */

/* A handle: memory of the host that nobody looks into. */
static inline int phantom_handle(void *into) {
    *(void **)into = calloc(1, 4096);
    return 0;
}

#endif

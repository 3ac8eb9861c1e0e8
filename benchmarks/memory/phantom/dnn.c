/*
 * cuDNN's backend: descriptors that keep what they are told, one engine for every operation, and plans that need no
 * workspace. What PyTorch itself allocates around a convolution is real this way; cuDNN's workspaces aren't known.
 */
#include <cudnn.h>
#include <cudnn_backend.h>

#include "phantom.h"

struct attribute {
    int name, type;
    int64_t count;
    void *values;
    struct attribute *next;
};

struct descriptor {
    int kind;
    struct attribute *attributes;
};

static size_t size_of(int type) {
    switch (type) {
        case CUDNN_TYPE_HANDLE:
        case CUDNN_TYPE_INT64:
        case CUDNN_TYPE_DOUBLE:
        case CUDNN_TYPE_VOID_PTR:
        case CUDNN_TYPE_BACKEND_DESCRIPTOR:
        case CUDNN_TYPE_FRACTION: return 8;
        case CUDNN_TYPE_BOOLEAN:
        case CUDNN_TYPE_CHAR: return 1;
        default: return 4;
    }
}

size_t cudnnGetVersion(void) { return CUDNN_VERSION; }
size_t cudnnGetCudartVersion(void) { return CUDART_VERSION; }
cudnnStatus_t cudnnGetProperty(libraryPropertyType which, int *value) {
    *value = which == MAJOR_VERSION ? CUDNN_MAJOR : which == MINOR_VERSION ? CUDNN_MINOR : CUDNN_PATCHLEVEL;
    return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) { return (cudnnStatus_t)phantom_handle(handle); }
const char *cudnnGetErrorString(cudnnStatus_t status) {
    (void)status;
    return "phantom";
}
void cudnnGetLastErrorString(char *message, size_t size) {
    if (size) *message = 0;
}
cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t *stream) {
    (void)handle;
    *stream = NULL;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t kind, cudnnBackendDescriptor_t *made) {
    struct descriptor *descriptor = calloc(1, sizeof *descriptor);
    descriptor->kind = kind;
    *made = (cudnnBackendDescriptor_t)descriptor;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t given) {
    struct descriptor *descriptor = (struct descriptor *)given;
    struct attribute *each, *next;
    for (each = descriptor ? descriptor->attributes : NULL; each; each = next) {
        next = each->next;
        free(each->values);
        free(each);
    }
    free(descriptor);
    return CUDNN_STATUS_SUCCESS;
}

static struct attribute *find(const struct descriptor *descriptor, int name) {
    struct attribute *each = descriptor->attributes;
    while (each && each->name != name) each = each->next;
    return each;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t given, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void *values) {
    struct descriptor *descriptor = (struct descriptor *)given;
    struct attribute *found = find(descriptor, name);
    if (!found) {
        found = calloc(1, sizeof *found);
        found->next = descriptor->attributes;
        descriptor->attributes = found;
    }
    free(found->values);
    found->name = name;
    found->type = type;
    found->count = count;
    found->values = malloc((size_t)count * size_of(type) + 1);
    if (values && count) memcpy(found->values, values, (size_t)count * size_of(type));
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t given) {
    (void)given;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
    (void)handle, (void)plan, (void)pack;
    return CUDNN_STATUS_SUCCESS;
}

/* What nobody set: one engine, without notes or knobs, that needs no workspace. */
static void answer(int name, int64_t wanted, int64_t *count, void *values) {
    int64_t found = 0;
    switch (name) {
        case CUDNN_ATTR_ENGINEHEUR_RESULTS: /* the caller made the descriptors; they are as good as any */
        case CUDNN_ATTR_ENGINECFG_ENGINE: found = 1; break;
        case CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT:
            found = 1;
            if (wanted && values) *(int64_t *)values = 1;
            break;
        case CUDNN_ATTR_ENGINECFG_SHARED_MEMORY_USED:
            found = 1;
            if (wanted && values) *(int32_t *)values = 0;
            break;
        case CUDNN_ATTR_ENGINE_GLOBAL_INDEX:
        case CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE:
        case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
            found = 1;
            if (wanted && values) *(int64_t *)values = 0;
            break;
        default: break;
    }
    if (count) *count = found;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const given, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t wanted, int64_t *count, void *values) {
    struct attribute *found = find((struct descriptor *)given, name);
    if (!found || type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
        answer(name, wanted, count, values);
        return CUDNN_STATUS_SUCCESS;
    }
    if (count) *count = found->count;
    if (values)
        memcpy(values, found->values, (size_t)(wanted < found->count ? wanted : found->count) * size_of(type));
    return CUDNN_STATUS_SUCCESS;
}

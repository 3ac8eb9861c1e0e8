/*
 * cuDNN's recurrent networks: the sizes of weights, exactly; workspace and, in inference, reserve are 0: PyTorch's own
 * allocations around them are real.
 */
#include <cudnn.h>

#include "phantom.h"

struct tensor {
    int type, dimensions, sizes[8], strides[8];
};

struct network {
    int mode, bias, directions, type, projected;
    int64_t inputs, hidden, projection, layers;
};

static size_t bytes_of(int type) {
    switch (type) {
        case CUDNN_DATA_DOUBLE: return 8;
        case CUDNN_DATA_HALF:
        case CUDNN_DATA_BFLOAT16: return 2;
        default: return 4;
    }
}

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *made) { return (cudnnStatus_t)phantom_handle(made); }
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *made) { return (cudnnStatus_t)phantom_handle(made); }
cudnnStatus_t cudnnCreateDropoutDescriptor(cudnnDropoutDescriptor_t *made) {
    return (cudnnStatus_t)phantom_handle(made);
}
cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t *made) { return (cudnnStatus_t)phantom_handle(made); }
cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t *made) {
    return (cudnnStatus_t)phantom_handle(made);
}

cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t given, cudnnDataType_t type, int dimensions,
                                         const int sizes[], const int strides[]) {
    struct tensor *tensor = (struct tensor *)given;
    tensor->type = type;
    tensor->dimensions = dimensions;
    memcpy(tensor->sizes, sizes, (size_t)dimensions * sizeof *sizes);
    memcpy(tensor->strides, strides, (size_t)dimensions * sizeof *strides);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetTensorNdDescriptor(const cudnnTensorDescriptor_t given, int wanted, cudnnDataType_t *type,
                                         int *dimensions, int sizes[], int strides[]) {
    const struct tensor *tensor = (const struct tensor *)given;
    size_t copied = (size_t)(wanted < tensor->dimensions ? wanted : tensor->dimensions) * sizeof *sizes;
    *type = (cudnnDataType_t)tensor->type;
    *dimensions = tensor->dimensions;
    memcpy(sizes, tensor->sizes, copied);
    memcpy(strides, tensor->strides, copied);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDropoutGetStatesSize(cudnnHandle_t handle, size_t *bytes) {
    (void)handle;
    *bytes = 0;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t given, cudnnRNNAlgo_t algorithm, cudnnRNNMode_t mode,
                                       cudnnRNNBiasMode_t bias, cudnnDirectionMode_t direction,
                                       cudnnRNNInputMode_t input, cudnnDataType_t type, cudnnDataType_t precision,
                                       cudnnMathType_t math, int32_t inputs, int32_t hidden, int32_t projection,
                                       int32_t layers, cudnnDropoutDescriptor_t dropout, uint32_t flags) {
    struct network *network = (struct network *)given;
    (void)algorithm, (void)input, (void)precision, (void)math, (void)dropout, (void)flags;
    network->mode = mode;
    network->bias = bias != CUDNN_RNN_NO_BIAS;
    network->directions = direction == CUDNN_BIDIRECTIONAL ? 2 : 1;
    network->type = type;
    network->inputs = inputs;
    network->hidden = hidden;
    network->projection = projection;
    network->projected = projection != hidden;
    network->layers = layers;
    return CUDNN_STATUS_SUCCESS;
}

static int64_t gates(const struct network *network) {
    return network->mode == CUDNN_LSTM ? 4 : network->mode == CUDNN_GRU ? 3 : 1;
}

/* Columns of a matrix of a layer: of the input's (the first gates), of the recurrent ones, of the projection. */
static int64_t columns(const struct network *network, int64_t layer, int64_t matrix) {
    if (matrix >= 2 * gates(network)) return network->hidden;
    if (matrix >= gates(network)) return network->projection;
    return layer < network->directions ? network->inputs : network->projection * network->directions;
}

static int64_t rows(const struct network *network, int64_t matrix) {
    return matrix >= 2 * gates(network) ? network->projection : network->hidden;
}

static int64_t matrices(const struct network *network) { return 2 * gates(network) + (network->projected ? 1 : 0); }

/* Elements before a matrix; before all biases where layer is past the last. */
static int64_t before(const struct network *network, int64_t layer, int64_t matrix) {
    int64_t elements = 0, l, m;
    for (l = 0; l <= layer && l < network->layers * network->directions; l++)
        for (m = 0; m < (l == layer ? matrix : matrices(network)); m++)
            elements += rows(network, m) * columns(network, l, m);
    return elements;
}

cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t handle, cudnnRNNDescriptor_t given, size_t *bytes) {
    const struct network *network = (const struct network *)given;
    int64_t layers = network->layers * network->directions, elements = before(network, layers, 0);
    (void)handle;
    if (network->bias) elements += layers * 2 * gates(network) * network->hidden;
    *bytes = (size_t)elements * bytes_of(network->type);
    return CUDNN_STATUS_SUCCESS;
}

static void describe(cudnnTensorDescriptor_t into, int type, int64_t height, int64_t width) {
    int sizes[3] = {1, (int)height, (int)width}, strides[3] = {(int)(height * width), (int)width, 1};
    if (into) /* the caller may ask for the other one alone */
        cudnnSetTensorNdDescriptor(into, (cudnnDataType_t)type, 3, sizes, strides);
}

cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t handle, cudnnRNNDescriptor_t given, int32_t layer, size_t bytes,
                                      const void *space, int32_t matrix, cudnnTensorDescriptor_t matrix_shape,
                                      void **matrix_at, cudnnTensorDescriptor_t bias_shape, void **bias_at) {
    const struct network *network = (const struct network *)given;
    int64_t biases = before(network, network->layers * network->directions, 0);
    char *base = (char *)space;
    (void)handle, (void)bytes;
    describe(matrix_shape, network->type, rows(network, matrix), columns(network, layer, matrix));
    if (matrix_at) *matrix_at = base + before(network, layer, matrix) * (int64_t)bytes_of(network->type);
    biases += (layer * 2 * gates(network) + matrix) * network->hidden;
    describe(bias_shape, network->type, network->hidden, 1);
    if (bias_at) *bias_at = network->bias && matrix < 2 * gates(network)
                                ? base + biases * (int64_t)bytes_of(network->type)
                                : NULL;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t handle, cudnnRNNDescriptor_t given, cudnnForwardMode_t mode,
                                        cudnnRNNDataDescriptor_t inputs, size_t *workspace, size_t *reserve) {
    (void)handle, (void)given, (void)mode, (void)inputs;
    if (workspace) *workspace = 0;
    if (reserve) *reserve = 0;
    return CUDNN_STATUS_SUCCESS;
}

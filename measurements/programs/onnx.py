"""Writes tiny ONNX models of every operator set and format, and runs them. For Python 3.8 and later."""

import json
import os
import re
import sys

from each import apart, step

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper

ONNX = tuple(int(n) for n in onnx.__version__.split(".")[:2])
OPSET = onnx.defs.onnx_opset_version()
IR = onnx.IR_VERSION
ML = max(s.since_version for s in onnx.defs.get_all_schemas_with_history() if s.domain == "ai.onnx.ml")
CPU = ["CPUExecutionProvider"]
OLDEST = (1, 9)  # it also writes what came before it
SHAPES = {"x": [2, 4]}
BY_TYPE = {T.FLOAT: "float32", T.INT64: "int64", T.FLOAT16: "float16", T.STRING: "str", T.DOUBLE: "float64"}


def tensor(name, values, dtype=None):
    array = np.array(values)
    kind = dtype or {"f": T.FLOAT, "i": T.INT64, "U": T.STRING, "b": T.BOOL}[array.dtype.kind]
    values = [v.encode() for v in array.ravel()] if kind == T.STRING else array.ravel().tolist()
    return helper.make_tensor(name, kind, array.shape, values)


def port(name, kind=T.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def node(op, inputs="x", outputs="y", domain="", **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), domain=domain, **attributes)


def model(nodes, opset=11, ir=None, inputs=(), out=T.FLOAT, shape=(2, 4), weights=(), domains=(), **more):
    inputs = list(inputs) or [port("x", T.FLOAT, list(shape))]
    outputs = out if isinstance(out, list) else [port("y", out, None)]
    graph = helper.make_graph(list(nodes), "g", inputs, outputs, list(weights), **more)
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, v) for d, v in domains]
    made = helper.make_model(graph, opset_imports=imports, producer_name="measured")
    made.ir_version = ir or lowest_ir(opset)
    return made


def lowest_ir(opset):
    """Return the format of the time, so that the operator set alone decides."""
    return min(IR, 7 if opset < 15 else 8 if opset < 19 else 9 if opset < 21 else 10)


def simple(op, opset, **attributes):
    return lambda: model([node(op, **attributes)], opset)


def weighted(op, opset, given, out=T.FLOAT, shape=(2, 4), kind=T.FLOAT, domain="", **attributes):
    """A node whose further inputs are weights."""

    def make():
        weights = [tensor("w%d" % n, values) for n, values in enumerate(given)]
        inputs = " ".join(["x"] + [w.name for w in weights])
        domains = [(domain, 1)] if domain else []
        ports = [port("x", kind, list(shape))]
        return model([node(op, inputs, domain=domain, **attributes)], opset, inputs=ports, out=out, weights=weights,
                     domains=domains)  # fmt: skip

    return make


def through(op, opset, kind, **attributes):
    """A node on another type: cast to it, and back from it."""

    def make():
        inputs = "a a" if op in ("Add", "Mul", "MatMul") else "a"
        nodes = [
            node("Cast", "x", "a", to=kind),
            node(op, inputs, "b", **attributes),
            node("Cast", "b", "y", to=T.FLOAT),
        ]
        return model(nodes, opset, shape=(4, 4))

    return make


def cast(opset, kind):
    return lambda: model([node("Cast", "x", "a", to=kind), node("Cast", "a", "y", to=T.FLOAT)], opset)


def strings(op, opset, out=T.STRING, outputs="y", domain="", extra=(), **attributes):
    def make():
        weights = [tensor("w%d" % n, values) for n, values in enumerate(extra)]
        ports = [port(name, T.STRING if name == "y" else T.INT64, None) for name in outputs.split()]
        if out != T.STRING:
            ports[0] = port("y", out, None)
        inputs = " ".join(["x"] + [w.name for w in weights])
        domains = [(domain, ML_OF.get(op, 1))] if domain else []
        return model([node(op, inputs, outputs, domain=domain, **attributes)], opset,
                     inputs=[port("x", T.STRING, [2])], out=ports, weights=weights, domains=domains)  # fmt: skip

    return make


def trees(ml):
    shared = dict(
        nodes_treeids=[0, 0, 0], nodes_nodeids=[0, 1, 2], nodes_featureids=[0, 0, 0], nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0], nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"], nodes_values=[0.5, 0.0, 0.0],
    )  # fmt: skip
    targets = dict(target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0], target_weights=[1.0, 2.0])
    one = node("TreeEnsembleRegressor", domain="ai.onnx.ml", n_targets=1, **shared, **targets)
    return model([one], 15, domains=[("ai.onnx.ml", ml)])


def tree_ensemble():
    one = node(
        "TreeEnsemble", domain="ai.onnx.ml", n_targets=1, tree_roots=[0], nodes_modes=tensor("m", [0], T.UINT8),
        nodes_featureids=[0], nodes_splits=tensor("s", [0.5]), nodes_truenodeids=[0], nodes_trueleafs=[1],
        nodes_falsenodeids=[1], nodes_falseleafs=[1], leaf_targetids=[0, 0], leaf_weights=tensor("l", [1.0, 2.0]),
    )  # fmt: skip
    return model([one], 21, domains=[("ai.onnx.ml", 5)])


def zipmap():
    nodes = [
        node("LinearClassifier", "x", "label p", "ai.onnx.ml", coefficients=[1.0] * 8, intercepts=[0.0, 0.0],
             classlabels_ints=[0, 1]),
        node("ZipMap", "p", "y", "ai.onnx.ml", classlabels_int64s=[0, 1]),
    ]  # fmt: skip
    kind = helper.make_map_type_proto
    held = helper.make_sequence_type_proto(kind(T.INT64, helper.make_tensor_type_proto(T.FLOAT, [])))
    out = [port("label", T.INT64, [2]), helper.make_value_info("y", held)]
    return model(nodes, 15, out=out, domains=[("ai.onnx.ml", 2)])


def branch(opset):
    def make():
        def of(op):
            return helper.make_graph([node(op, "x", "z")], op, [], [port("z", T.FLOAT, None)])

        return model([node("If", "c", "y", then_branch=of("Relu"), else_branch=of("Neg"))], opset,
                     weights=[tensor("c", values=True)])  # fmt: skip

    return make


def loop():
    inner = helper.make_graph(
        [node("Identity", "go", "on"), node("Add", "v x", "v2")], "body",
        [port("i", T.INT64, []), port("go", T.BOOL, []), port("v", T.FLOAT, [2, 4])],
        [port("on", T.BOOL, []), port("v2", T.FLOAT, [2, 4])],
    )  # fmt: skip
    return model([node("Loop", "n c x", "y", body=inner)], 13, weights=[tensor("n", 3), tensor("c", values=True)])


def sparse():
    values = tensor("w", [1.0, 2.0])
    held = helper.make_sparse_tensor(values, tensor("i", [0, 5]), [4, 2])
    return model([node("MatMul", "x w")], 13, sparse_initializer=[held])


def local_function():
    own = helper.make_function("own", "Twice", ["a"], ["b"], [node("Add", "a a", "b")], [helper.make_opsetid("", 15)])
    made = model([node("Twice", domain="own")], 15, domains=[("own", 1)])
    made.functions.append(own)
    return made


def contrib(op, given=(), inputs=None, **attributes):
    return weighted(op, 15, given, domain="com.microsoft", shape=inputs or (2, 4), **attributes)


def norms(op, opset, count, **attributes):
    return weighted(op, opset, [[1.0] * 4] * count, **attributes)


def attention(opset):
    def make():
        inputs = [port(n, T.FLOAT, [1, 2, 3, 4]) for n in "xkv"]
        return model([node("Attention", "x k v")], opset, inputs=inputs)

    return make


def quantized(opset, kind, zero, **attributes):
    def make():
        size = len(zero)
        scale = tensor("s", [0.1] * size if size > 1 else 0.1)
        point = tensor("z", zero if size > 1 else zero[0], kind)
        nodes = [
            node("QuantizeLinear", "x s z", "q", **attributes),
            node("DequantizeLinear", "q s z", "y", **attributes),
        ]
        return model(nodes, opset, weights=[scale, point], shape=(4, 4))

    return make


def two(op, opset, kind=T.FLOAT, out=None, shape=(2, 4), **attributes):
    """A node of two inputs."""

    def make():
        inputs = [port("x", kind, list(shape)), port("w", kind, list(shape))]
        return model([node(op, "x w", **attributes)], opset, inputs=inputs, out=out or kind)

    return make


def on(op, opset, kind, *shapes, **attributes):
    """A node whose inputs are all of a type, each of a shape: the model's own."""

    def make():
        inputs = [port(name, kind, list(shape)) for name, shape in zip("xwr", shapes or [(2, 4)])]
        return model([node(op, " ".join(i.name for i in inputs), **attributes)], opset, inputs=inputs, out=kind)

    return make


def gelu_of_parts(kind):
    """What torch.onnx.export makes of GELU before operator set 20, in a type."""

    def make():
        weights = [tensor(name, v, kind) for name, v in (("root", 1.4142135), ("one", 1.0), ("half", 0.5))]
        nodes = [
            node("Div", "x root", "a"), node("Erf", "a", "b"), node("Add", "b one", "c"), node("Mul", "x c", "d"),
            node("Mul", "d half", "y"),
        ]  # fmt: skip
        return model(nodes, 14, inputs=[port("x", kind, [2, 4])], out=kind, weights=weights)

    return make


ML_OF = {"LabelEncoder": 2, "CategoryMapper": 1, "Tokenizer": 1}
IMAGE = (1, 2, 4, 4)
F8, F4, I4, B16, F16 = (getattr(T, n, 0) for n in ("FLOAT8E4M3FN", "FLOAT4E2M1", "INT4", "BFLOAT16", "FLOAT16"))
E8, U4, I2 = (getattr(T, n, 0) for n in ("FLOAT8E8M0", "UINT4", "INT2"))

FEATURES = {  # name: (operator set, model)
    "StringNormalizer": (
        10,
        strings("StringNormalizer", 10, case_change_action="LOWER", is_case_sensitive=0, locale="C"),
    ),
    "TfIdf": (
        9,
        strings(
            "TfIdfVectorizer",
            9,
            T.FLOAT,
            mode="TF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=[0, 1],
            pool_strings=["a", "b"],
        ),
    ),
    "Einsum": (12, simple("Einsum", 12, equation="ij->ji")),
    "Celu": (12, simple("Celu", 12)),
    "If": (11, branch(11)),
    "If19": (19, branch(19)),
    "If25": (25, branch(25)),
    "Loop": (13, loop),
    "sparse": (13, sparse),
    "HardSwish": (14, simple("HardSwish", 14)),
    "HardSwish22": (22, simple("HardSwish", 22)),
    "Trilu": (14, simple("Trilu", 14)),
    "Shape15": (15, lambda: model([node("Shape", start=1)], 15, out=T.INT64)),
    "Bernoulli": (15, simple("Bernoulli", 15)),
    "CastLike": (15, two("CastLike", 15)),
    "GridSample16": (16, weighted("GridSample", 16, [[[[[0.0, 0.0]]]]], shape=IMAGE)),
    "GridSample20": (20, weighted("GridSample", 20, [[[[[0.0, 0.0]]]]], shape=IMAGE)),
    "GridSample20-3d": (20, weighted("GridSample", 20, [[[[[[0.0, 0.0, 0.0]]]]]], shape=(1, 2, 4, 4, 4))),
    "RoiAlign22": (22, weighted("RoiAlign", 22, [[[0.0, 0.0, 2.0, 2.0]], [0]], shape=IMAGE)),
    "LayerNormalization": (17, norms("LayerNormalization", 17, 2)),
    "BlackmanWindow": (
        17,
        lambda: model(
            [node("BlackmanWindow", "n", "b"), node("Size", "b", "y")], 17, out=T.INT64, weights=[tensor("n", 8)]
        ),
    ),
    "DFT17": (17, weighted("DFT", 17, [], shape=(1, 8, 1), axis=1)),
    "DFT20": (20, weighted("DFT", 20, [], shape=(1, 8, 1))),
    "STFT": (17, weighted("STFT", 17, [4, [1.0] * 8], shape=(1, 16, 1))),
    "GroupNormalization18": (18, weighted("GroupNormalization", 18, [[1.0], [0.0]], shape=IMAGE, num_groups=1)),
    "GroupNormalization21": (21, weighted("GroupNormalization", 21, [[1.0] * 2, [0.0] * 2], shape=IMAGE, num_groups=1)),
    "Mish": (18, simple("Mish", 18)),
    "Mish22": (22, simple("Mish", 22)),
    "CenterCropPad": (18, weighted("CenterCropPad", 18, [[2, 2]])),
    "Col2Im": (18, weighted("Col2Im", 18, [[2, 2], [1, 1]], shape=(1, 2, 4))),
    "BitwiseAnd": (18, two("BitwiseAnd", 18, T.INT64)),
    "ReduceMax18": (18, weighted("ReduceMax", 18, [[1]])),
    "Resize18": (18, weighted("Resize", 18, [[], [1.0, 1.0, 0.5, 0.5]], shape=IMAGE, antialias=1, mode="linear")),
    "Resize19": (19, weighted("Resize", 19, [[], [1.0, 1.0, 2.0, 2.0]], shape=IMAGE)),
    "ScatterElements18": (18, weighted("ScatterElements", 18, [[[0, 0]], [[1.0, 2.0]]], reduction="max")),
    "Split18": (
        18,
        lambda: model(
            [node("Split", "x", "y z", num_outputs=2, axis=1)],
            18,
            out=[port("y", T.FLOAT, None), port("z", T.FLOAT, None)],
        ),
    ),
    "AveragePool19": (19, weighted("AveragePool", 19, [], shape=IMAGE, kernel_shape=[2, 2], dilations=[2, 2])),
    "Equal19-string": (19, two("Equal", 19, T.STRING, T.BOOL)),
    "DeformConv19": (
        19,
        weighted("DeformConv", 19, [np.ones((1, 2, 2, 2)).tolist(), np.zeros((1, 8, 3, 3)).tolist()], shape=IMAGE),
    ),
    "Conv22": (22, weighted("Conv", 22, [np.ones((1, 2, 2, 2)).tolist()], shape=IMAGE)),
    "MaxPool22": (22, weighted("MaxPool", 22, [], shape=IMAGE, kernel_shape=[2, 2])),
    "LSTM22": (
        22,
        weighted(
            "LSTM", 22, [np.ones((1, 8, 4)).tolist(), np.ones((1, 8, 2)).tolist()], shape=(3, 1, 4), hidden_size=2
        ),
    ),
    "Cast-float8": (19, cast(19, F8)),
    "Cast-float8-23": (23, cast(23, F8)),
    "Cast-bfloat16": (13, cast(13, B16)),
    "Cast-int4": (21, cast(21, I4)),
    "Cast-float4": (23, cast(23, F4)),
    "Cast-float8e8m0": (24, cast(24, E8)),
    "Cast-int2": (25, cast(25, I2)),
    "Cast28": (28, cast(28, T.DOUBLE)),
    "Add-float16": (13, through("Add", 13, F16)),
    "Add-bfloat16": (14, through("Add", 14, B16)),
    "MatMul-float16": (13, through("MatMul", 13, F16)),
    "MatMul-bfloat16": (13, through("MatMul", 13, B16)),
    "Softmax-float16": (13, through("Softmax", 13, F16)),
    "Softmax-bfloat16": (13, through("Softmax", 13, B16)),
    "Relu-int8": (14, through("Relu", 14, T.INT8)),
    "Sin-double": (7, through("Sin", 7, T.DOUBLE)),
    "Erf-double": (13, through("Erf", 13, T.DOUBLE)),
    "Gelu-float16": (20, through("Gelu", 20, F16)),
    "Quantize-int8": (13, quantized(13, T.INT8, [0])),
    "Quantize-int16": (21, quantized(21, T.INT16, [0])),
    "Quantize-float8": (19, quantized(19, F8, [0])),
    "Quantize-int4": (21, quantized(21, I4, [0])),
    "Quantize-uint4-axis": (21, quantized(21, U4, [0, 0, 0, 0], axis=1)),
    "on-double-AveragePool": (11, on("AveragePool", 11, T.DOUBLE, IMAGE, kernel_shape=[2, 2])),
    "on-double-Conv": (11, on("Conv", 11, T.DOUBLE, IMAGE, (1, 2, 2, 2))),
    "on-double-Einsum": (12, on("Einsum", 12, T.DOUBLE, equation="ij->ji")),
    "on-double-Elu": (7, on("Elu", 7, T.DOUBLE)),
    "on-double-Gelu": (14, gelu_of_parts(T.DOUBLE)),
    "on-float-Gelu": (14, gelu_of_parts(T.FLOAT)),
    "on-double-Gemm": (11, on("Gemm", 11, T.DOUBLE, (2, 4), (4, 2))),
    "on-double-HardSwish": (14, on("HardSwish", 14, T.DOUBLE)),
    "on-double-GRU": (7, on("GRU", 7, T.DOUBLE, (3, 1, 4), (1, 6, 4), (1, 6, 2), hidden_size=2)),
    "on-double-GRU14": (14, on("GRU", 14, T.DOUBLE, (3, 1, 4), (1, 6, 4), (1, 6, 2), hidden_size=2)),
    "on-double-GRU22": (22, on("GRU", 22, T.DOUBLE, (3, 1, 4), (1, 6, 4), (1, 6, 2), hidden_size=2)),
    "on-double-LSTM": (7, on("LSTM", 7, T.DOUBLE, (3, 1, 4), (1, 8, 4), (1, 8, 2), hidden_size=2)),
    "on-double-LSTM14": (14, on("LSTM", 14, T.DOUBLE, (3, 1, 4), (1, 8, 4), (1, 8, 2), hidden_size=2)),
    "on-double-LSTM22": (22, on("LSTM", 22, T.DOUBLE, (3, 1, 4), (1, 8, 4), (1, 8, 2), hidden_size=2)),
    "on-double-RNN": (14, on("RNN", 14, T.DOUBLE, (3, 1, 4), (1, 2, 4), (1, 2, 2), hidden_size=2)),
    "on-double-LayerNormalization": (17, on("LayerNormalization", 17, T.DOUBLE, (2, 4), (4,), (4,))),
    "on-double-Sigmoid": (13, on("Sigmoid", 13, T.DOUBLE)),
    "on-double-Softmax": (13, on("Softmax", 13, T.DOUBLE)),
    "on-double-Softplus": (7, on("Softplus", 7, T.DOUBLE)),
    "on-int32-Clip": (12, on("Clip", 12, T.INT32)),
    "on-int32-Neg": (7, on("Neg", 7, T.INT32)),
    "on-int64-Max": (12, on("Max", 12, T.INT64, (2, 4), (2, 4))),
    "on-double-Max8": (8, on("Max", 8, T.DOUBLE, (2, 4), (2, 4))),
    "on-int64-Mod": (13, on("Mod", 13, T.INT64, (2, 4), (2, 4))),
    "on-int64-ReduceMean": (13, on("ReduceMean", 13, T.INT64)),
    "on-int64-ReduceMean18": (18, on("ReduceMean", 18, T.INT64)),
    "on-int64-Relu": (14, on("Relu", 14, T.INT64)),
    "on-int8-Add": (14, on("Add", 14, T.INT8, (2, 4), (2, 4))),
    "on-uint8-MaxPool": (12, on("MaxPool", 12, T.UINT8, IMAGE, kernel_shape=[2, 2])),
    "on-bool-ReduceMax": (20, on("ReduceMax", 20, T.BOOL)),
    "Sqrt-bfloat16": (13, through("Sqrt", 13, B16)),
    "Transpose-bfloat16": (13, through("Transpose", 13, B16)),
    "Relu-bfloat16": (14, through("Relu", 14, B16)),
    "Gelu": (20, simple("Gelu", 20)),
    "Gelu-tanh": (20, simple("Gelu", 20, approximate="tanh")),
    "AffineGrid": (
        20,
        lambda: model([node("AffineGrid", "x s")], 20, shape=(1, 2, 3), weights=[tensor("s", [1, 1, 2, 2])]),
    ),
    "RegexFullMatch": (20, strings("RegexFullMatch", 20, T.BOOL, pattern="a.*")),
    "StringConcat": (20, two("StringConcat", 20, T.STRING)),
    "StringSplit": (20, strings("StringSplit", 20, outputs="y n")),
    "IsInf20": (20, lambda: model([node("IsInf")], 20, out=T.BOOL)),
    "Attention23": (23, attention(23)),
    "Attention24": (24, attention(24)),
    "RMSNormalization": (23, norms("RMSNormalization", 23, 1)),
    "RotaryEmbedding": (
        23,
        weighted("RotaryEmbedding", 23, [[[[1.0, 1.0]] * 2], [[[0.0, 0.0]] * 2]], shape=(1, 3, 2, 4)),
    ),
    "Swish": (24, simple("Swish", 24)),
    "TopK24": (
        24,
        lambda: model(
            [node("TopK", "x k", "y i")],
            24,
            weights=[tensor("k", [1])],
            out=[port("y", T.FLOAT, None), port("i", T.INT64, None)],
        ),
    ),
    "TensorScatter": (24, weighted("TensorScatter", 24, [[[[1.0, 1.0]]], [0]], shape=(1, 4, 2), axis=1)),
    "CumProd": (26, weighted("CumProd", 26, [0])),
    "BitCast": (26, lambda: model([node("BitCast", to=T.INT32)], 26, out=T.INT32)),
    "SwiGLU": (28, two("SwiGLU", 28)),
    "Einsum28": (28, simple("Einsum", 28, equation="ij->ji")),
    "custom": (15, lambda: model([node("Foo", domain="my.domain")], 15, domains=[("my.domain", 1)])),
    "custom-default-domain": (15, lambda: model([node("MyGridSampler")], 15)),
    "function": (15, local_function),
    "ms-Gelu": (15, contrib("Gelu")),
    "ms-FastGelu": (15, contrib("FastGelu")),
    "ms-QuickGelu": (15, contrib("QuickGelu")),
    "ms-FusedMatMul": (15, contrib("FusedMatMul", [np.ones((4, 2)).tolist()])),
    "ms-BiasGelu": (15, contrib("BiasGelu", [[0.0] * 4])),
    "ms-SkipLayerNormalization": (
        15,
        contrib("SkipLayerNormalization", [np.ones((1, 2, 4)).tolist(), [1.0] * 4], (1, 2, 4)),
    ),
    "ms-SimplifiedLayerNormalization": (15, norms("SimplifiedLayerNormalization", 15, 1, axis=-1)),
    "ms-SkipSimplifiedLayerNormalization": (
        15,
        contrib("SkipSimplifiedLayerNormalization", [np.ones((1, 2, 4)).tolist(), [1.0] * 4], (1, 2, 4)),
    ),
    "ms-RotaryEmbedding": (15, contrib("RotaryEmbedding", [[[0, 1]], [[1.0, 1.0]] * 2, [[0.0, 0.0]] * 2], (1, 2, 4))),
    "ms-MatMulNBits": (
        15,
        lambda: model(
            [node("MatMulNBits", "x b s", domain="com.microsoft", K=16, N=2, bits=4, block_size=16)],
            15,
            shape=(1, 16),
            domains=[("com.microsoft", 1)],
            weights=[tensor("b", [[[1] * 8]] * 2, T.UINT8), tensor("s", [1.0, 1.0])],
        ),
    ),
    "ms-DynamicQuantizeMatMul": (
        15,
        lambda: model(
            [node("DynamicQuantizeMatMul", "x b s z", domain="com.microsoft")],
            15,
            domains=[("com.microsoft", 1)],
            weights=[tensor("b", [[1, 2]] * 4, T.UINT8), tensor("s", [0.1]), tensor("z", [0], T.UINT8)],
        ),
    ),
    "ms-Tokenizer": (
        15,
        strings("Tokenizer", 15, domain="com.microsoft", mark=0, mincharnum=1, pad_value="", separators=[" "]),
    ),
    "preview-Adam": (
        15,
        lambda: model(
            [node("Adam", "r t x g v h", "y v2 h2", "ai.onnx.preview.training")],
            15,
            domains=[("ai.onnx.preview.training", 1)],
            weights=[tensor("r", 0.1), tensor("t", 1)] + [tensor(n, np.ones((2, 4)).tolist()) for n in "gvh"],
            out=[port(n, T.FLOAT, None) for n in ("y", "v2", "h2")],
        ),
    ),
    "ml-LabelEncoder": (
        15,
        strings("LabelEncoder", 15, T.INT64, domain="ai.onnx.ml", keys_strings=["a"], values_int64s=[1]),
    ),
    "ml-trees1": (15, lambda: trees(1)),
    "ml-trees3": (16, lambda: trees(3)),
    "ml-TreeEnsemble": (21, tree_ensemble),
    "ml-ZipMap": (15, zipmap),
}

NUMBERED = (
    [("opset", n) for n in range(7, OPSET + 1)]
    + [("ir", n) for n in range(3, IR + 1)]
    + [("ml", n) for n in range(1, ML + 1)]
)
OBJECTS = ["default.onnx", "default-ml.onnx", "external"] + ["%s-%d.onnx" % n for n in NUMBERED]
OBJECTS += ["op-%s.onnx" % n for n, (opset, _) in FEATURES.items() if opset <= OPSET]


def own(number, newest):
    """Say whether a release writes what is of this number: its own newest, or what came before all releases here."""
    return number == newest or ONNX == OLDEST


def scaler(ml, **given):
    one = node("Scaler", domain="ai.onnx.ml", offset=[0.0], scale=[1.0])
    return model([one], domains=[("ai.onnx.ml", ml)], **given)


def made(name):
    what, _, rest = name.rpartition(".")[0].partition("-")
    if name == "default.onnx":
        graph = helper.make_graph([node("Relu")], "g", [port("x", T.FLOAT, [2, 4])], [port("y", T.FLOAT, [2, 4])])
        return helper.make_model(graph)
    if name == "default-ml.onnx":
        return scaler(ML, opset=OPSET, ir=IR)
    if what == "op":
        opset, build = FEATURES[rest]
        return build() if own(opset, OPSET) else None
    number = int(rest)
    if what == "opset":
        return model([node("Identity")], number) if own(number, OPSET) else None
    if what == "ir":
        return model([node("Identity")], ir=number) if own(number, IR) else None
    return scaler(number) if own(number, ML) else None


def write(name, path):
    if name == "external":
        os.makedirs(path, exist_ok=True)
        weights = helper.make_tensor("w", T.FLOAT, [4, 64], np.ones((4, 64), "float32").tobytes(), raw=True)
        held = model([node("MatMul", "x w")], 13, weights=[weights])
        onnx.save_model(held, os.path.join(path, "model.onnx"), save_as_external_data=True, location="model.onnx.data")
        return None
    built = made(name)
    if built is None:
        return {"skip": "another release writes the same"}
    with open(path, "wb") as file:
        file.write(built.SerializeToString())
    return None


def read(name, path):
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = os.path.join(path, "model.onnx") if os.path.isdir(path) else path
    session = step("load", lambda: opened(lambda: onnxruntime.InferenceSession(path, options, providers=CPU)))
    given = {i.name: value(i) for i in session.get_inputs()}
    step("predict", session.run, None, given)


def opened(session):
    """Make a session; what it raises is said without places in onnxruntime's source and memory, and without ports."""
    try:
        return session()
    except Exception as error:
        said = re.sub(r"/\S+\.(?:cc|h):\d+ .*?\) (?=[A-Z])", "", str(error), flags=re.DOTALL)
        said = re.sub(r"(?:0x[0-9a-f]+?(?=0x|\b|_))+", "0x...", said)
        raise type(error)(re.sub(r'\) : \("\w+": .* -> \(.*\) ,', ") : ... ,", said)) from None


def value(wanted):
    if "string" in wanted.type:
        return np.full(wanted.shape, "a", dtype=object)
    kind = wanted.type[7:-1]
    return np.ones(wanted.shape, {"float": "float32", "double": "float64"}.get(kind, kind))


def main():
    """Write a folder, or read several in one process: importing takes longer than reading."""
    mode, folders = sys.argv[1], sys.argv[2:]
    results = {}
    for folder in folders:
        os.makedirs(folder, exist_ok=True)
        function, names = (write, OBJECTS) if mode == "write" else (read, sorted(os.listdir(folder)))
        results[folder] = {n: apart(lambda n=n: function(n, os.path.join(folder, n))) for n in names}
    print(json.dumps(results if len(folders) > 1 else results[folders[0]]))


if __name__ == "__main__":
    main()

"""What models of other runtimes need: against processes that were measured, and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doctor.facts import load
from doctor.formats.kinds.base import ModelFile, Port, Tensor
from doctor.formats.kinds.onnx import Life, Onnx
from doctor.formats.kinds.savedmodel import SavedModel, Signature
from doctor.formats.stream import stream_of
from doctor.handler import Handler
from doctor.memory.runtimes import onnx, tensorflow
from doctor.memory.values import Workload, total
from doctor.model import Unknown
from doctor.models import Models
from tests.deployments import deployment

HERE = Path(__file__).parent
MEASURED = json.loads((HERE / "runtime_memory.json").read_text())
ROWS = [(library.split()[0], row) for library, rows in MEASURED.items() for row in rows]
NOBODY = Handler({}, None)


def named(terms, *names):
    return total(t.size for t in terms if t.name in names)


def of(*libraries):
    found = [row for library, row in ROWS if library in libraries]
    return [
        pytest.param(row, id=f"{row['format']}-{row.get('model', row.get('trees'))}-{row.get('batch', '')}")
        for row in found
    ]


def graph(name):
    from doctor.formats.onnx import read

    data = (HERE / "onnx" / name).read_bytes()
    return read(stream_of(data), name, len(data))


@pytest.mark.parametrize("row", of("onnxruntime"))
def test_the_arena_is_what_a_session_grew_by(row):
    """On a CPU, where it can be measured: its arena grows by what is needed, not by powers of two."""
    file = graph(row["graph"])
    arena = named(onnx.gpu_terms(file, Workload(batch=row["batch"])), "activations")
    grown = max(row["answer_peak"] - row["loaded"], 0)
    assert grown <= arena.high + (16 << 20)
    assert arena.low <= 2 * grown + (32 << 20)


def test_the_live_values_of_a_graph():
    file = graph("conv.onnx")
    one = 64 * 224 * 224 * 4
    assert onnx.live_peak(file.facts.lives, file.inputs, Workload()) == 3 * one + 3 * 224 * 224 * 4
    assert onnx.live_peak(file.facts.lives, (), Workload(batch=8)) == 8 * 3 * one
    assert file.facts.made == len(file.facts.lives) == 6


def test_an_arena_is_at_most_doubled_and_convolutions_try_workspaces():
    terms = onnx.gpu_terms(graph("conv.onnx"), Workload(batch=8))
    peak = named(terms, "activations")
    assert peak.low <= peak.expected <= peak.high <= 2 * (peak.low + onnx.initializers(graph("conv.onnx")))
    assert named(terms, "convolution workspace").high > 0
    assert named(onnx.gpu_terms(graph("mlp1024.onnx"), Workload()), "convolution workspace").high == 0


def test_without_shapes_the_range_is_wide():
    ports = (Port("x", "float32", (None, 3, 224, 224)),)
    facts = Onnx(8, "", {}, {"ai.onnx": ("Conv",)}, made=100, lives=(Life(ports[0], 0, 1),))
    weights = (Tensor("w", "float32", (1000, 1000)),)
    file = ModelFile("m.onnx", "onnx", 1, {}, inputs=ports, outputs=ports, tensors=weights, facts=facts)
    terms = onnx.gpu_terms(file, Workload(batch=4))
    found = next(t for t in terms if t.name == "activations")
    assert found.size.low == 2 * 4 * 3 * 224 * 224 * 4
    assert found.size.high >= 20 * found.size.low
    assert "1 of 100" in found.how


def test_tensorflow_takes_all_unless_it_is_told_not_to():
    assert tensorflow.takes_all({})
    assert tensorflow.takes_all({}, NOBODY)
    assert not tensorflow.takes_all({"TF_FORCE_GPU_ALLOW_GROWTH": "true"})
    code = "import tensorflow as tf\nfor g in tf.config.list_physical_devices('GPU'):\n"
    code += "    tf.config.experimental.set_memory_growth(g, True)\n"
    handler = deployment(artifact={"code/inference.py": code}, stack="tensorflow").part("handler")
    assert not tensorflow.takes_all({}, handler)


def test_what_a_gpu_gets():
    ports = (Port("x", "float32", (None, 10)),)
    model = SavedModel("2.15", (("serve",),), (Signature("serving_default", ports, ports),))
    checkpoint = ModelFile("v.index", "tf-checkpoint", 1, {}, tensors=(Tensor("w", "float32", (1000,)),))
    terms = tensorflow.gpu_terms(
        Models((ModelFile("s.pb", "savedmodel", 9, {}, facts=model), checkpoint), {}), Workload()
    )
    assert terms[0].size.expected == 4000
    assert all(t.size.low <= t.size.expected <= t.size.high for t in terms)


def test_what_was_not_measured_is_unknown():
    with pytest.raises(Unknown):
        onnx.gpu_terms(ModelFile("m", "odd", 1, {}), Workload())
    with pytest.raises(Unknown):
        tensorflow.gpu_terms(Models((), {}), Workload())


def test_every_range_of_the_facts_is_in_order():
    def ranges(value):
        for part in value.values() if isinstance(value, dict) else ():
            if isinstance(part, list):
                yield part
            else:
                yield from ranges(part)

    found = [r for r in ranges(load("runtime_memory")) if len(r) == 3]
    assert found
    assert all(low <= middle <= high for low, middle, high in found)

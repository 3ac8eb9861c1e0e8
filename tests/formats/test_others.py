"""MLmodel, config.pbtxt, serving.properties, .mar, skops, R, PMML and MXNet, each told apart as what it is."""

from __future__ import annotations

import contextlib
import io
import json
import lzma
import random
import zipfile
from pathlib import Path

import pytest

from doctor.errors import Unreadable
from doctor.formats.kinds.base import Port, Symbol
from doctor.formats.kinds.triton import InstanceGroup
from doctor.formats.recognise import reader, recognise
from doctor.formats.stream import stream_of
from doctor.formats.yamltext import parse

DATA = Path(__file__).parent / "data/others"
FIXTURES = Path(__file__).parents[2] / "fixtures"


def read(data, path):
    word = recognise(data[:4096], path)
    assert word
    return reader(word)(stream_of(data), path, len(data))


def text(content, path):
    return read(content.encode(), path)


def test_an_mlmodel_of_mlflow():
    file = read((FIXTURES / "healthy/mlflow-sklearn/model/MLmodel").read_bytes(), "MLmodel")
    assert file.format == "mlmodel"
    assert file.writer == {"mlflow": "3.17.2", "python": "3.11.7", "scikit-learn": "1.9.1"}
    assert file.inputs == (Port("length", "double", (None,)), Port("width", "double", (None,)))
    facts = file.facts
    assert list(facts.flavors) == ["python_function", "sklearn"]
    assert facts.loader_module == "mlflow.sklearn"
    assert ("python_function", "model_path", "model.pkl") in facts.files
    assert facts.environments == {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    assert facts.environment_is_mapping


def test_an_mlmodel_of_mlflow_1():
    file = text("flavors:\n  python_function:\n    env: conda.yaml\n    loader_module: mlflow.sklearn\n", "MLmodel")
    assert file.facts.environments == {"conda": "conda.yaml"}
    assert not file.facts.environment_is_mapping
    assert file.facts.mlflow_version == ""


def test_an_mlmodel_with_a_broken_signature_says_so():
    file = text("flavors: {}\nsignature:\n  inputs: '[{\"name\"'\n", "MLmodel")
    assert file.facts.signature_problem


@pytest.mark.parametrize(
    "content", ["", "flavors", "- a\n- b\n", "mlflow_version: 2.0\n", "flavors:\n  a: 'b\n", "a: *b\n"]
)
def test_what_is_no_mlmodel_is_unreadable(content):
    with pytest.raises(Unreadable):
        text(content, "MLmodel")


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("a: 3.10\nb: true\nc: null\nd: ~\n", {"a": "3.10", "b": True, "c": None, "d": None}),
        ("a:\n- 1\n- b: c\n  d: e\n", {"a": ["1", {"b": "c", "d": "e"}]}),
        ("a:\n  - - x\n    - y\n  - z\n", {"a": [["x", "y"], "z"]}),
        ("a: 'it''s # here'\n", {"a": "it's # here"}),
        ('a: "b\\n\\"c\\""\n', {"a": 'b\n"c"'}),
        ("a: '[1,\n  2]'\nb: c\n", {"a": "[1, 2]", "b": "c"}),
        ("a: [x, 'y']\nb: {}\nc: []\n", {"a": ["x", "y"], "b": {}, "c": []}),
        ("a: one\n  two\nb: |\n  x\n  y\n", {"a": "one two", "b": "x\ny"}),
        ("# note\n---\na: http://x/y  # z\n", {"a": "http://x/y"}),
        (
            "dependencies:\n- python=3.9\n- pip:\n  - mlflow==2.0\n",
            {"dependencies": ["python=3.9", {"pip": ["mlflow==2.0"]}]},
        ),
    ],
)
def test_yaml_as_it_is_written_here(content, value):
    assert parse(content) == value


def test_a_deep_yaml_is_refused():
    with pytest.raises(Unreadable, match="deep"):
        parse("".join(f"{' ' * n}a:\n" for n in range(100)))


def test_a_configuration_of_triton():
    file = text(
        """
        # a note: {
        name: "line" platform: 'onnxruntime_onnx'
        max_batch_size: 8
        input [
          { name: "x", data_type: TYPE_FP32, dims: [ 3, -1 ] },
          { name: "y" data_type: TYPE_STRING dims: 1 optional: true reshape { shape: [] } }
        ]
        output < name: "z" data_type: TYPE_INT64 dims: [ -1 ] >
        instance_group [ { kind: KIND_GPU count: 2 gpus: [ 0, 1 ] } ]
        version_policy: { specific: { versions: [1, 3] } }
        parameters: { key: "a" value: { string_value: "b" "c" } }
        """,
        "line/config.pbtxt",
    )
    assert file.format == "triton-config"
    assert file.inputs == (Port("x", "float32", (3, None)), Port("y", "string", (1,)))
    assert file.outputs == (Port("z", "int64", (None,)),)
    facts = file.facts
    assert (facts.name, facts.platform, facts.max_batch_size) == ("line", "onnxruntime_onnx", 8)
    assert facts.instance_groups == (InstanceGroup("KIND_GPU", 2, (0, 1)),)
    assert (facts.reshaped, facts.optional, facts.versions) == (("y",), ("y",), ("1", "3"))
    assert facts.parameters == ("a",)


@pytest.mark.parametrize("content", ["name", "name: ", "a { b: 1", "a: [1 2]", "a: }", "{", "a: 1 ]", 'a: "b', "a: $"])
def test_what_is_no_configuration_is_unreadable(content):
    with pytest.raises(Unreadable):
        text(content, "config.pbtxt")


def test_nesting_is_bounded():
    with pytest.raises(Unreadable, match="deep"):
        text("a {" * 5000, "config.pbtxt")


def test_properties():
    file = text(
        "# note\n! note\nengine=Python\noption.a : b\\\n  c\noption.b d e\n\noption.c=\noption.d=x=y\n",
        "serving.properties",
    )
    assert file.format == "serving-properties"
    assert file.facts.values == {
        "engine": "Python", "option.a": "bc", "option.b": "d e", "option.c": "", "option.d": "x=y",
    }  # fmt: skip
    assert file.facts.lines == {"engine": 3, "option.a": 4, "option.b": 6, "option.c": 8, "option.d": 9}


def test_a_model_archive():
    file = read((DATA / "own.mar").read_bytes(), "own.mar")
    assert file.writer == {"torch-model-archiver": "0.12.0"}
    assert (file.facts.name, file.facts.handler, file.facts.serialized_file) == ("own", "demo_service.py", "model.pt")
    assert file.facts.members == ("model.pt", "demo_service.py")


@pytest.mark.parametrize("manifest", [None, "[", "[]", '"x"'])
def test_a_zip_that_is_no_model_archive(manifest):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("a.py", "")
        if manifest is not None:
            packed.writestr("MAR-INF/MANIFEST.json", manifest)
    with pytest.raises(Unreadable):
        read(data.getvalue(), "a.mar")


def test_skops():
    file = read((DATA / "model.skops").read_bytes(), "model.skops")
    assert file.writer == {"skops": "0.16.0"}
    assert file.facts.root == Symbol("sklearn.pipeline", "Pipeline")
    assert Symbol("sklearn.linear_model._logistic", "LogisticRegression") in file.symbols


@pytest.mark.parametrize(
    ("name", "compression", "named"),
    [("frame.rds", "", False), ("frame-gz.rds", "gzip", False), ("frame.RData", "", True)],
)
def test_r(name, compression, named):
    file = read((DATA / name).read_bytes(), name)
    assert file.format == "r-data"
    assert (file.facts.compression, file.facts.named) == (compression, named)
    assert file.facts.layout in {2, 3}
    assert file.facts.written_by.count(".") == 2


def test_r_in_xz_and_as_text():
    header = b"X\n" + (3).to_bytes(4, "big") + (0x040301).to_bytes(4, "big") + (0x030500).to_bytes(4, "big")
    packed = read(lzma.compress(header), "a.rds").facts
    assert (packed.compression, packed.written_by, packed.needs) == ("xz", "4.3.1", "3.5.0")
    plain = read(b"RDA3\nA\n3\n262913\n197888\n5\nUTF-8\n", "a.RData").facts
    assert (plain.named, plain.written_by, plain.needs) == (True, "4.3.1", "3.5.0")


def test_pmml():
    file = read((DATA / "model.pmml").read_bytes(), "model.pmml")
    assert file.format == "pmml"
    assert file.facts.version.startswith("4.")
    assert "a" in file.facts.fields
    assert file.facts.models


def test_parameters_of_mxnet():
    file = read((DATA / "model-0000.params").read_bytes(), "model-0000.params")
    assert file.format == "mxnet-params"
    assert [(t.name, t.dtype, t.shape) for t in file.tensors] == [
        ("fc_weight", "float32", (2, 3)), ("fc_bias", "float32", (2,)),
    ]  # fmt: skip
    assert (file.facts.arrays, file.facts.symbolic) == (2, True)


_SEEDS = {
    "MLmodel": (FIXTURES / "healthy/mlflow-sklearn/model/MLmodel").read_bytes(),
    "config.pbtxt": (FIXTURES / "healthy/triton-ensemble/model/whole/config.pbtxt").read_bytes(),
    "serving.properties": b"engine=Python\noption.entryPoint=model.py\\\n x\n",
    **{n: (DATA / n).read_bytes() for n in ("own.mar", "frame.rds", "frame-gz.rds", "frame.RData", "model.pmml")},
    "model-0000.params": (DATA / "model-0000.params").read_bytes(),
}


@pytest.mark.parametrize("name", list(_SEEDS))
def test_damaged_files_are_unreadable_or_read(name):
    random.seed(7)
    seed = _SEEDS[name]
    word = recognise(seed[:4096], name)
    for _ in range(400):
        data = bytearray(seed[: random.randint(0, len(seed))] if random.random() < 0.3 else seed)
        for _ in range(random.randint(0, 6)):
            if data:
                data[random.randrange(len(data))] = random.choice(
                    b"\x00\xff{}[]'\":\n -#|" + bytes([random.randrange(256)])
                )
        with contextlib.suppress(Unreadable):
            reader(word)(stream_of(bytes(data)), name, len(data))


def test_a_schema_of_skops_with_a_deep_tree():
    node = {"__class__": "A", "__module__": "m", "__loader__": "ObjectNode"}
    for _ in range(200):
        node = {"__class__": "B", "__module__": "m", "content": [node]}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("schema.json", json.dumps({**node, "protocol": 2, "_skops_version": "0.11"}))
    file = read(data.getvalue(), "a.skops")
    assert file.symbols == (Symbol("m", "A"), Symbol("m", "B"))
    assert file.facts.protocol == 2

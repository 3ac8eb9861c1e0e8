"""Pickles and joblib files of real libraries: versions, names, arrays, byte code."""

from __future__ import annotations

import contextlib
import random
import zlib
from pathlib import Path

import pytest

from doctor.errors import EndsEarly, Unreadable
from doctor.formats.kinds.base import Port
from doctor.formats.pickled import read
from doctor.formats.recognise import recognise
from doctor.formats.stream import stream_of

DATA = Path(__file__).parent / "data/pickled"
COMPRESSED = ("zlib", "gzip", "bz2", "xz", "lzma", "lz4")


def model(name):
    return of((DATA / name).read_bytes(), name)


def of(data, name="model.pkl"):
    return read(stream_of(data), name, len(data))


@pytest.mark.parametrize("protocol", range(6))
def test_a_pipeline_in_each_protocol(protocol):
    file = model(f"p{protocol}.pkl")
    assert recognise((DATA / f"p{protocol}.pkl").read_bytes()[:4096], "model.pkl") == "pickle"
    assert file.writer == {"scikit-learn": "1.5.2"}
    assert str(file.facts.root) == "sklearn.pipeline.Pipeline"
    assert [(e.symbol.name, e.role, e.features) for e in file.facts.estimators] == [
        ("Pipeline", "answers", None),
        ("StandardScaler", "answers", 3),
        ("LogisticRegression", "answers", 3),
    ]
    assert dict(file.facts.estimators[2].settings)["C"] == "2.0"
    assert file.inputs == (Port("X", "float64", (None, 3)),)
    assert any(s.module.startswith("numpy._core") for s in file.symbols)


@pytest.mark.parametrize("name", ["arrays.joblib", "arrays-p2.joblib", "arrays-p5.joblib"])
def test_arrays_between_the_opcodes_are_passed_over(name):
    file = model(name)
    assert file.format == "joblib"
    assert file.facts.joblib
    assert not file.facts.compression
    found = [(t.dtype, t.shape) for t in file.tensors]
    assert found[:12] == [
        ("float64", (100, 3)), ("int32", (3, 4)), ("float64", (0, 5)), ("float64", ()), ("string", (2,)),
        ("bytes", (2,)), ("bool", (2,)), ("datetime64", (1,)), ("complex128", (1,)), ("float16", (7,)),
        ("int64", (5,)), ("record", (3,)),
    ]  # fmt: skip
    assert [d for d, _ in found].count("object") >= 2
    assert "sklearn.linear_model._logistic.LogisticRegression" in map(str, file.symbols)  # named after all arrays


@pytest.mark.parametrize("how", COMPRESSED)
def test_compressed(how):
    file = model(f"arrays.joblib.{how}")
    plain = model("arrays.joblib")
    assert file.facts.compression == how
    assert file.symbols == plain.symbols
    assert file.tensors == plain.tensors


@pytest.mark.parametrize("how", COMPRESSED)
def test_compressed_and_cut_short(how):
    data = (DATA / f"arrays.joblib.{how}").read_bytes()
    with pytest.raises(EndsEarly):
        of(data[: len(data) // 2], "model.joblib")


def test_joblib_of_old():
    assert "joblib.numpy_pickle.NDArrayWrapper" in map(str, model("joblib094.pkl").symbols)
    assert model("joblib094-compressed.pkl").facts.compression == "zlib"


@pytest.mark.parametrize(
    ("version", "span"),
    [
        ("3.7", ("3.0", "3.7")),
        ("3.8", ("3.8", "3.9")),
        ("3.10", ("3.10", "3.10")),
        ("3.11", ("3.11", "3.11")),
        ("3.12", ("3.12", "3.12")),
        ("3.13", ("3.13", "3.13")),
    ],
)
def test_byte_code_tells_its_python(version, span):
    file = model(f"lambda-{version}.pkl")
    assert (file.facts.code_from, file.facts.code_to) == span
    assert file.writer == ({"python": version} if span[0] == span[1] else {})


def test_a_plain_pickle_that_is_cut_short_keeps_what_was_seen():
    data = (DATA / "p4.pkl").read_bytes()
    file = of(data[:-5])
    assert file.facts.truncated_at == len(data) - 5
    assert file.writer == {"scikit-learn": "1.5.2"}


def test_compressed_text_is_no_pickle():
    with pytest.raises(Unreadable, match="no pickle"):
        of(zlib.compress(b"hello, world" * 100), "model.joblib")


def test_a_bomb_is_refused_or_passes_soon():
    data = zlib.compress(b"\x80\x04\x8e" + (1 << 26).to_bytes(8, "little") + bytes(1 << 26) + b".")
    assert of(data, "model.joblib").facts.truncated_at == -1


def test_mutated_files_raise_unreadable_and_nothing_else():
    dice = random.Random(11)
    data = [p.read_bytes() for p in sorted(DATA.iterdir()) if p.suffix not in {".py", ".npy"} and p.is_file()]
    for _ in range(3000):
        mutated = bytearray(dice.choice(data))
        for _ in range(dice.randrange(1, 6)):
            mutated[dice.randrange(len(mutated))] = dice.randrange(256)
        with contextlib.suppress(Unreadable):
            of(bytes(mutated))

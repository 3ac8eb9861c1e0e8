"""Tests of doctor.json: written at training time, read from any bytes, compared within tolerances."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from doctor.capture import Golden, capture, capturing, of_trial
from doctor.errors import BadInput, Unreadable
from doctor.formats import captured as reader
from doctor.trials.probe import captured


def written(folder):
    return json.loads((folder / "doctor.json").read_text())


def test_a_request_is_kept_with_the_values_of_its_answer(tmp_path):
    path = capture(tmp_path, b'{"rows": [[1, 2]]}', '{"scores": [0.25]}', content_type="application/json")
    (sample,) = written(tmp_path)["samples"]
    assert path == tmp_path / "doctor.json"
    assert sample["body"] == {"text": '{"rows": [[1, 2]]}'}
    assert sample["outputs"] == [{"name": "scores", "dtype": "float", "shape": [1], "values": [0.25]}]


def test_inputs_of_the_model_itself(tmp_path):
    class Array:  # as NumPy's and torch's
        shape, dtype = (1, 2), "float32"

        def tolist(self):
            return [[0.5, 1.5]]

        def ravel(self):
            return self

    Array.ravel = lambda self: type("Flat", (), {"tolist": lambda _: [0.5, 1.5]})()
    capture(tmp_path, {"x": Array()}, {"y": [1, 2]})
    (sample,) = written(tmp_path)["samples"]
    assert sample["kind"] == "model"
    assert sample["inputs"] == [{"name": "x", "dtype": "float32", "shape": [1, 2], "values": [0.5, 1.5]}]
    assert sample["outputs"][0]["name"] == "y"


def test_a_body_that_is_no_text(tmp_path):
    capture(tmp_path, b"\x93NUMPY\xff", "[1]", content_type="application/x-npy")
    assert set(written(tmp_path)["samples"][0]["body"]) == {"base64"}


def test_numbers_that_json_has_not_are_kept(tmp_path):
    capture(tmp_path, [1.0], [float("nan"), float("inf")])
    values = written(tmp_path)["samples"][0]["outputs"][0]["values"]
    assert [str(captured.number(v)) for v in values] == ["nan", "inf"]


def test_the_environment_names_what_was_imported(tmp_path):
    capture(tmp_path, "[1]", "[1]")
    environment = written(tmp_path)["environment"]
    assert "pytest" in environment["packages"]
    assert environment["python"].count(".") == 2


def test_nothing_else_is_touched(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"weights")
    capture(tmp_path, "[1]", "[1]")
    capture(tmp_path, "[2]", "[2]")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["doctor.json", "model.pt"]
    assert (tmp_path / "doctor.json").stat().st_mode & 0o777 == 0o644


def failing(folder):
    with capturing(folder) as golden:
        golden.add("[1]", "[1]")
        raise KeyError


def test_a_block_that_fails_writes_nothing(tmp_path):
    with pytest.raises(KeyError):
        failing(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_block_writes_all_its_samples(tmp_path):
    with capturing(tmp_path, tolerances={"float32": (0.1, 0.1)}) as golden:
        golden.add("[1]", "[1]")
        golden.add("[2]", "[4]")
    assert [s["body"]["text"] for s in written(tmp_path)["samples"]] == ["[1]", "[2]"]
    assert written(tmp_path)["tolerances"]["float32"] == [0.1, 0.1]


@pytest.mark.parametrize(
    ("folder", "sample", "words"),
    [("absent", "[1]", "is no folder"), (".", "x" * (7 << 20), "bytes; at most"), (".", [0.0] * 5000, "fewer rows")],
)
def test_what_is_refused(tmp_path, folder, sample, words):
    with pytest.raises(BadInput, match=words):
        capture(tmp_path / folder, sample, "[1]")


def test_without_a_sample_nothing_is_written(tmp_path):
    with pytest.raises(BadInput, match="no sample"):
        Golden(tmp_path).write()


def test_what_a_trial_saw(tmp_path):
    value = {
        "request": {"content_type": "text/csv", "accept": ""},
        "outputs": captured.of_answer("[[0.5]]"),
        "environment": {"python": "3.9.1", "platform": "Linux", "packages": {"numpy": "1.26.4"}},
    }
    of_trial(tmp_path, b"1,2", value)
    read = reader.read((tmp_path / "doctor.json").read_bytes())
    assert (read.python, read.packages) == ("3.9.1", {"numpy": "1.26.4"})
    assert read.samples[0].outputs[0].shape == (1, 1)


def test_a_trial_without_an_answer_says_why(tmp_path):
    with pytest.raises(BadInput, match="KeyError: 'rows'"):
        of_trial(tmp_path, b"[]", {"cases": [{"failure": {"line": "KeyError: 'rows'"}}]})


@pytest.mark.parametrize(
    ("answer", "outputs"),
    [
        ("0.5,1\n2,3\n", [{"name": "", "dtype": "float", "shape": [2, 2], "values": [0.5, 1.0, 2.0, 3.0]}]),
        ("a text", [{"name": "", "dtype": "str", "shape": [], "values": ["a text"]}]),
        ('{"label": "cat", "n": 3}', None),
        (b"\x93NUMPY\x01\x00\x04\x00junk", None),
    ],
)
def test_answers_of_any_kind(answer, outputs):
    found = captured.of_answer(answer)
    assert outputs is None or found == outputs
    assert found


def test_values_within_the_tolerance_agree():
    one = captured.of_answer("[0.123456]")
    assert not captured.differences(one, captured.of_answer("[0.123457]"), {"float": [1e-4, 1e-5]})
    (difference,) = captured.differences(one, captured.of_answer("[0.2]"), {})
    assert (difference["index"], difference["expected"], difference["found"], difference["off"]) == (
        0,
        0.123456,
        0.2,
        1,
    )


def test_whole_numbers_and_texts_are_compared_exactly():
    assert captured.differences(captured.of_answer("[3]"), captured.of_answer("[4]"), {})
    assert captured.differences(captured.of_answer('["a"]'), captured.of_answer('["b"]'), {})


def test_other_names_and_shapes_differ():
    one = captured.of_answer('{"a": 1}')
    assert captured.differences(one, captured.of_answer('{"b": 1}'), {})[0]["index"] == -1
    assert captured.differences(captured.of_answer("[1]"), captured.of_answer("[1, 2]"), {})[0]["expected"] == [1]


def test_any_bytes_are_read_or_unreadable(tmp_path):
    capture(tmp_path, "[1]", "[1.5]")
    good = (tmp_path / "doctor.json").read_bytes()
    drawn = random.Random(3)
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(drawn.randint(1, 6)):
            at = drawn.randrange(len(data))
            data[at : at + drawn.randint(0, 3)] = drawn.choice([b"", b"{", b"[", b"-1", b"null", b'"', b"9" * 30])
        try:
            reader.read(bytes(data))
        except Unreadable:
            continue


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"doctor": 2}', '{"doctor": 1, "samples": 3}', "[" * 100000, '{"doctor": 1, "samples": [4]}'],
)
def test_what_is_no_doctor_json(text):
    with pytest.raises(Unreadable):
        reader.read(text.encode())


def test_what_is_written_follows_the_schema(tmp_path):
    import jsonschema

    with capturing(tmp_path) as golden:
        golden.add("[1]", '{"y": [1.5, "a", null, true]}', content_type="application/json", accept="text/csv")
        golden.add(b"\xff", b"\x00\x01")
        golden.add({"x": [1.0, 2.0]}, [float("nan")])
    schema = json.loads((Path(__file__).parent.parent.parent / "docs" / "doctor.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(written(tmp_path))

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "onnx-sample-does-not-fit"


def test_two_rows_for_a_batch_of_one():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message == "the sample is 2x4, and model.onnx takes x as 1x4"
    assert "index: 0 Got: 2 Expected: 1" in first.finding.log


def test_samples_that_fit_or_are_no_arrays():
    model = files(f"sick/{CHECK}")
    for sample in (b"[[1, 2, 3, 4]]", b'{"x": [[1]]}', b"1,2,3,4", b'["a"]', b"[" * 100_000):
        assert ask(CHECK, artifact=model, sample=sample).status is Status.CLEAR, sample[:20]


def test_another_rank():
    found = ask(CHECK, artifact=files(f"sick/{CHECK}"), sample=b"[1, 2, 3, 4]").findings[0]
    assert "Invalid rank for input: x Got: 1 Expected: 2" in found.log


def test_a_handler_that_may_reshape():
    model = files(f"sick/{CHECK}")
    for before, after in ((b"np.asarray(data,", b"reshaped(data,"), (b"np.asarray(data,", b"np.asarray(data[:1],")):
        changed = {**model, "code/inference.py": model["code/inference.py"].replace(before, after)}
        assert ask(CHECK, artifact=changed, sample=b"[[1, 2, 3, 4], [1, 2, 3, 4]]").status is Status.UNKNOWN
    with_input = {**model, "code/inference.py": model["code/inference.py"] + b"\n\ndef input_fn(b, t):\n    return b\n"}
    assert ask(CHECK, artifact=with_input, sample=b"[[1, 2, 3, 4], [1, 2, 3, 4]]").status is Status.UNKNOWN


def test_a_free_dimension():
    model = files("healthy/onnx-own-functions")
    assert ask(CHECK, artifact=model, sample=b"[[1, 2, 3, 4], [1, 2, 3, 4]]").status is Status.CLEAR

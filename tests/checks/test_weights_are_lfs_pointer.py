"""weights-are-lfs-pointer: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


def test_sick():
    first = examine("sick/weights-are-lfs-pointer").findings[0]
    assert first.check.id == "weights-are-lfs-pointer"
    assert "model.pt" in first.finding.message
    assert "Git LFS pointer" in first.finding.message


def test_pickle():
    first = examine("sick/weights-are-lfs-pointer--pickle").findings[0]
    assert first.check.id == "weights-are-lfs-pointer"
    assert "model.pkl" in first.finding.message
    assert "invalid load key, 'v'" in first.finding.log


def test_a_good_file_takes_its_place():
    outcome = ask("weights-are-lfs-pointer", artifact={"pytorch_model.bin": POINTER, "model.safetensors": b"good"})
    assert outcome.status is Status.CLEAR


def test_real_weights():
    outcome = ask("weights-are-lfs-pointer", artifact={"model.pt": b"PK weights"})
    assert outcome.status is Status.CLEAR


def test_one_that_a_script_names():
    script = "def model_fn(model_dir):\n    return load(model_dir + '/net.pt')\n"
    files = {"net.pt": POINTER, "other.pt": b"good", "code/inference.py": script}
    assert ask("weights-are-lfs-pointer", artifact=files).findings

"""lightgbm-file-damaged: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask, examine

TEXT = (FIXTURES / "healthy/lightgbm-text-model/model/model.txt").read_bytes()


def test_windows_line_ends():
    first = examine("sick/lightgbm-file-damaged").findings[0]
    assert first.check.id == "lightgbm-file-damaged"
    assert "model.txt has Windows line ends" in first.finding.message
    assert "expect a tree here. met" in first.finding.log
    assert "dos2unix model.txt" in first.finding.fix


def test_cut_short():
    first = examine("sick/lightgbm-file-damaged--cut-short").findings[0]
    assert first.check.id == "lightgbm-file-damaged"
    assert "of 12" in first.finding.message


def test_whole_files_and_those_that_lost_only_what_stands_behind_the_trees_are_clear():
    for data in (TEXT, TEXT[: TEXT.index(b"end of trees")]):
        assert ask("lightgbm-file-damaged", artifact={"model.txt": data}).status is Status.CLEAR


def test_one_that_the_handler_does_not_load_is_clear():
    handler = "def model_fn(model_dir):\n    return 1\n"
    files = {"old.txt": TEXT.replace(b"\n", b"\r\n"), "code/inference.py": handler}
    assert ask("lightgbm-file-damaged", artifact=files, stack="sklearn").status is Status.CLEAR

"""junk-packed: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine


def test_sick():
    first = examine("sick/junk-packed").findings[0]
    assert first.check.id == "junk-packed"
    assert "._line.json" in first.finding.message


def test_the_fix_leaves_out_what_was_found_and_nothing_else():
    paths = ("model.pt", "code/__pycache__/a.pyc", "code/__pycache__/b.pyc", "._model.pt")
    (finding,) = ask("junk-packed", artifact=dict.fromkeys(paths, b"x")).findings
    assert finding.fix == (
        "COPYFILE_DISABLE=1 tar -C model -czf model.tar.gz --exclude='__pycache__' --exclude='._*' ."
    )
    (finding,) = ask("junk-packed", artifact={"model.pt": b"x", "optimizer.pt": bytes(2 << 20)}).findings
    assert finding.fix == "tar -C model -czf model.tar.gz --exclude='optimizer.pt' ."


def test_nothing_to_leave_out():
    outcome = ask("junk-packed", artifact={"model.pt": b"x", ".gitignore": "", "optimizer.pt": b"small"})
    assert outcome.status is Status.CLEAR

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.fixture_files import files

CHECK = "model-archives-share-a-name"


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("a.mar and b.mar are both version 1.0 of model 'line'")


def test_archives_of_other_names():
    both = files(f"sick/{CHECK}")
    (own,) = files("healthy/torchserve-archive-with-own-handler").values()
    assert ask(CHECK, artifact=both, stack="torchserve").status is Status.FOUND
    assert ask(CHECK, artifact={"a.mar": both["a.mar"], "own.mar": own}, stack="torchserve").status is Status.CLEAR
    assert ask(CHECK, artifact=both, stack="pytorch").status is Status.CLEAR

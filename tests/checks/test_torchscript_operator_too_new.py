from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import file_of

FILE = "sick/torchscript-operator-too-new"


def test_the_fixture():
    first = examine(FILE).findings[0]
    assert first.check.id == "torchscript-operator-too-new"
    assert first.finding.message == (
        "model.pt calls aten::scaled_dot_product_attention, which came with torch 2.1.2 at the latest: "
        "torch 1.13.1 doesn't have it"
    )
    assert first.finding.log == "RuntimeError: Unknown builtin op: aten::scaled_dot_product_attention."
    assert "torch.scaled_dot_product_attention(query, key, value)" in first.finding.evidence[0].saw


def test_releases_around_it():
    artifact = {"model.pt": file_of(FILE, "model.pt")}
    found = {v: ask("torchscript-operator-too-new", artifact=artifact, serving={"torch": v}).status for v in _RELEASES}
    assert found == _RELEASES


_RELEASES = {
    "1.12.1": Status.FOUND,
    "1.13.0": Status.FOUND,
    "2.0.1": Status.CLEAR,  # between the measured ones
    "2.1.0": Status.CLEAR,
    "2.13.0": Status.CLEAR,
}

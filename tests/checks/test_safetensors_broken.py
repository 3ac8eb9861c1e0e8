from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.torchfiles import file_of


def test_the_fixture():
    first = examine("sick/safetensors-broken").findings[0]
    finding = first.finding
    assert first.check.id == "safetensors-broken"
    assert "model.safetensors" in finding.message
    assert "hidden.weight" in finding.message


def status(data):
    return ask("safetensors-broken", artifact={"model.safetensors": data}).status


def test_a_whole_file_is_clear():
    assert status(file_of("healthy/torch-safetensors", "model.safetensors")) is Status.CLEAR


def test_cut_short_or_longer():
    data = file_of("healthy/torch-safetensors", "model.safetensors")
    assert status(data[:-1]) is Status.FOUND
    assert status(data[:50]) is Status.FOUND
    assert status(data + b"more") is Status.FOUND


def test_the_log_is_the_library_s():
    finding = examine("sick/safetensors-broken").findings[0].finding
    assert finding.log.endswith("Error while deserializing header: invalid offset for tensor `hidden.weight`")

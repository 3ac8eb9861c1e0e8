from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask_together, examine

CHECK = "triton-step-names-collide"
OFF = {"SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING": "false"}


def of(fixture, name):
    home = FIXTURES / fixture / "models" / name
    return {"artifact": {p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file()}}


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "cats.tar.gz and dogs.tar.gz both hold a model 'clean'" in first.finding.message


def asked(members, env=OFF, stack="triton", endpoint="multi-model"):
    return ask_together(CHECK, members, stack=stack, endpoint=endpoint, env=env).status


def test_told_apart():
    steps = {"cats.tar.gz": of(f"sick/{CHECK}", "cats"), "dogs.tar.gz": of(f"sick/{CHECK}", "dogs")}
    alone = {"cats.tar.gz": of("healthy/several-triton", "cats"), "dogs.tar.gz": of("healthy/several-triton", "dogs")}
    assert asked(steps) is Status.FOUND
    assert asked(steps, env={}) is Status.CLEAR
    assert asked(steps, env={"SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING": "true"}) is Status.CLEAR
    assert asked(alone) is Status.CLEAR  # each is renamed to its archive's name
    assert asked(steps, endpoint="realtime") is Status.CLEAR

from __future__ import annotations

from doctor.model import Status
from tests.deployments import FIXTURES, ask_together, examine

CHECK = "tensorflow-takes-whole-gpu"


def of(name):
    home = FIXTURES / "sick" / CHECK / "models" / name
    return {p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file()}


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert "once detect.tar.gz is loaded" in first.finding.message
    assert "segment.tar.gz can't be loaded beside it" in first.finding.message


def asked(one=None, other=None, **parts):
    members = {"a.tar.gz": {"artifact": one or of("detect")}, "b.tar.gz": {"artifact": other or of("segment")}}
    given = {"stack": "multi-model-server", "endpoint": "multi-model", "instance": "ml.g4dn.xlarge", **parts}
    return ask_together(CHECK, members, **given).status


def test_what_leaves_room():
    script = of("detect")["code/inference.py"].decode()
    grows = script.replace("def model_fn", "tf.config.experimental.set_memory_growth(None, True)\n\n\ndef model_fn")
    growing = {**of("detect"), "code/inference.py": grows}
    assert asked() is Status.FOUND
    assert asked(one=growing) is Status.FOUND  # the other one still takes all
    assert asked(one=growing, other=growing) is Status.CLEAR
    assert asked(env={"TF_FORCE_GPU_ALLOW_GROWTH": "true"}) is Status.CLEAR
    assert asked(serving={"tensorflow-cpu": "2.15.1"}) is Status.CLEAR
    assert asked(serving={"tensorflow": "2.15.1"}) is Status.FOUND


def test_other_servers_and_instances():
    assert asked(stack="triton") is Status.CLEAR  # one process, and its backend lets memory grow
    assert asked(instance="ml.m5.xlarge") is Status.CLEAR
    torch = {"model.pt": b"", "code/inference.py": "import torch\n"}
    assert asked(other=torch) is Status.CLEAR

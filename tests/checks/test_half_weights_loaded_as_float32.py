from __future__ import annotations

from pathlib import Path

import pytest

from doctor.deployment import Deployment
from doctor.examine import ask as ask_check
from doctor.model import Status
from tests.deployments import checks, examine, plan_of

CHECK = "half-weights-loaded-as-float32"
PLAIN = "from_pretrained(model_dir)\n    model"


def told(plan, **changes):
    check = next(c for c in checks() if c.id == CHECK)
    return ask_check(check, Deployment(plan._replace(**changes))).status


def test_is_told_first():
    first = examine(f"sick/{CHECK}").findings[0]
    assert first.check.id == CHECK
    assert first.finding.message.startswith("transformers 4.57.6 makes float32 of 13.5 GiB of weights: 27.0 GiB, and")
    assert "model = AutoModelForCausalLM.from_pretrained(model_dir)" in [e.saw for e in first.finding.evidence]


@pytest.mark.parametrize("asked", ['torch_dtype="auto"', "dtype=torch.bfloat16", 'device_map="auto"', "**options"])
def test_a_dtype_that_is_asked_for(tmp_path, asked):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    script = Path(plan.artifact) / "code" / "inference.py"
    script.write_text(script.read_text().replace(PLAIN, f"from_pretrained(model_dir, {asked})\n    model"))
    assert told(plan) is not Status.FOUND


def test_transformers_5_keeps_what_is_stored(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    serving = tmp_path / "serving.txt"
    serving.write_text(Path(plan.serving).read_text().replace("transformers==4.57.6", "transformers==5.0.0"))
    assert told(plan, serving=str(serving)) is Status.CLEAR
    assert told(plan, serving="") is Status.UNKNOWN


@pytest.mark.parametrize("line", ["model.half()", "model.to(torch.bfloat16)", "torch.set_default_dtype(torch.float16)"])
def test_a_script_that_makes_it_narrower(tmp_path, line):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    script = Path(plan.artifact) / "code" / "inference.py"
    script.write_text(script.read_text().replace('    model.to("cuda")', f'    {line}\n    model.to("cuda")'))
    assert told(plan) is Status.CLEAR


@pytest.mark.parametrize("instance", ["ml.g6e.xlarge", "ml.m5.12xlarge", "ml.p2.xlarge"])
def test_room_for_both_or_for_neither(tmp_path, instance):
    assert told(plan_of(f"sick/{CHECK}", tmp_path), instance_type=instance) is Status.CLEAR


def test_where_nothing_moves_it_to_the_gpu(tmp_path):
    plan = plan_of(f"sick/{CHECK}", tmp_path)
    script = Path(plan.artifact) / "code" / "inference.py"
    script.write_text(script.read_text().replace('    model.to("cuda")\n', ""))
    assert told(plan) is Status.CLEAR

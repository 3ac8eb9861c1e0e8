from __future__ import annotations

import json

from doctor.model import Status
from tests.deployments import ask, examine

INDEX = {
    "_class_name": "DDPMPipeline",
    "scheduler": ["diffusers", "DDPMScheduler"],
    "unet": ["diffusers", "UNet2DModel"],
    "safety_checker": [None, None],
}
WHOLE = {
    "model_index.json": json.dumps(INDEX),
    "scheduler/scheduler_config.json": "{}",
    "unet/config.json": "{}",
    "unet/diffusion_pytorch_model.safetensors": b"x",
}
LOAD = "import diffusers\n\n\ndef model_fn(d):\n    return diffusers.DDPMPipeline.from_pretrained(d{})\n"


def status(*without, code="", stack="huggingface"):
    artifact = {path: data for path, data in WHOLE.items() if not path.startswith(without)} if without else dict(WHOLE)
    if code:
        artifact["code/inference.py"] = code
    return ask("diffusers-component-missing", artifact=artifact, stack=stack).status


def test_the_fixture():
    first = examine("sick/diffusers-component-missing").findings[0]
    assert first.check.id == "diffusers-component-missing"
    assert "unet (UNet2DModel)" in first.finding.message


def test_a_whole_pipeline_is_clear():
    assert status() is Status.CLEAR
    assert status("unet") is Status.FOUND
    assert status("unet/diffusion") is Status.FOUND
    assert status("scheduler") is Status.FOUND


def test_only_what_is_loaded_counts():
    assert status("unet", stack="pytorch") is Status.CLEAR
    assert status("unet", code="def model_fn(d):\n    pass\n", stack="pytorch") is Status.CLEAR
    assert status("unet", code=LOAD.format(""), stack="pytorch") is Status.FOUND
    assert status("unet", code=LOAD.format(", unet=None"), stack="pytorch") is Status.CLEAR

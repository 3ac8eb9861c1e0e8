from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine
from tests.servedfiles import llama

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}


def status(scaling, transformers, stack="huggingface", **changes):
    given = {"artifact": llama(rope_scaling=scaling, **changes), "stack": stack}
    return ask("rope-scaling-refused", serving={"transformers": transformers}, **given).status


def test_the_fixture():
    first = examine("sick/rope-scaling-refused").findings[0]
    assert first.check.id == "rope-scaling-refused"
    assert "4.42.4" in first.finding.message and "4.43.0" in first.finding.fix


def test_from_4_43_and_for_what_was_known_before_it_is_clear():
    assert status(LLAMA3, "4.42.4") is Status.FOUND
    assert status(LLAMA3, "4.43.0") is Status.CLEAR
    assert status(LLAMA3, "4.30.2") is Status.CLEAR
    assert status({"type": "linear", "factor": 2.0}, "4.36.2") is Status.CLEAR
    assert status(None, "4.36.2") is Status.CLEAR
    assert status({"type": "yarn", "factor": 2.0}, "4.36.2", "vllm") is Status.FOUND
    assert status({"type": "yarn", "factor": 2.0}, "4.36.2", model_type="qwen2") is Status.CLEAR


def config_of(model_type, version, **entries):
    import json

    config = json.dumps({"model_type": model_type, "architectures": ["A"], **entries})
    return ask(
        "rope-scaling-refused",
        artifact={"config.json": config, "model.safetensors": b"x"},
        serving={"transformers": version},
        stack="huggingface",
        env={"HF_TASK": "fill-mask"},
    )


def test_modernbert_of_5_0():
    layers = {"full_attention": {"rope_theta": 1.0}, "sliding_attention": {"rope_theta": 1.0}}
    mixed = {**layers, "rope_theta": None}
    assert config_of("modernbert", "5.23.0", rope_parameters=mixed).status is Status.FOUND
    assert config_of("modernbert", "5.10.0", rope_parameters=mixed).status is Status.UNKNOWN
    assert config_of("modernbert", "5.0.0", rope_parameters=mixed).status is Status.CLEAR
    assert config_of("modernbert", "5.23.0", rope_parameters=layers).status is Status.CLEAR


def test_longrope():
    scaling = {"type": "longrope", "short_factor": [1.0], "long_factor": [1.0]}
    assert config_of("phi3", "4.42.4", rope_scaling=scaling).status is Status.FOUND
    assert config_of("phi3", "4.45.2", rope_scaling=scaling).status is Status.UNKNOWN
    assert config_of("phi3", "4.48.3", rope_scaling=scaling).status is Status.CLEAR

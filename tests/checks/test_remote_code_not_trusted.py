"""remote-code-not-trusted: the fixture first, near misses clear."""

from __future__ import annotations

from doctor.model import Status
from tests.deployments import ask, examine

CONFIG = """{"model_type": "acme_line", "auto_map": {"AutoConfig": "configuration_line.LineConfig",
"AutoModelForSequenceClassification": "modeling_line.Line"}}"""
SCRIPT = """from transformers import AutoModelForSequenceClassification, AutoTokenizer


def model_fn(model_dir):
    return AutoModelForSequenceClassification.from_pretrained(model_dir), AutoTokenizer.from_pretrained(model_dir)
"""
TRUSTING = SCRIPT.replace("(model_dir)", "(model_dir, trust_remote_code=True)")
CODE = {"configuration_line.py": "", "modeling_line.py": "", "model.safetensors": b"x", "config.json": CONFIG}
SERVING = {"transformers": "4.57.6", "torch": "2.13.0", "tokenizers": "0.22.1"}


def test_sick():
    first = examine("sick/remote-code-not-trusted").findings[0]
    assert first.check.id == "remote-code-not-trusted"
    assert "acme_line" in first.finding.message
    assert "configuration_line.LineConfig" in first.finding.message


def test_script():
    first = examine("sick/remote-code-not-trusted--script").findings[0]
    assert first.check.id == "remote-code-not-trusted"
    assert "AutoModelForSequenceClassification" in first.finding.message


def test_trusted():
    outcome = ask(
        "remote-code-not-trusted", artifact={**CODE, "code/inference.py": TRUSTING}, stack="pytorch", serving=SERVING
    )
    assert outcome.status is Status.CLEAR


def test_trusted_by_the_variable():
    outcome = ask(
        "remote-code-not-trusted",
        artifact=CODE,
        stack="huggingface",
        env={"HF_TRUST_REMOTE_CODE": "true", "HF_TASK": "fill-mask"},
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


def test_a_type_that_transformers_has():
    outcome = ask(
        "remote-code-not-trusted",
        artifact={**CODE, "config.json": CONFIG.replace("acme_line", "falcon"), "code/inference.py": SCRIPT},
        stack="pytorch",
        serving=SERVING,
    )
    assert outcome.status is Status.CLEAR


FALCON = """{"model_type": "RefinedWebModel", "alibi": true, "auto_map": {"AutoConfig": "configuration_RW.RWConfig"}}"""
SERVED = {"transformers": "4.29.2"}


def served(stack, config=FALCON, serving=SERVED, properties="", **env):
    files = {"config.json": config, "configuration_RW.py": "", "model.safetensors": b"x"}
    files |= {"serving.properties": properties} if properties else {}
    return ask("remote-code-not-trusted", artifact=files, stack=stack, serving=serving, env=env)


def test_servers_are_told_in_ways_of_their_own():
    for name, fix in (
        ("tgi", "set the variable HF_MODEL_TRUST_REMOTE_CODE=true"),
        ("tgi-0-8", "set the variable TRUST_REMOTE_CODE=true"),
        ("djl", "echo option.trust_remote_code=true >> serving.properties"),
    ):
        first = examine(f"sick/remote-code-not-trusted--{name}").findings[0]
        assert first.check.id == "remote-code-not-trusted"
        assert first.finding.fix == fix
        assert first.finding.log.startswith("ValueError: Loading /opt/ml/model requires you to execute")


def test_a_server_that_trusts():
    assert served("tgi", HF_MODEL_TRUST_REMOTE_CODE="true").status is Status.CLEAR
    assert served("tgi", serving={**SERVED, "text-generation-server": "1.1.0"}, TRUST_REMOTE_CODE="1").status is (
        Status.CLEAR
    )
    assert served("djl", properties="engine=Python\noption.trust_remote_code=true\n").status is Status.CLEAR


def test_a_server_that_has_the_config_itself():
    assert served("tgi", FALCON.replace("true", "false")).status is Status.CLEAR
    assert served("vllm").status is Status.CLEAR
    assert served("djl", properties="option.rolling_batch=vllm\n").status is Status.CLEAR
    own = FALCON.replace("RefinedWebModel", "acme_line")
    assert served("vllm", own).status is Status.FOUND
    assert served("vllm", own, SM_VLLM_TRUST_REMOTE_CODE="true").status is Status.CLEAR
    assert served("tgi", own, serving={"transformers": "4.51.3"}).findings[0].log.startswith("ValueError: Loading")

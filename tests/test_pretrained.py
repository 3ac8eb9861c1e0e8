"""Which folders the server loads, and which model types a version of transformers has."""

from __future__ import annotations

import pytest
from packaging.version import Version

from doctor.pretrained import knows, loads
from tests.deployments import deployment

LOAD = "    return AutoModel.from_pretrained(model_dir)\n"


def found(script, stack="pytorch", env=None):
    files = {"code/inference.py": f"import os\nfrom transformers import AutoModel, AutoTokenizer, pipeline\n{script}"}
    parts = deployment(artifact=files, stack=stack, env=env or {})
    return [(one.folder, one.loader) for one in loads(parts.part("handler"), stack, env or {})]


def test_the_folder_that_model_fn_gets():
    assert found(f"def model_fn(model_dir):\n{LOAD}") == [("", "AutoModel")]


def test_a_folder_below():
    script = "def model_fn(model_dir):\n    return AutoTokenizer.from_pretrained(os.path.join(model_dir, 'words'))\n"
    assert found(script) == [("words", "AutoTokenizer")]


def test_a_pipeline():
    assert found("def model_fn(model_dir):\n    return pipeline('fill-mask', model=model_dir)\n") == [("", "pipeline")]


@pytest.mark.parametrize(
    "script",
    [
        f"def train(model_dir):\n{LOAD}",  # serving doesn't call it
        "def model_fn(model_dir):\n    return AutoModel.from_pretrained('bert-base-uncased')\n",
        "def model_fn(model_dir):\n    return AutoModel.from_pretrained(model_dir, subfolder='unet')\n",
        f"def model_fn(model_dir):\n    try:\n    {LOAD}    except OSError:\n        return None\n",
        f"def model_fn(model_dir):\n    if os.path.exists(model_dir + '/config.json'):\n    {LOAD}",
    ],
)
def test_what_is_not_surely_loaded(script):
    assert found(script) == []


def test_the_default_handler_loads_the_root():
    assert found("def predict_fn(data, model):\n    return model(data)\n", "huggingface") == [("", "pipeline")]
    assert found("def predict_fn(data, model):\n    return model(data)\n", "huggingface", {"HF_MODEL_ID": "a/b"}) == []


@pytest.mark.parametrize(
    ("model_type", "version", "known"),
    [
        ("bert", "4.6.1", True),
        ("qwen2", "4.36.2", False),
        ("qwen2", "4.37.0", True),
        ("code_llama", "5.9.0", None),  # known at 5.5.3, no longer at 5.23.0
        ("qwen2", "4.37.2", True),
        ("modernbert", "4.48.3", True),
        ("acme", "5.23.0", False),
        ("acme", "5.24.0", None),
        ("acme", "4.57.0.dev0", None),
        ("transfo-xl", "4.57.6", True),
        ("transfo-xl", "5.0.0", False),
    ],
)
def test_model_types_of_versions(model_type, version, known):
    assert knows(model_type, Version(version)) is known

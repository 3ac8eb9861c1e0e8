"""Tests of the part ``handler``: what it says of scripts, without running them."""

from __future__ import annotations

import random

import pytest

from doctor.artifact.tree import Artifact, Member
from doctor.handler import build

NET = """
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.layer = nn.Linear(size, 2)

    def forward(self, x):
        return scale(self.layer(x))

def scale(x):
    return x
"""
INFERENCE = """
import os
import torch as th
from torch.jit import load as jl
import joblib
from pathlib import Path
from net import Net
from . import settings
import config as cfg

loader = joblib.load
LABELS = open("/opt/ml/model/labels.txt").read()

def fetch(folder, name="extra.bin"):
    return loader(os.path.join(folder, name))

def model_fn(model_dir, context=None):
    fetch(model_dir)
    jl(f"{model_dir}/sub/{cfg.FILE}")
    open(Path(model_dir) / "vocab.txt")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "map.json")) as file:
        file.read()
    if os.path.exists("x"):
        joblib.load("/data/%s" % "a.bin")
    model = Net()
    model.load_state_dict(th.load("weights.pt", map_location="cpu"))
    return model.eval()

def predict_fn(data, model):
    try:
        return model(data).numpy()
    except ValueError:
        return None

if __name__ == "__main__":
    joblib.load("never")
"""
FILES = {
    "code/inference.py": INFERENCE,
    "code/net.py": NET,
    "code/config.py": "FILE = 'm.pt'\n",
    "code/settings.py": "",
    "code/train.py": "import sklearn\n",
}

UNPARSABLE = [b"def (", b"\x00", b"\xff\xfe", b"x = " + b"(" * 5000, b"-" * 100_000 + b"1", b"a" + b".a" * 20_000]


def handler_of(files=FILES, stack="pytorch", **variables):
    kept = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    members = {path: Member(path, "file", len(data)) for path, data in kept.items()}
    return build(Artifact("model.tar.gz", "tar.gz", members, kept), variables, stack)


def test_follows_the_imports_of_the_entry_within_the_archive():
    handler = handler_of()
    assert list(handler.scripts) == ["code/inference.py", "code/net.py", "code/settings.py", "code/config.py"]
    assert handler.entry.path == "code/inference.py"
    assert set(handler.hooks) == {"model_fn", "predict_fn"}


def test_is_empty_without_a_script():
    handler = handler_of({"model.pt": b"x"})
    assert not handler
    assert handler.entry is None
    assert list(handler.calls()) == list(handler.opened()) == list(handler.imports()) == []


def test_sagemaker_program_names_the_entry():
    files = {"code/serve_it.py": "def model_fn(d): pass\n", "code/inference.py": ""}
    assert handler_of(files, SAGEMAKER_PROGRAM="serve_it.py").entry.path == "code/serve_it.py"


def test_resolves_the_names_of_calls():
    handler = handler_of()
    names = [c.name for c in handler.calls()]
    for name in (
        "joblib.load",
        "torch.jit.load",
        "torch.load",
        "net.Net",
        "net.Net().load_state_dict",
        "net.Net()().numpy",
    ):
        assert name in names
    assert "never" not in [o.text for o in handler.opened()]


def test_tells_what_is_opened():
    opened = {(o.call.name, o.path, o.text) for o in handler_of().opened()}
    assert opened == {
        ("open", "labels.txt", "/opt/ml/model/labels.txt"),
        ("joblib.load", "extra.bin", "/opt/ml/model/extra.bin"),
        ("torch.jit.load", "sub/m.pt", "/opt/ml/model/sub/m.pt"),
        ("open", "vocab.txt", "/opt/ml/model/vocab.txt"),
        ("open", "code/map.json", "/opt/ml/model/code/map.json"),
        ("joblib.load", None, "/data/a.bin"),
        ("torch.load", None, "weights.pt"),
    }


def test_says_what_runs_when():
    calls = {(c.name, c.line): c for c in handler_of().calls()}
    by_name = {name: call for (name, _), call in calls.items()}
    assert by_name["net.scale"].hooks == {"predict_fn"}
    assert by_name["torch.nn.Linear"].hooks == {"model_fn"}
    assert by_name["torch.load"].certain
    assert by_name["net.Net()"].caught
    assert not by_name["torch.load"].caught
    conditional = next(c for c in handler_of().calls("joblib.load") if c.line == 24)
    assert not conditional.certain
    assert next(iter(handler_of().calls("open"))).at_import


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("def model_fn(d): pass", True),
        ("from other import load as model_fn", True),
        ("model_fn = lambda d: 1", True),
        ("from other import *", None),
        ("globals()['model_fn'] = len", None),
        ("x = 1", False),
    ],
)
def test_defines(source, defined):
    assert handler_of({"code/inference.py": source}).defines("model_fn") is defined


def test_a_value_that_depends_on_a_branch_is_not_known():
    source = "import torch, numpy as np\n\ndef input_fn(b, c):\n    if c == 'x':\n        v = np.array(b)\n"
    source += "    else:\n        v = torch.tensor(b)\n    return v\n\ndef predict_fn(d, m):\n    return d.shape()\n"
    assert [c.name for c in handler_of({"code/inference.py": source}).calls("*.shape")] == ["*.shape"]


def test_an_import_that_a_try_guards_is_said_to_be():
    source = "try:\n    import a\nexcept ImportError:\n    import b\n\ndef f():\n    import c.d\n"
    found = {i.module: (i.guarded, i.function) for i in handler_of({"code/inference.py": source}).imports()}
    assert found == {"a": (True, ""), "b": (False, ""), "c.d": (False, "f")}


@pytest.mark.parametrize(
    "source", [b"def (", b"\x00", b"\xff\xfe", b"x = " + b"(" * 5000, b"-" * 100_000 + b"1", b"a" + b".a" * 20_000]
)
def test_a_source_that_python_cannot_parse_has_an_error(source):
    handler = handler_of({"code/inference.py": source})
    assert handler.entry.error is not None or list(handler.calls()) == []


def test_recursion_and_cycles_end():
    source = "from inference import x as x\nx = x\ny = x()\n\ndef f(a=f):\n    return f(f)(a)\n\n"
    source += "class A(A):\n    b = b\n\nz = A().b.c\n"
    handler = handler_of({"code/inference.py": source})
    assert [c.line for c in handler.calls() if c.at_import]
    assert list(handler.opened()) == []


def test_no_mutation_of_a_source_raises():
    chance = random.Random(1)
    for _ in range(150):
        text = list(INFERENCE)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 12)] = chance.choice(
                ["", "(", "\n", "    ", "model", ":=", "*", "lambda:", "\x00", "é"]
            )
        handler = handler_of({**FILES, "code/inference.py": "".join(text)})
        list(handler.calls())
        list(handler.opened())

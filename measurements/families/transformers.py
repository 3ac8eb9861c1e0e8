"""Transformers: configs, tokenizers and whole small models, from 4.6 on; with PyTorch where that release imports it."""

from __future__ import annotations

from measurements.family import Env, Family, Served

_OLD = ("numpy==1.22.4", "huggingface-hub==0.13.4")
_TORCH = ("torch==2.13.0", "numpy==1.26.4")
_NEW = ("torch==2.13.0", "numpy==2.4.6")

_HANDLER = """\
import os

from {module} import {loader}


def model_fn(model_dir):
    return {loader}.{method}(os.path.join(model_dir, "{path}"))


def predict_fn(input_data, model):
    return {use}
"""
_TASKS = {
    "SequenceClassification": ("bert", "distilbert", "roberta", "deberta-v2", "modernbert"),
    "Seq2SeqLM": ("t5", "bart"),
    "SpeechSeq2Seq": ("whisper",),
    "ImageClassification": ("vit",),
}
_USE = {
    "CausalLM": "model.generate(input_data, max_length=7)",
    "Seq2SeqLM": "model.generate(input_data, max_length=3)",
}


def _served(name: str) -> Served:
    what, kind, *more = name.split("--")
    module, loader, method, path, use = "transformers", "AutoConfig", "from_pretrained", "model", "model.to_dict()"
    if what == "json":
        module, loader, method = "tokenizers", "Tokenizer", "from_file"
        path, use = "model/tokenizer.json", "model.encode(input_data).ids"
    elif what == "tokenizer":
        loader = "AutoTokenizer"
        use = "model.apply_chat_template(input_data, tokenize=False)" if more == ["chat"] else "model(input_data)"
    elif what == "model":
        task = next((task for task, kinds in _TASKS.items() if kind in kinds), "CausalLM")
        loader, use = f"AutoModelFor{task}", _USE.get(task, "model(**input_data)")
    text = _HANDLER.format(module=module, loader=loader, method=method, path=path, use=use)
    return Served("huggingface", "model", {"code/inference.py": text})


def _plain(version: str, tokenizers: str) -> Env:
    return Env(version, "3.8", (f"transformers=={version}", f"tokenizers=={tokenizers}", *_OLD))


def _torch(version: str, hub: str, *, since: tuple[str, ...] = _TORCH) -> Env:
    return Env(version, "3.11", (f"transformers=={version}", f"huggingface-hub{hub}", "safetensors", *since))


FAMILY = Family(
    name="transformers",
    leading="transformers",
    environments=(
        _plain("4.6.1", "0.10.3")._replace(pins=("transformers==4.6.1", "numpy==1.22.4", "six")),
        _plain("4.12.3", "0.10.3"),
        _plain("4.17.0", "0.11.6"),
        _torch("4.26.0", "==0.16.4"),
        _torch("4.31.0", "==0.19.4"),
        _torch("4.37.2", "==0.23.5"),
        _torch("4.42.4", "==0.25.2"),
        _torch("4.45.2", "==0.26.5"),
        _torch("4.48.3", "==0.29.3"),
        _torch("4.51.3", "==0.32.6", since=_NEW),
        _torch("4.57.6", "==0.36.2", since=_NEW),
        _torch("5.0.0", ">=1,<2", since=_NEW),
        _torch("5.23.0", ">=2,<3", since=_NEW),
    ),
    served=_served,
    newer=lambda version: Env(version, "3.13", (f"transformers=={version}",)),
    together=True,
)

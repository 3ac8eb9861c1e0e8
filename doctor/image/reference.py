"""A cloud image that is not here: what its reference tells, by how repositories and tags are composed."""

from __future__ import annotations

import re

from doctor.environment import Environment
from doctor.modules import by_names

_REFERENCE = r"(?:[\w.-]+(?::\d+)?/)+[\w.-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$|[\w-]+:[\w.-]+$"
_FRAMEWORKS = (
    (r"pytorch", "torch"),
    (r"tensorflow", "tensorflow"),
    (r"mxnet", "mxnet"),
    (r"scikit-learn", "scikit-learn"),
    (r"xgboost", "xgboost"),
    (r"vllm", "vllm"),
)


def is_reference(text: str) -> bool:
    """Say whether a text has the form of an image reference: ``registry/repository:tag``."""
    if text.startswith((".", "/")) or text.endswith((".tar", ".gz", ".tgz")):
        return False
    names_place = ":" in text or "@" in text or "." in text.split("/", maxsplit=1)[0]
    return names_place and re.match(_REFERENCE, text) is not None


def environment(reference: str) -> Environment:
    """
    Return what an image's reference tells of its Python and framework; never complete.

    ``.../pytorch-inference:2.6.0-cpu-py312`` has Python 3.12 and torch 2.6.0. The TensorFlow Serving images have no
    tensorflow package, so theirs name none.
    """
    path, _, tag = reference.partition("@")[0].rpartition(":")
    repository = path.rsplit("/", 1)[-1] if "/" in path else path
    packages = _packages(repository, tag)
    found = re.search(r"(?:^|-)py3(\d{1,2})(?:-|$)", tag)
    python = f"3.{found[1]}" if found else ""
    finds = by_names(packages, python, complete=False)
    return Environment("serving", f"{reference}, known in part from its reference", packages, python, finds=finds)


def _packages(repository: str, tag: str) -> dict[str, str]:
    packages: dict[str, str] = {}
    number = re.match(r"v?(\d+\.\d+(?:\.\d+)?)(?:-|$)", tag)
    family = next((name for pattern, name in _FRAMEWORKS if re.search(pattern, repository)), "")
    if number and family and not (family == "tensorflow" and repository.startswith("tensorflow-inference")):
        packages[family] = _release(number[1], family, tag)
    transformers = re.search(r"transformers(\d+\.\d+\.\d+)", tag)
    if transformers:
        packages["transformers"] = transformers[1]
    tgi = re.search(r"-tgi(\d+\.\d+\.\d+)", tag)
    if tgi:
        packages["text-generation-server"] = tgi[1]
    return packages


def _release(version: str, family: str, tag: str) -> str:
    """
    The framework's release that a tag names, "" where it names only a series.

    ``1.2-1`` of scikit-learn is the image's own numbering (it holds 1.2.1), ``2.6-gpu-py312`` is some 2.6.
    """
    if version.count(".") < 2 or (family in {"scikit-learn", "xgboost"} and re.match(r"[\d.]+-\d+(-|$)", tag)):
        return ""
    return version

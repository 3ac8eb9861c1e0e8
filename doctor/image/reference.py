"""A cloud image that is not here: what its reference tells, by how repositories and tags are composed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from doctor.environment import Environment
from doctor.facts import load
from doctor.image import registry_names
from doctor.modules import by_names

_ECR = r"(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?$"
_PUBLIC = "public.ecr.aws/deep-learning-containers"
_FRAMEWORKS = (
    (r"pytorch", "torch"),
    (r"tensorflow", "tensorflow"),
    (r"mxnet", "mxnet"),
    (r"scikit-learn", "scikit-learn"),
    (r"xgboost", "xgboost"),
    (r"vllm", "vllm"),
)
_TOKENS = {
    "cuda": r"(?:^|-)cu(\d{2})(\d)(?:-|$)",
    "os": r"(?:^|-)(ubuntu\d{2}\.\d{2}|amzn\d+|al\d+)(?:-|$)",
    "processor": r"(?:^|-)(cpu|gpu|neuronx|neuron|hpu)(?:-|$)",
    "neuron": r"(?:^|-)sdk(\d+(?:\.\d+)+)(?:-|$)",
}


class Known(NamedTuple):
    """
    What a reference tells of an image; "" where it tells nothing.

    Args:
        registry: host and path before the repository.
        region: of the registry, where it is ECR.
        repository: the last part of the name.
        tag: as given.
        digest: as given.
        cloud: whether the registry holds the cloud's own images of that name.
        python: the series, "3.12".
        cuda: "12.4".
        os: "ubuntu22.04".
        processor: "cpu", "gpu", "neuron", "neuronx".
        architecture: "arm64" or "amd64".
        neuron: the version of the Neuron SDK.
        engine: what serves, where one tag names several: "LMI 28.0.0, vLLM 0.26.0".
        packages: distribution to version, "" where it is there in a version that has changed under this tag.
        sources: where what the reference itself doesn't say is from.
    """

    registry: str
    region: str
    repository: str
    tag: str
    digest: str
    cloud: bool
    python: str = ""
    cuda: str = ""
    os: str = ""
    processor: str = ""
    architecture: str = ""
    neuron: str = ""
    engine: str = ""
    packages: Mapping[str, str] = {}
    sources: tuple[str, ...] = ()


def is_reference(text: str) -> bool:
    """Say whether a text names a registry, tag or digest, as an image reference does, and no file."""
    if text.startswith((".", "/")):
        return False
    names_place = ":" in text or "@" in text or "." in text.split("/", maxsplit=1)[0]
    return names_place and registry_names.is_reference(text)


def environment(reference: str) -> Environment:
    """
    Return what an image's reference tells of its Python and packages; never complete.

    ``.../pytorch-inference:2.6.0-cpu-py312`` has Python 3.12 and torch 2.6.0. The TensorFlow Serving images have no
    tensorflow package, so theirs name none. Packages that the tag doesn't name are those of the image's public recipe
    that it has always had.
    """
    known = describe(reference)
    finds = by_names(known.packages, known.python, complete=False)
    source = f"{reference}, known in part from its reference"
    return Environment("serving", source, known.packages, known.python, finds=finds)


def describe(reference: str) -> Known:
    """Return what is known of an image from its reference: its tag's parts, and what is published of the cloud's."""
    name, _, digest = reference.partition("@")
    path, colon, tag = name.rpartition(":")
    path, tag = (path, tag) if colon and "/" not in tag else (name, "")
    registry, _, repository = path.rpartition("/")
    account = re.match(_ECR, registry)
    cloud = registry == _PUBLIC or (account is not None and _holds(account[1], account[2], repository))
    known = Known(
        registry,
        account[2] if account else "",
        repository,
        tag,
        digest,
        cloud,
        architecture="arm64" if re.search(r"arm64|graviton", f"{repository}:{tag}") else "",
        packages=_packages(repository, tag),
    )._replace(**_tokens(tag))
    return _published(known) if cloud else known


def _holds(account: str, region: str, repository: str) -> bool:
    rows = (g for g in load("registries")["groups"] if repository in g["repositories"].split())
    return any(region in g["accounts"].get(account, "").split() for g in rows)


def _tokens(tag: str) -> dict[str, Any]:
    found = {key: re.search(pattern, tag) for key, pattern in _TOKENS.items()}
    said = {key: ".".join(match.groups()) for key, match in found.items() if match}
    python = re.search(r"(?:^|-)py3(\d{1,2})(?:-|$)", tag)
    if python:
        said["python"] = f"3.{python[1]}"
    if "cuda" in said:
        said.setdefault("processor", "gpu")
    return said


def _published(known: Known) -> Known:
    """Add what the catalogue and the recipes of the cloud's images say beyond the tag."""
    facts = load("cloud_images")
    listed: dict[str, Any] = facts["tags"].get(known.repository, {}).get(known.tag, {})
    recipe: dict[str, Any] = next((r for r in facts["recipes"] if _made_by(known, r)), {})
    said = {key: listed.get(key) or recipe.get(key) for key in ("python", "cuda", "os", "processor", "engine")}
    packages = {
        **dict.fromkeys(recipe.get("varied", ()), ""),
        **known.packages,
        **recipe.get("packages", {}),
        **listed.get("packages", {}),
    }
    sources = [facts["catalogue"]] if listed else []
    sources += [recipe["source"]] if recipe else []
    new: dict[str, Any] = {key: value for key, value in said.items() if value and not getattr(known, key)}
    return known._replace(**new, packages=packages, sources=tuple(sources))


def _made_by(known: Known, recipe: Mapping[str, Any]) -> bool:
    rest = known.tag.removeprefix(recipe["tag"]) if known.tag.startswith(recipe["tag"]) else "no"
    return known.repository == recipe["repository"] and re.fullmatch(r"(-cpu)?(-py3)?", rest) is not None


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

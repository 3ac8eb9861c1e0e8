"""What a server of large models (DJL-LMI, TGI, TEI, vLLM, SGLang) loads of the artifact, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor import facts
from doctor.model import Evidence
from doctor.pretrained import MODEL_DIR, folder_of

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.formats.kinds.properties import ServingProperties
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

PROPERTIES = "serving.properties"
_VLLM = frozenset({"vllm", "lmi-dist"})  # lmi-dist is built on vLLM and shares its checks of a model's config
_PERHAPS_VLLM = _VLLM | {"", "auto", "python", "mpi"}
_TRUE = frozenset({"true", "1", "yes", "on"})


class Setting(NamedTuple):
    """A setting as the user gave it: ``SM_VLLM_DTYPE`` ``bfloat16``."""

    name: str
    value: str
    evidence: Evidence

    @property
    def number(self) -> int:
        """Its value as a number, 0 where it is none."""
        return int(self.value) if self.value.isascii() and self.value.isdigit() and len(self.value) < 10 else 0


class Server:
    """
    A server of large models with what it was told.

    Args:
        stack: "djl", "tgi", "tei", "vllm" or "sglang".
        models: of the artifact.
        target: with the endpoint's variables.
    """

    def __init__(self, stack: str, models: Models, target: Target) -> None:
        self.stack = stack
        self.models = models
        self.target = target
        self._names: Mapping[str, list[str]] = facts.load("llm_servers")["stacks"][stack]
        self._properties = _properties(models)

    def setting(self, kind: str) -> Setting | None:
        """Return a setting ("dtype", "tensor_parallel", ...), None where nothing gives it."""
        for name in self._names.get(kind, ()):
            if "." in name and self._properties is not None and name in self._properties.values:
                where = f"artifact:{PROPERTIES}:{self._properties.lines[name]}"
                value = self._properties.values[name].strip()
                return Setting(name, value, Evidence(where, f"{name}={value}"))
            if self.target.variables.get(name):
                value = self.target.variables[name].strip()
                return Setting(name, value, Evidence(f"target:env/{name}", value))
        return None

    @property
    def vllm(self) -> bool:
        """Whether the engine is surely vLLM."""
        engine = self.setting("engine")
        return self.stack == "vllm" or (engine is not None and engine.value.lower() in _VLLM)

    @property
    def trusts(self) -> bool:
        """Whether code of the model's folder may run."""
        given = self.setting("trust")
        return given is not None and given.value.lower() in _TRUE

    def has_config(self, config: Mapping[str, Any]) -> bool:
        """Say whether some release of the server reads such a config by a class of its own, not the model's."""
        table = facts.load("llm_servers")
        model_type = config.get("model_type")
        if self.stack == "tgi":
            return model_type in table["configs_of_tgi"] and not config.get("alibi")
        given = self.setting("engine")
        named = [given.value] if given else []
        named += [self._properties.values.get("engine", "")] if self._properties is not None else []
        return model_type in table["configs_of_vllm"] and all(n.lower() in _PERHAPS_VLLM for n in named)

    @property
    def folder(self) -> str | None:
        """The folder of the artifact that it loads, "" for the root; None where it loads another model."""
        given = self.setting("model")
        if given is None:
            return ""
        if given.value in {".", "./"}:
            return ""
        if (given.value.rstrip("/") + "/").startswith(f"{MODEL_DIR}/"):
            return given.value.rstrip("/")[len(MODEL_DIR) + 1 :]
        return given.value if folder_of(self.models, given.value) is not None else None

    def model(self) -> tuple[ModelFile, Pretrained] | None:
        """Return the Hugging Face folder that it loads, None where it is another's or no such folder."""
        folder = self.folder
        return None if folder is None else folder_of(self.models, folder)


def server(models: Models, handler: Handler, stack: str, target: Target) -> Server | None:
    """Return the server of large models, None where the stack is another or a script of its own loads the model."""
    if stack not in facts.load("llm_servers")["stacks"] or handler:
        return None
    made = Server(stack, models, target)
    return None if made.setting("entry") else made


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a config that describes the language model: "text_config" where the model also sees."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) and "num_hidden_layers" in inner else config


def count(config: Mapping[str, Any], *names: str) -> int:
    """Return the first of some numbers of a config, 0 where it has none of them."""
    found = (config.get(name) for name in names)
    return next((n for n in found if type(n) is int and n > 0), 0)


def _properties(models: Models) -> ServingProperties | None:
    from doctor.formats.kinds.properties import ServingProperties

    file = models.at(PROPERTIES)
    return file.facts if file is not None and isinstance(file.facts, ServingProperties) else None

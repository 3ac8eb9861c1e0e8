"""Which of the artifact's Hugging Face folders the server loads, by what call, and what its transformers knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor import facts
from doctor.model import Evidence

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.huggingface import Pretrained
    from doctor.handler import Call, Handler
    from doctor.models import Models

MODEL_DIR = "/opt/ml/model"
_ELSEWHERE = frozenset({"subfolder", "gguf_file", "variant"})  # keywords that name other files than the usual ones
_LOOKS = ("exists", "is_file", "isfile", "isdir", "is_dir", "listdir", "glob")


class Loaded(NamedTuple):
    """
    One folder that is loaded.

    ``loader`` is the class or function: "AutoModelForCausalLM", "pipeline"; ``call`` is None where the stack's default
    handler does it.
    """

    folder: str
    loader: str
    evidence: Evidence
    call: Call | None

    @property
    def auto(self) -> bool:
        """Whether the classes are found by the config's model_type."""
        return self.loader.startswith("Auto") or self.loader == "pipeline"

    @property
    def model(self) -> bool:
        """Whether it loads weights, and with them the config."""
        return not any(word in self.loader for word in ("Tokenizer", "Processor", "Config", "Extractor", "Peft"))

    @property
    def tokenizer(self) -> bool:
        """Whether it finds and loads a tokenizer by itself."""
        return self.loader in {"AutoTokenizer", "pipeline"}

    def passes(self, keyword: str) -> bool:
        """Say whether the call has a keyword, or hides what it has."""
        return self.call is not None and (
            self.call.hides_arguments or any(k.arg == keyword for k in self.call.node.keywords)
        )


def loads(handler: Handler, stack: str, variables: Mapping[str, str]) -> Iterator[Loaded]:
    """Yield the folders of the artifact that transformers loads, as far as the handler or the stack tells."""
    if by_default(handler, stack, variables):
        seen = Evidence("artifact:code/inference.py", "no model_fn: the default handler loads /opt/ml/model")
        yield Loaded("", "pipeline", seen, None)
    yield from _by_vllm(handler, stack, variables)
    for opened in handler.opened():
        owner, _, method = opened.call.name.rpartition(".")
        if method != "from_pretrained" or opened.path is None or not owner.startswith(("transformers.", "peft.")):
            continue
        if surely_runs(handler, opened.call) and not any(k.arg in _ELSEWHERE for k in opened.call.node.keywords):
            seen = handler.seen(opened.call.path, opened.call.line)
            yield Loaded(opened.path, owner.rpartition(".")[2], seen, opened.call)
    for call in handler.calls("transformers.pipeline", "transformers.pipelines.pipeline"):
        text = handler.text(call.argument(1, "model"), call.scope)
        if surely_runs(handler, call) and text is not None and (text.rstrip("/") + "/").startswith(f"{MODEL_DIR}/"):
            folder = text.rstrip("/")[len(MODEL_DIR) + 1 :]
            yield Loaded(folder, "pipeline", handler.seen(call.path, call.line), call)


def _by_vllm(handler: Handler, stack: str, variables: Mapping[str, str]) -> Iterator[Loaded]:
    """Yield what vLLM leaves to transformers: the config and the tokenizer; it builds the model itself."""
    named = variables.get("SM_VLLM_MODEL", MODEL_DIR).rstrip("/") + "/"
    if stack == "vllm" and not handler and named.startswith(f"{MODEL_DIR}/"):
        folder = named[len(MODEL_DIR) + 1 :].rstrip("/")
        seen = Evidence(f"artifact:{folder}/config.json".replace(":/", ":"), "vLLM reads config and tokenizer by it")
        yield Loaded(folder, "AutoConfig", seen, None)
        yield Loaded(folder, "AutoTokenizer", seen, None)


def surely_runs(handler: Handler, call: Call) -> bool:
    """Say whether serving makes a call, and its failure isn't caught nor its file looked for before."""
    if not (call.hooks or call.at_import):
        return False
    for node in ast.walk(handler.scripts[call.path].tree):
        inside = isinstance(node, ast.Try | ast.If) and _within(call.line, node.body)
        if inside and isinstance(node, ast.Try) and node.handlers:
            return False
        if inside and isinstance(node, ast.If) and any(word in ast.unparse(node.test) for word in _LOOKS):
            return False
    return True


def _within(line: int, body: list[ast.stmt]) -> bool:
    return body[0].lineno <= line <= (body[-1].end_lineno or line)


def by_default(handler: Handler, stack: str, variables: Mapping[str, str]) -> bool:
    """Say whether the Hugging Face stack's own handler loads the root of the artifact."""
    own = handler.entry is not None and (handler.entry.path == "handler.py" or handler.defines("model_fn") is not False)
    return stack == "huggingface" and not own and "HF_MODEL_ID" not in variables


def folder_of(models: Models, folder: str) -> tuple[ModelFile, Pretrained] | None:
    """Return the Hugging Face folder at a place, or None."""
    from doctor.formats.kinds.huggingface import Pretrained

    for file in models.files:
        if isinstance(file.facts, Pretrained) and file.facts.folder == folder:
            return file, file.facts
    return None


def task(config: Mapping[str, object], variables: Mapping[str, str]) -> str:
    """Return the task of the default handler's pipeline, "" where neither HF_TASK nor the architecture gives one."""
    if variables.get("HF_TASK"):
        return variables["HF_TASK"]
    architectures = config.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    endings: Mapping[str, str] = facts.load("huggingface_toolkit")["task_by_ending"]
    fitting = [t for ending, t in endings.items() if isinstance(first, str) and first.endswith(ending)]
    return fitting[-1] if fitting else ""


def trusts(loaded: Loaded, variables: Mapping[str, str]) -> bool | None:
    """Say whether code of the model's folder may run: True, False, or None where the handler computes it."""
    if loaded.call is None and loaded.loader != "pipeline":
        return None  # vLLM has configs of its own for some of these models
    if loaded.call is None:
        value = variables.get("HF_TRUST_REMOTE_CODE", "").lower()
        return value in facts.load("huggingface_toolkit")["true"]
    given = loaded.call.argument(-1, "trust_remote_code")
    if given is None:
        return None if loaded.call.hides_arguments else False
    return {"True": True, "False": False}.get(str(getattr(given, "value", None)))


def knows(model_type: str, version: Version) -> bool | None:
    """Say whether a version of transformers knows a model type; None between versions measured, or for a build."""
    from packaging.version import Version

    data = facts.load("transformers_models")
    measured = [Version(v) for v in data["versions"]]
    first = next((Version(v) for v, types in data["first"].items() if model_type in types), None)
    gone = next((Version(v) for v, types in data["removed"].items() if model_type in types), None)
    if version.is_devrelease or version.local or version.is_prerelease:
        return None
    if first is None:
        return False if version <= measured[-1] else None
    if version < first:
        before = max((v for v in measured if v < first), default=None)
        return False if before is None or version <= before else None
    if gone is not None:
        last = max(v for v in measured if v < gone)
        return True if version <= last else False if version >= gone else None
    return True

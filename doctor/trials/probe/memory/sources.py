"""
The module that is followed, and what it is called with: of a transformers configuration, of the handler, exported.

Every way ends in a Subject, which builds the module anew for each run, on the device that it is given.
"""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import torch  # type: ignore[import-not-found,unused-ignore]

from doctor.trials.probe import calling, failures, frameworks, inputs
from doctor.trials.probe.failures import NotTried
from doctor.trials.probe.inputs import transformers_models
from doctor.trials.probe.inputs.values import Input, NotFound, Signature

if TYPE_CHECKING:
    from doctor.trials.probe.channel import Channel
    from doctor.trials.probe.request import Request

_LOADS = re.compile(r"^\s*def\s+(model_fn|load_model|initialize)\b", re.MULTILINE)


class Size(NamedTuple):
    """How much is asked of the model at one time."""

    batch: int = 1
    tokens: int = 0
    new_tokens: int = 0


class Subject(NamedTuple):
    """
    What is followed.

    Args:
        way: where it is from, for people: "config.json of a llama model".
        made: context that gives the module on the CPU; what a run changes is put back.
        signature: of its inputs.
        generates: whether it can generate tokens.
    """

    way: str
    made: Callable[[], Any]
    signature: Signature
    generates: bool = False


def of(request: Request, channel: Channel) -> Subject:
    """
    Return what a request's model is; raises NotTried where it can't be followed.

    A configuration needs no weights, so it comes first where no handler loads the model in its own way.
    """
    said = request.said.get("memory") or {}
    config = _configuration(request.model_dir)
    if config is not None and (said.get("only") == "config" or not _loads_itself(request.model_dir)):
        return of_config(config, request.model_dir, str(said.get("dtype") or ""))
    if said.get("only") == "config":
        raise NotTried("there is no config.json of transformers to follow without running the artifact's code")
    exported = sorted(glob.glob(os.path.join(request.model_dir, "*.pt2")))
    if exported and not _loads_itself(request.model_dir):
        return of_exported(exported[0])
    from doctor.trials.probe.chain import Chain

    chain = Chain(request, channel)
    loaded = chain.load()
    channel.phase("inputs")
    return of_loaded(loaded, request, chain.how)


def _configuration(folder: str) -> dict[str, Any] | None:
    """Return config.json of transformers, None where there is none."""
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("model_type") else None


def _loads_itself(folder: str) -> bool:
    for path in glob.glob(os.path.join(folder, "code", "*.py")) + glob.glob(os.path.join(folder, "*.py")):
        with open(path, encoding="utf-8", errors="replace") as file:
            if _LOADS.search(file.read()):
                return True
    return False


def of_config(config: dict[str, Any], folder: str, dtype: str = "") -> Subject:
    """Return the model that transformers makes of a configuration, without its weights."""
    try:
        import transformers  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise NotTried("transformers isn't there to make the model of config.json") from error
    try:
        settings = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:
        raise NotTried("transformers can't read config.json: {}".format(failures.line_of(error)[:300])) from error
    if getattr(settings, "quantization_config", None) is not None:
        raise NotTried("config.json is of a quantized model, whose kernels can't be followed")
    names = list(config.get("architectures") or [])
    kind = next((getattr(transformers, name) for name in names if hasattr(transformers, name)), None)
    if kind is None and names:
        raise NotTried("transformers {} has no {}".format(transformers.__version__, names[0]))
    wanted = getattr(torch, dtype or _stored(settings, transformers.__version__))
    maker = kind._from_config if kind is not None else transformers.AutoModel.from_config  # noqa: SLF001

    @contextmanager
    def made() -> Iterator[Any]:
        before = torch.get_default_dtype()
        try:
            yield maker(settings).to(wanted).eval()
        finally:
            torch.set_default_dtype(before)

    class Described:
        config = settings
        main_input_name = getattr(kind, "main_input_name", "input_ids")

    try:
        signature = transformers_models.of_model(Described)
    except NotFound as reason:
        raise NotTried(str(reason)) from reason
    generates = kind is not None and names[0].endswith(("ForCausalLM", "LMHeadModel", "ForConditionalGeneration"))
    return Subject(signature.source, made, signature, generates)


def _stored(settings: Any, version: str) -> str:
    """Return the dtype that from_pretrained loads with by default: as stored since 5.0, float32 before."""
    stored = getattr(settings, "dtype", None) or getattr(settings, "torch_dtype", None)
    if stored is None or int(version.split(".")[0]) < 5:
        return "float32"
    return str(stored).replace("torch.", "")


def of_exported(path: str) -> Subject:
    """Return an exported program, called with its own example inputs."""
    from torch.export import load  # type: ignore[import-not-found,unused-ignore]

    program = load(path)
    args, kwargs = program.example_inputs or ((), {})
    given = list(args) + list(kwargs.values())
    if not given or kwargs or not all(isinstance(t, torch.Tensor) for t in given):
        raise NotTried("{} has no example inputs that are tensors alone".format(os.path.basename(path)))
    taken = tuple(
        Input(str(i), str(t.dtype).replace("torch.", ""), tuple(t.shape), "tensor", ("",) * t.dim(), tuple(t.shape))
        for i, t in enumerate(given)
    )
    module = program.module()
    return Subject("exported program", lambda: kept(module), Signature(taken, "its example inputs", "torch"))


def of_loaded(loaded: Any, request: Request, how: str) -> Subject:
    """Return the module in what a handler loaded; raises NotTried where there is none that can be followed."""
    module = _module_of(loaded)
    try:
        if hasattr(loaded, "task") and hasattr(loaded, "model"):
            signature = transformers_models.of_model(module)
        else:
            signature = inputs.discover(loaded, request)
            module = calling.inside(loaded, signature.member)
    except NotFound as reason:
        raise NotTried("what it takes isn't known: {}".format(reason)) from reason
    if not isinstance(module, torch.nn.Module) or isinstance(module, torch.jit.ScriptModule):
        raise NotTried("a {} can't be followed: only modules of Python are".format(type(module).__name__))
    if any(taken.kind in ("table", "text") for taken in signature.inputs):
        raise NotTried("it takes {}, not tensors".format(signature.inputs[0].kind))
    generates = hasattr(module, "generate") and bool(getattr(module, "can_generate", lambda: False)())
    return Subject(how, lambda: kept(module), signature, generates)


def _module_of(loaded: Any) -> Any:
    for _, part, adapter in frameworks.parts(loaded):
        module = getattr(part, "model", part) if not isinstance(part, torch.nn.Module) else part
        if adapter.name in ("torch", "transformers") and isinstance(module, torch.nn.Module):
            return module
    raise NotTried("there is no torch module in what was loaded")


@contextmanager
def kept(module: Any) -> Iterator[Any]:
    """Give a module; its parameters and buffers are afterwards what they were."""
    parts = [(p, dict(p._parameters), dict(p._buffers), p.__dict__.get("_flat_weights")) for p in module.modules()]  # noqa: SLF001
    training = [(p, p.training) for p in module.modules()]
    for part, _ in training:  # not by eval(), which exported programs refuse
        part.training = False
    try:
        yield module
    finally:
        for part, parameters, buffers, flat in parts:
            part._parameters.update(parameters)  # noqa: SLF001
            part._buffers.update(buffers)  # noqa: SLF001
            if flat is not None:
                part._flat_weights = flat  # noqa: SLF001
        for part, mode in training:
            part.training = mode


def examples(subject: Subject, size: Size, dtype: Any, device: str) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments and keywords for one call: made on the CPU and moved, as a server does."""
    values = {taken.name: _example(taken, size, dtype).to(device) for taken in subject.signature.inputs}
    envelope = subject.signature.envelope
    if envelope == "keywords":
        return [], values
    if envelope == "mapping":
        return [values], {}
    return ([list(values.values())] if envelope == "list" else list(values.values())), {}


def _example(taken: Input, size: Size, dtype: Any) -> Any:
    shape = list(taken.sizes)
    for place, means in enumerate(taken.means):
        if means == "batch":
            shape[place] = size.batch
        elif means == "time" and size.tokens and taken.dtype.startswith("int"):
            shape[place] = size.tokens
    kind = getattr(torch, taken.dtype)
    if "mask" in taken.name:
        return torch.ones(shape, dtype=kind)
    if kind.is_floating_point:
        return torch.randn(shape, dtype=dtype if dtype is not None and kind == torch.float32 else kind)
    return torch.randint(0, max(taken.below, 1), shape, dtype=kind)

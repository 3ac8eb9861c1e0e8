"""Which of the artifact's weights each process surely puts on a GPU, as headers and the script's syntax tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from doctor.formats.kinds.base import ITEM_BYTES, ModelFile, Tensor, bytes_by_dtype
from doctor.llmserving import server
from doctor.memory.values import Range
from doctor.model import Evidence, Unknown
from doctor.pretrained import by_default, folder_of, surely_runs
from doctor.torchloads import JIT_LOAD, TORCH_LOAD, Load, loads, seen, unwrapped
from doctor.weights import Weights, elsewhere, of_files, of_folder

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.source import Scope
    from doctor.handler import Call, Handler
    from doctor.models import Models
    from doctor.target import Target

SHARDING = ("vllm", "tgi", "djl", "sglang")  # stacks that may divide a model over all GPUs
_SAFETENSORS = ("safetensors.torch.load_file",)
_NARROWS = ("*.half", "*.bfloat16", "*.quantize_dynamic", "*.set_default_dtype", "*.type")
_DTYPES = ("torch_dtype", "dtype", "quantization_config", "load_in_8bit", "load_in_4bit", "device_map")
_AUTO_SINCE = (5,)  # transformers that loads weights in the dtype in which they are stored; before, in float32


class Placed(NamedTuple):
    """
    Weights that each process has on a GPU.

    Args:
        weights: as stored.
        size: bytes as loaded.
        gpus: over how many one copy is divided.
        all_on_first: what says that each process takes the first GPU, whichever its server gives it; None without.
        evidence: what puts them there.
    """

    weights: Weights
    size: Range
    gpus: int
    all_on_first: Evidence | None
    evidence: tuple[Evidence, ...]


def placed(models: Models, handler: Handler, stack: str, target: Target, serving: Environment | None) -> Placed | None:
    """Return what surely is on a GPU; None where there is no GPU, or nothing says that the model goes there."""
    if not target.gpu or elsewhere(target.variables):
        return None
    if stack in SHARDING and not handler:
        return _by_engine(models, handler, stack, target)
    if by_default(handler, stack, target.variables):
        weights = of_folder(models, "")
        size = Range(weights.size, weights.size, 2 * weights.size) if weights else None
        return Placed(weights, size, 1, None, ()) if weights and size else None
    return _by_script(models, handler, stack, serving)


def _by_engine(models: Models, handler: Handler, stack: str, target: Target) -> Placed | None:
    """What a server of large models loads, over the GPUs that it is told to use; over all where nothing tells."""
    weights = of_folder(models, "")
    if weights is None:
        return None
    count, told = int(target.hardware["gpu"]["count"]), tuple[Evidence, ...]()
    engine = server(models, handler, stack, target)
    degree = engine.setting("tensor_parallel") if engine is not None else None
    if degree is not None and degree.number:
        count, told = min(degree.number, count), (degree.evidence,)
    elif stack == "vllm" and degree is None and count > 1 and not _says_parallel(target):
        count, told = 1, (Evidence("target:env/SM_VLLM_TENSOR_PARALLEL_SIZE", "not set: vLLM uses one GPU"),)
    return Placed(weights, Range(weights.least, weights.least, weights.size), count, None, told)


def _says_parallel(target: Target) -> bool:
    return any("parallel" in f"{name}={value}".lower() for name, value in target.variables.items())


def _by_script(models: Models, handler: Handler, stack: str, serving: Environment | None) -> Placed | None:
    """What model_fn loads and moves to a GPU."""
    if stack not in {"pytorch", "huggingface", "torchserve", "multi-model-server"}:
        return None
    moves = list(_moves(handler))
    files = {load.file.path: load for load in loads(handler, models, (*TORCH_LOAD, *JIT_LOAD, *_SAFETENSORS))}
    there = [load for load in files.values() if _goes(handler, load, moves)]
    folders = list(_folders(models, handler, serving, moves))
    if len(there) + len(folders) != 1:
        return None  # none, or several of which one may replace the other
    if folders:
        return folders[0]
    return _of_file(handler, there[0], moves)


def _moves(handler: Handler) -> Iterator[Call]:
    """Yield the calls that surely move something to a GPU."""
    for call in handler.calls("*.to", "*.cuda"):
        if call.certain and not call.caught and (call.name.endswith(".cuda") or _on_cuda(handler, call)):
            yield call


def _on_cuda(handler: Handler, call: Call) -> bool:
    return _names_cuda(handler, call.argument(0, "device"), call.scope)


def _names_cuda(handler: Handler, node: ast.expr | None, scope: Scope) -> bool:
    """Say whether an expression is the GPU, or the GPU where there is one."""
    return node is not None and handler.mentions(node, scope, "cuda")


def _goes(handler: Handler, load: Load, moves: list[Call]) -> bool:
    """Say whether what a call loads is put on a GPU: by map_location, or as the module that it ends in."""
    if _names_cuda(handler, _device(load.call), load.call.scope):
        return True
    moved = [move.name.rpartition(".")[0] for move in moves]
    if any(call.certain for call in handler.calls("*.load_state_dict")):
        return any(map(handler.kinds.module, moved))
    return any(unwrapped(name) == f"{load.call.name}()" for name in moved)


def _device(call: Call) -> ast.expr | None:
    return call.argument(1, "device" if call.name in _SAFETENSORS else "map_location")


def _of_file(handler: Handler, load: Load, moves: list[Call]) -> Placed | None:
    weights = of_files([_without_optimizer(load.file)])
    if not weights.size:
        return None
    low = weights.least if _narrowed(handler) else weights.size
    by = tuple(handler.seen(m.path, m.line) for m in moves[:1])
    first = next((e for m in (*moves, load.call) if (e := _first_gpu(handler, m))), None)
    return Placed(weights, Range(low, low, weights.size), 1, first, (seen(handler, load.call), *by))


def _without_optimizer(file: ModelFile) -> ModelFile:
    """Return a checkpoint without what a server has no use for."""
    from doctor.formats.kinds.torch import TorchSave

    facts = file.facts
    if not isinstance(facts, TorchSave) or facts.layout != "checkpoint" or not facts.weights:
        return file
    return file._replace(tensors=tuple(t for t in file.tensors if t.name.startswith(f"{facts.weights}.")))


def _narrowed(handler: Handler) -> bool:
    """Say whether the script may have weights made narrower than they are stored or built."""
    if any(handler.calls(*_NARROWS)):
        return True
    return any(_says_dtype(handler, call) for call in handler.calls("*.to"))


def _says_dtype(handler: Handler, call: Call) -> bool:
    """Say whether a call of ``to`` may have a dtype: by its keyword, a second argument, or a first of that name."""
    if call.hides_arguments or len(call.node.args) > 1 or any(k.arg == "dtype" for k in call.node.keywords):
        return True
    return any("float" in handler.name(a, call.scope) or "half" in handler.name(a, call.scope) for a in call.node.args)


def _first_gpu(handler: Handler, call: Call) -> Evidence | None:
    """Return the line that takes the first GPU in every process, None where it may be another."""
    if call.name.endswith(".cuda"):
        bare = not call.node.args and not call.node.keywords
        return handler.seen(call.path, call.line) if bare and not _chooses(handler) else None
    node = _device(call) if call.name in {*TORCH_LOAD, *JIT_LOAD, *_SAFETENSORS} else call.argument(0, "device")
    if node is None or not _names_cuda(handler, node, call.scope) or _chooses(handler):
        return None
    return handler.seen(call.path, call.line)


def _chooses(handler: Handler) -> bool:
    """Say whether the script may choose its GPU by what the server gives it."""
    words = ("gpu_id", "local_rank", "set_device", "CUDA_VISIBLE_DEVICES", "device_count", "cuda:")
    return any(word in line for script in handler.scripts.values() for line in script.lines for word in words)


def _folders(models: Models, handler: Handler, serving: Environment | None, moves: list[Call]) -> Iterator[Placed]:
    """Yield folders of Hugging Face that from_pretrained loads and the script moves to a GPU."""
    for opened in handler.opened():
        call = opened.call
        owner, _, method = call.name.rpartition(".")
        loads_weights = method == "from_pretrained" and owner.startswith("transformers.") and "Model" in owner
        if not loads_weights or opened.path is None or not surely_runs(handler, call) or not call.certain:
            continue
        move = next((m for m in moves if unwrapped(m.name.rpartition(".")[0]) == f"{call.name}()"), None)
        weights = of_folder(models, opened.path)
        found = folder_of(models, opened.path)
        if move is None or weights is None or found is None or found[1].quantization:
            continue
        given = _narrowed(handler) or call.hides_arguments or any(k.arg in _DTYPES for k in call.node.keywords)
        size = _as_loaded(weights, [f for f in models.files if f.path in weights.files], serving, given=given)
        evidence = (handler.seen(call.path, call.line), handler.seen(move.path, move.line))
        yield Placed(weights, size, 1, _first_gpu(handler, move), evidence)


def _as_loaded(weights: Weights, files: list[ModelFile], serving: Environment | None, *, given: bool) -> Range:
    """Return the bytes of weights once from_pretrained has them; `given` says that the script may choose the dtype."""
    wide = sum(sum(bytes_by_dtype(tuple(map(_widened, f.tensors))).values()) for f in files)
    if given:
        return Range(min(weights.least, weights.size), weights.size, max(wide, weights.size))
    release = _release(serving)
    if not release:
        return Range(weights.size, weights.size, max(wide, weights.size))
    size = weights.size if release >= _AUTO_SINCE else wide
    return Range.exactly(size)


def _widened(tensor: Tensor) -> Tensor:
    narrow = tensor.dtype in {"float16", "bfloat16"} and ITEM_BYTES[tensor.dtype] < ITEM_BYTES["float32"]
    return tensor._replace(dtype="float32") if narrow else tensor


def _release(serving: Environment | None) -> tuple[int, ...]:
    try:
        version = serving.version("transformers") if serving is not None else None
    except Unknown:
        return ()
    return version.release if version is not None else ()

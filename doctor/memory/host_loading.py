"""
What a model takes of its host's memory while it is loaded and after that, by the format of its files and the loader.

Rules were measured on models made for it (``doctor/facts/host_memory.json``), in anonymous memory. Pages of a mapped
file are told apart: the kernel can drop them, and then reads them again at each request.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.formats.kinds.base import ModelFile, Tensor, bytes_by_dtype, tensor_bytes
from doctor.memory.host_libraries import MIB, mib, release, row_of
from doctor.memory.values import NOTHING, Range
from doctor.torchloads import passed

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Call, Handler
    from doctor.memory.stored import Loaded

TORCH = frozenset({"torch-zip", "torch-legacy", "torchscript", "safetensors", "torch-export"})
# Attributes of an estimator that hold words or categories make its pickle one of objects, not of arrays.
_OF_WORDS = ("Vectorizer", "OneHotEncoder", "OrdinalEncoder", "LabelEncoder", "TargetEncoder")
_TREE = "sklearn.tree._tree.Tree"
_NODE = 64  # bytes of a node of scikit-learn's trees; 56 before 1.3
_BOOSTERS = ("xgboost", "lightgbm", "catboost")


class Taken(NamedTuple):
    """
    Bytes of one model.

    Args:
        kept: anonymous memory once it is loaded.
        peak: the most while it is loaded.
        mapped: pages of files that it uses as they are.
        how: what makes the peak.
        doubts: what isn't known.
    """

    kept: Range
    peak: Range
    mapped: int = 0
    how: str = ""
    doubts: tuple[str, ...] = ()


# --- PyTorch ----------------------------------------------------------------------------------------------------------


def of_pretrained(found: Loaded, serving: Environment | None, *, gpu: bool = False) -> Taken:
    """
    Return what from_pretrained takes.

    Weights that are wanted as they are stored stay in the mapped file; others are converted tensor by tensor.
    """
    version = release(serving, "transformers")
    size = found.size
    same = size.expected == found.stored
    if not version or version < (4, 49):  # a module was made first, unless low_cpu_mem_usage
        kept = Range(0 if same else size.low, size.expected, max(size.high, found.stored))
        peak = Range(kept.low, size.expected, kept.high + found.stored)
        doubt = (
            "whether transformers makes a module beside the weights: nothing tells its release, or it wasn't measured"
        )
        return Taken(kept, peak, 0, "weights beside the module they are copied to", (doubt,))
    if same and not gpu:
        low = 0 if size.low == size.high else min(size.low, size.expected)
        return Taken(
            Range(0, 2 * MIB, 4 * MIB + (size.high - size.expected)),
            Range(0, 3 * MIB, 6 * MIB + (size.high - size.expected)),
            size.expected,
            "from_pretrained uses the file's own pages",
            () if not low else ("whether the weights are converted",),
        )
    exact = _scaled(size, 0.995, 1.0, 1.02)
    return Taken(exact, exact, 0, "each tensor is converted from the mapped file")


def of_torch(found: Loaded, file: ModelFile, handler: Handler, call: Call | None) -> Taken:
    """Return what torch.load, torch.jit.load or safetensors' load_file takes, with the module beside it."""
    mapped = file.format == "safetensors" or (call is not None and passed(call, -1, "mmap") is True)
    state = 0 if mapped else _storages(file)
    size = found.size
    copied = [c for c in handler.calls("*.load_state_dict") if c.certain]
    if not copied or not _a_state(file):
        alone = _alone(found, file, state, sure=call is not None and not _a_state(file))
        return _perhaps_on_gpu(alone) if _elsewhere(call) else alone
    assigned = any(passed(c, 2, "assign") is True for c in copied)
    made = _as_made(found, handler)
    empty = assigned and _on_meta(handler)
    peak = made * (not empty) + state + (_storages(file) if _buffered(handler, call) else 0)
    kept = NOTHING if assigned and mapped else size
    peak = max(peak, kept.expected)
    low = max(int(peak * 0.97), kept.low) if not _casts(handler) else max(state, kept.low)
    if _elsewhere(call):
        low = min(low, kept.low)
    if _made_elsewhere(handler):
        kept, low = kept._replace(low=0), min(low, state) if not _elsewhere(call) else 0
    doubts = () if not assigned or empty else ("whether the module's first weights were ever written",)
    return Taken(
        kept,
        Range(low, peak, max(int(peak * 1.03), kept.high)),
        found.stored if assigned and mapped else 0,
        "the state dict beside the module that it is copied to" if state and not empty else "the module",
        doubts,
    )


def _elsewhere(call: Call | None) -> bool:
    """Say whether a call may read tensors onto a GPU, so that they pass through the host one by one."""
    if call is None:
        return False
    given = call.argument(1, "device" if call.name.endswith("load_file") else "map_location")
    on_host = {"None", "'cpu'", "torch.device('cpu')"}
    return call.hides_arguments or not (given is None or ast.unparse(given) in on_host)


def _made_elsewhere(handler: Handler) -> bool:
    """Say whether modules may be made on another device than the host."""
    if any(handler.calls("torch.set_default_device")):
        return True
    return any("with torch.device(" in line for script in handler.scripts.values() for line in script.lines)


def _perhaps_on_gpu(taken: Taken) -> Taken:
    doubt = "whether the weights are read onto a GPU"
    return taken._replace(
        kept=taken.kept._replace(low=0), peak=taken.peak._replace(low=0), doubts=(*taken.doubts, doubt)
    )


def _alone(found: Loaded, file: ModelFile, state: int, *, sure: bool) -> Taken:
    size = _scaled(Range.exactly(max(state, found.size.low)), 0.98, 1.0, 1.03)
    if not state:
        return Taken(Range(0, 2 * MIB, found.size.high), Range(0, 2 * MIB, found.size.high), found.stored, "mapped")
    if sure:
        return Taken(size, size, 0, "")
    doubt = f"whether a module is made beside {file.path}: the code that does it isn't seen"
    peak = Range(size.low, 2 * state, 2 * size.high)
    return Taken(size, peak, 0, "the state dict beside the module that it is copied to", (doubt,))


def _storages(file: ModelFile) -> int:
    """Return the bytes that are read: a storage of which a view was saved is in the file as a whole."""
    listed = sum(bytes_by_dtype(file.tensors).values())
    return max(listed, file.size - 4096 * (len(file.tensors) + 1)) if file.format != "torchscript" else listed


def _a_state(file: ModelFile) -> bool:
    return getattr(file.facts, "layout", "state-dict") != "module" and file.format != "torchscript"


def _as_made(found: Loaded, handler: Handler) -> int:
    """Return the bytes of the module before the state is copied to it: float32, whatever is stored."""
    if any(handler.calls("torch.set_default_dtype")):
        return found.size.expected
    return max(found.stored, found.size.expected)


def _on_meta(handler: Handler) -> bool:
    words = ("meta", "init_empty_weights", "skip_init", "FakeTensorMode")
    return any(word in line for script in handler.scripts.values() for line in script.lines for word in words)


def _buffered(handler: Handler, call: Call | None) -> bool:
    return call is not None and any(c.function == call.function for c in handler.calls("io.BytesIO"))


def _casts(handler: Handler) -> bool:
    return any(handler.calls("*.half", "*.bfloat16", "*.float", "*.double", "torch.set_default_dtype"))


# --- other libraries --------------------------------------------------------------------------------------------------


def of_file(file: ModelFile, serving: Environment | None) -> Taken | None:
    """Return what a file takes that another library opens, None where no rule is known for its format."""
    if file.format in {"pickle", "joblib"}:
        return _pickled(file)
    rule = _RULES.get(file.format)
    return rule(file, serving) if rule else None


def _by_row(name: str, size: int, version: tuple[int, ...] = ()) -> Taken:
    table: Mapping[str, object] = load("host_memory")["loading"][name]
    rows: list[list[object]] = table["rows"]  # type: ignore[assignment]
    row, sure = row_of(rows, version)
    peak, kept = _scaled(Range.exactly(size), *row[1]), _scaled(Range.exactly(size), *row[2])
    return Taken(kept, peak, 0, str(table["how"]), () if sure else ("which release reads it",))


def _pickled(file: ModelFile) -> Taken:
    names = [str(s) for s in file.symbols]
    trees, root = _TREE in names, next((b for b in _BOOSTERS if any(n.startswith(f"{b}.") for n in names)), "")
    if root:
        return _by_row(f"{root}-pickle", file.size)
    if file.format == "joblib" and file.tensors:
        return _joblib(file, trees=trees)
    if getattr(file.facts, "protocol", 4) < 3:
        return _by_row("old-pickle-trees" if trees else "old-pickle", file.size)
    if trees:
        return _by_row("trees", file.size)
    if any(word in name for name in names for word in _OF_WORDS):
        return _by_row("objects", file.size)
    plain = all(n.startswith(("numpy.", "sklearn.", "scipy.sparse", "builtins.", "copyreg.")) for n in names)
    arrays = any("_reconstruct" in n or "_frombuffer" in n for n in names)
    return _by_row("arrays" if plain and arrays and file.size > MIB else "mixed-pickle", file.size)


def _joblib(file: ModelFile, *, trees: bool) -> Taken:
    arrays = sum(_array_bytes(t) for t in file.tensors)
    read = _by_row("trees" if trees else "arrays", arrays)
    doubt: tuple[str, ...] = ()
    compressed = bool(getattr(file.facts, "compression", ""))
    objects = max(file.size - arrays, 0)
    words = any(word in str(s) for s in file.symbols for word in _OF_WORDS)
    if compressed and words:
        rest = _scaled(Range.exactly(file.size), 0.0, 10.0, 80.0)
        doubt = ("how much the compressed words take",)
    elif compressed:
        rest = _scaled(Range.exactly(file.size), 0.0, 0.02, 0.2)
    else:
        rest = _by_row("objects", objects).peak
    return Taken(read.kept.plus(rest), read.peak.plus(rest), 0, read.how, doubt)


def _array_bytes(tensor: Tensor) -> int:
    if tensor.dtype == "record":
        return math.prod(tensor.shape) * _NODE
    return tensor_bytes(tensor)


def _xgboost(kind: str) -> Callable[[ModelFile, Environment | None], Taken]:
    def rule(file: ModelFile, serving: Environment | None) -> Taken:
        return _by_row(kind, file.size, release(serving, "xgboost") or release(serving, "xgboost-cpu"))

    return rule


def _lightgbm(file: ModelFile, _serving: Environment | None) -> Taken:
    return _by_row("lightgbm", file.size)


def _catboost(file: ModelFile, _serving: Environment | None) -> Taken:
    return _by_row("catboost-json" if getattr(file.facts, "form", "") == "json" else "catboost", file.size)


def _numpy(file: ModelFile, _serving: Environment | None) -> Taken:
    return _by_row("arrays", sum(map(tensor_bytes, file.tensors)) or file.size)


def _onnx(file: ModelFile, _serving: Environment | None) -> Taken:
    """
    ONNX Runtime copies each tensor from the parsed file, and packs again what convolutions and products use.

    Convolutions are blocked for vectors before anything is packed: each is there three times for a while. Weights
    beside the file are mapped, and packed alike. On a CPU, 16-bit weights are converted first.
    """
    tensors = [t for t in file.tensors if t.shape]
    wide = [t for t in tensors if t.dtype not in {"float16", "bfloat16"}]
    halves = sum(map(tensor_bytes, tensors)) - sum(map(tensor_bytes, wide))
    stored, largest = sum(map(tensor_bytes, wide)), max(map(tensor_bytes, wide), default=0)
    if file.facts.external:
        packed = _scaled(Range.exactly(stored + halves), 0.0, 1.0, 2.1)
        return Taken(packed, packed, stored + halves, "weights that are packed for this processor")
    blocked = [tensor_bytes(t) for t in wide if len(t.shape) >= 4 and t.shape[0] % 8 == 0]
    copies = sum(blocked)
    after = stored + copies + largest
    peak = max(after, stored + 2 * copies + 2 * max(blocked, default=0))
    spare = int(stored * (0.65 if "MatMul" in file.facts.operators.get("ai.onnx", ()) else 0.15))
    kept = Range(stored, stored + copies, int(1.03 * stored) + 2 * copies + spare)
    converted = _scaled(Range.exactly(halves), 1.0, 3.7, 4.3)
    most = Range(stored + (largest if not copies else 0), int(1.04 * peak), int(1.08 * peak) + spare)
    if copies:  # as the processor has it, or not at all
        most = most._replace(low=max(most.low, int(0.97 * (stored + largest))))
    how = "each tensor is copied from the parsed file and packed again"
    return Taken(kept.plus(converted), most.plus(converted), 0, how)


def _keras(file: ModelFile, serving: Environment | None) -> Taken:
    """
    Keras makes each variable with random numbers, then gives it what is stored: the largest is there several times.

    Keras 3 reads the archive's weights into memory before that; Keras 2 unpacks them to the disk.
    """
    kept = _scaled(Range.exactly(sum(bytes_by_dtype(file.tensors).values()) or file.size), 0.98, 1.0, 1.03)
    largest = Range.exactly(max(map(tensor_bytes, file.tensors), default=file.size))
    third = _keras_release(file, serving) >= (3,)
    if file.format == "keras":
        beside = Range.exactly(file.size * third)
    else:
        beside = Range(0, 0 if third else file.size // 2, file.size * (not third))
    peak = kept.plus(beside).plus(_scaled(largest, 1.4, 4.0, 5.1))
    how = "the largest variable's random numbers and stored ones, and the file's weights"
    return Taken(kept.plus(_scaled(largest, 0.2, 2.0, 2.7)), peak, 0, how)


def _keras_release(file: ModelFile, serving: Environment | None) -> tuple[int, ...]:
    text = getattr(file.facts, "version", "") or ""
    written = tuple(int(p) for p in text.split(".")[:2] if p.isdigit())
    return release(serving, "keras") or release(serving, "tf-keras") or written


def _checkpoint(file: ModelFile, serving: Environment | None) -> Taken:
    """tf.saved_model.load restores each variable from the checkpoint; newer releases keep a second copy."""
    size = sum(bytes_by_dtype(file.tensors).values())
    version = release(serving, "tensorflow") or release(serving, "tensorflow-cpu")
    twice = 1.0 if version and version < (2, 16) else 2.0
    found = _scaled(Range.exactly(size), 1.0, twice, 2.1)
    doubts = () if version else ("TensorFlow Serving, whose copies weren't measured",)
    return Taken(found, found.plus(mib(0, 8, 20)), 0, "variables restored from the checkpoint", doubts)


def _graph(file: ModelFile, _serving: Environment | None) -> Taken:
    size = _scaled(Range.exactly(file.size), 0.5, 2.0, 12.0)
    return Taken(size, size, 0, "the graph, parsed")


def _scaled(size: Range, low: float, expected: float, high: float) -> Range:
    return Range(int(size.low * low), int(size.expected * expected), int(size.high * high))


_RULES: Mapping[str, Callable[[ModelFile, Environment | None], Taken]] = {
    "xgboost-json": _xgboost("xgboost-json"),
    "xgboost-ubj": _xgboost("xgboost-ubj"),
    "xgboost-binary": _xgboost("xgboost-binary"),
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "npy": _numpy,
    "npz": _numpy,
    "onnx": _onnx,
    "keras": _keras,
    "hdf5": _keras,
    "tensorflow-checkpoint": _checkpoint,
    "savedmodel": _graph,
    "tensorflow-graph": _graph,
}

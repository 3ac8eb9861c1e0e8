"""What the probe's trace told of a PyTorch model: peaks of PyTorch's allocator on a GPU, and their terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from doctor.memory.gpus import Gpu
from doctor.memory.values import Need, Place, Range, Term, Tier

EXACT = 0.95  # coverage below which the trace's figure is no more than a lead
_ROUNDING = 1 << 20  # bytes
_CUDNN = 256 << 20  # bytes of workspace that cuDNN may take at one time where its plan isn't known


class Run(NamedTuple):
    """
    One model call on one kind of GPU, as followed; sizes in bytes.

    Args:
        gpu: its name.
        memory: bytes of it, by which two of one name are told apart.
        batch: rows.
        tokens: of each row, 0 where it isn't text.
        weights: parameters and buffers.
        loaded: allocated once the model is loaded.
        allocated: at the peak.
        reserved: from CUDA at the peak, with what the allocator keeps.
        workspace: of the matrix libraries.
        coverage: share of the peak that exact rules account for, 0 to 1.
        inexact: operators without one.
        top: modules by what they have at the peak, the largest first.
        gradients: whether what a backward pass needs was kept.
    """

    gpu: str
    memory: int
    batch: int
    tokens: int
    weights: int
    loaded: int
    allocated: int
    reserved: int
    workspace: int
    coverage: float
    inexact: tuple[str, ...] = ()
    top: tuple[tuple[str, int], ...] = ()
    gradients: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        """The peak's parts; they add up to what is reserved."""
        copies = max(self.loaded - self.weights, 0)
        copies = copies if copies >= _ROUNDING else 0  # of blocks to 512 bytes: the allocator's
        call = max(self.allocated - self.loaded - self.workspace, 0)
        rest = self.reserved - self.weights - copies - call - self.workspace
        what = "activations, kept for gradients" if self.gradients else "activations"
        known = [
            ("weights", self.weights, "parameters and buffers as loaded"),
            ("copies left by loading", copies, "what loading keeps beside them"),
            (what, call, f"batch {self.batch}" + (f", {self.tokens} tokens" if self.tokens else "")),
            ("matrix workspace", self.workspace, "cuBLAS"),
            ("kept by the allocator", max(rest, 0), "reserved from CUDA and free at the peak"),
        ]
        terms = [Term(name, Range.exactly(size), how, Tier.TRACE) for name, size, how in known if size]
        return (*terms, *self._unknown(call))

    def _unknown(self, call: int) -> tuple[Term, ...]:
        """What operators without an exact rule may take on top."""
        if self.coverage >= 1 and not self.inexact:
            return ()
        most = int(call * (1 - self.coverage)) // 2
        if any(word in name for name in self.inexact for word in ("conv", "cudnn", "fft", "linalg")):
            most += _CUDNN
        how = f"no exact rule for {', '.join(self.inexact[:4])}"
        return (Term("workspaces that aren't known", Range(0, most // 8, max(most, 16 << 20)), how, Tier.TRACE),)


class Traced(NamedTuple):
    """
    All that the trace told.

    Args:
        way: what was followed: "model_fn of code/inference.py".
        torch: its version.
        parameters: bytes of them.
        buffers: likewise.
        runs: calls that were followed.
        not_followed: why there are none, or fewer than were asked for; "" where all were.
    """

    way: str
    torch: str
    parameters: int
    buffers: int
    runs: tuple[Run, ...]
    not_followed: str = ""

    def of(self, gpu: Gpu) -> list[Run]:
        """Return the runs on a kind of GPU, by batch."""
        same = [r for r in self.runs if r.gpu == gpu.name]
        closest = min((abs(r.memory - gpu.visible.expected) for r in same), default=0)
        return sorted((r for r in same if abs(r.memory - gpu.visible.expected) == closest), key=lambda r: r.batch)

    def need(self, gpu: Gpu, batch: int) -> Need | None:
        """Return what one process needs of a kind of GPU at a batch, None where that wasn't followed."""
        run = next((r for r in self.of(gpu) if r.batch == batch), None)
        if run is None:
            return None
        doubts = (f"no exact rule for {', '.join(run.inexact[:4])}",) if run.inexact else ()
        return Need(Place.GPU, (*run.terms, gpu.context_term), run.coverage, doubts)

    def largest_batch(self, gpu: Gpu, processes: int) -> int:
        """
        Return about the largest batch with which all processes fit a GPU, 0 where nothing tells.

        What is reserved grows linearly with the batch but for the allocator's steps; the two largest runs tell.
        """
        runs = self.of(gpu)
        if len(runs) < 2:
            return 0
        small, large = runs[-2:]
        each = (large.reserved - small.reserved) / (large.batch - small.batch)
        room = gpu.visible.low / processes - gpu.context.expected - large.reserved
        return max(int(large.batch + room / each), 0) if each > 0 else 0


def read(value: Mapping[str, Any]) -> Traced:
    """Read the result of the probe's step. A model's code could have said it: what isn't as documented is left out."""
    runs = tuple(run for said in _list(value.get("runs")) if (run := _run(said)) is not None)
    return Traced(
        _text(value.get("way")),
        _text(value.get("torch")),
        _size(value.get("parameters")),
        _size(value.get("buffers")),
        runs,
        _text(value.get("not_followed")),
    )


def _run(said: Any) -> Run | None:
    if not isinstance(said, Mapping) or not isinstance(said.get("gpu"), Mapping):
        return None
    batch, tokens, workspace = (_size(said.get(k)) for k in ("batch", "tokens", "workspace"))
    loaded, allocated, reserved = (_size(said.get(f)) for f in ("loaded_allocated", "peak_allocated", "peak_reserved"))
    weights = _size(said.get("parameters")) + _size(said.get("buffers"))
    coverage = said.get("coverage")
    if not 0 < loaded <= allocated <= reserved:
        return None
    return Run(
        _text(said["gpu"].get("name")),
        _size(said["gpu"].get("memory")),
        batch,
        tokens,
        min(weights, loaded),
        loaded,
        allocated,
        reserved,
        workspace,
        min(max(float(coverage), 0.0), 1.0) if isinstance(coverage, int | float) else 0.0,
        tuple(_text(name) for name in _list(said.get("inexact")))[:20],
        tuple((_text(r[0]), _size(r[1])) for r in _list(said.get("top")) if isinstance(r, list) and len(r) == 2)[:10],
        said.get("gradients") is True,
    )


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _size(value: Any) -> int:
    return value if type(value) is int and 0 <= value < 1 << 50 else 0

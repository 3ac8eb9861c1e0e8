"""
What one process that loads the model needs of its host's memory, at the peak of loading and serving.

``of_worker(subject)`` is the need of one worker; ``server_terms(stack)`` what stands in front of all of them, once. A
subject has ``models``, ``handler``, ``stack`` ("" unknown), ``variables``, ``serving`` (an Environment or None) and
``workload``: each that isn't known makes the range wider, and says so in the need's doubts.

What is counted is anonymous and shared memory: what a kernel can't take back, so that a container's memory limit kills
when it doesn't fit. Pages of mapped files (safetensors as from_pretrained uses them, ``mmap=True``) are in a term of
their own, "weights in the mapped file", whose low end is 0: below it the process isn't killed, it reads the weights
from the disk again at each request.

Terms: "Python and libraries", "server's code in each worker", "model in memory", "weights in the mapped file", "while
loading: ..." (what loading takes beyond the model, and gives back), "per request" (what the first requests add beyond
that). They add up to the peak. Workers share nothing: servers start them as processes of their own, and what a fork
shares is written to and so copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from doctor.memory import host_libraries
from doctor.memory.host_loading import TORCH, Taken, of_file, of_pretrained, of_torch
from doctor.memory.values import NOTHING, Need, Place, Range, Term, Tier, total
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Call, Handler
    from doctor.memory.values import Workload
    from doctor.models import Models

_NO_MODEL = frozenset({"elf", "triton-config", "serving-properties", "mlmodel"})


class Subject(Protocol):
    """What is asked of a deployment; ``doctor.memory.estimating.Subject`` is one."""

    @property
    def models(self) -> Models:
        """The artifact's model files."""

    @property
    def handler(self) -> Handler:
        """The artifact's own code, empty without."""

    @property
    def stack(self) -> str:
        """The serving stack, "" unknown."""

    @property
    def variables(self) -> Mapping[str, str]:
        """What the endpoint sets."""

    @property
    def serving(self) -> Environment | None:
        """The packages that will be there, None unknown."""

    @property
    def workload(self) -> Workload:
        """What is asked of the model."""


class _Found(NamedTuple):
    """The files that a worker loads, and what they take together."""

    files: tuple[ModelFile, ...]
    taken: Taken


def of_worker(subject: Subject) -> Need:
    """Return what one process needs of its host; Unknown where no file of the artifact tells."""
    found = _found(subject)
    libraries, others = host_libraries.used(found.files, subject.handler, subject.stack)
    taken, doubts = found.taken, list(found.taken.doubts)
    terms = host_libraries.terms(libraries, others, subject.serving, subject.stack)
    terms.append(Term("model in memory", taken.kept, f"{_named(found.files)}, once loaded"))
    if taken.mapped:
        how = "pages of the file, which the kernel may drop and read again"
        terms.append(Term("weights in the mapped file", Range(0, taken.mapped, taken.mapped), how))
    loading = _less(taken.peak, taken.kept)
    if loading.high:
        terms.append(Term(f"while loading: {taken.how or 'buffers'}", loading, "given back once it is loaded"))
    request = _beyond(host_libraries.first_request(libraries), loading)
    terms.append(Term("per request", request, "thread pools and buffers that a first small request adds", Tier.TABLES))
    if others:
        doubts.append(f"what importing {', '.join(sorted(others)[:5])} takes wasn't measured")
    if subject.serving is None:
        doubts.append("nothing says which releases will be there: tell with --image or --serving")
    if "torch" in libraries or "tensorflow" in libraries:
        doubts.append("activations of large requests come on top")
    return Need(Place.HOST, tuple(terms), _coverage(taken, terms), tuple(doubts))


def server_terms(stack: str) -> tuple[Term, ...]:
    """Return what stands in front of the workers, once for all of them: a JVM, gunicorn's master; () unknown."""
    return host_libraries.servers(stack)


def _found(subject: Subject) -> _Found:
    by_torch = _of_torch(subject)
    opened = {o.path for o in subject.handler.opened() if o.path}
    torch_files = {f.path for f in by_torch.files} if by_torch else set[str]()
    rest = [(f, t) for f in _others(subject.models, torch_files) if (t := of_file(f, subject.serving))]
    named = [(f, t) for f, t in rest if f.path in opened or any(f.path.startswith(f"{o}/") for o in opened)]
    chosen = named or ([] if by_torch else rest)
    parts = ([by_torch.taken] if by_torch else []) + [t for _, t in chosen]
    if not parts:
        raise Unknown("no file of the artifact holds a model whose memory is known")
    files = (*(by_torch.files if by_torch else ()), *(f for f, _ in chosen))
    return _Found(files, _together(parts))


def _others(models: Models, taken: set[str]) -> list[ModelFile]:
    return [f for f in models.files if f.path not in taken and f.format not in TORCH | _NO_MODEL]


def _of_torch(subject: Subject) -> _Found | None:
    """Return what PyTorch loads, None where it loads nothing that was read."""
    from doctor.memory.stored import loaded

    torch_files = [f for f in subject.models.files if f.format in TORCH]
    if not torch_files:
        return None
    models, handler, stack = subject.models, subject.handler, subject.stack
    try:
        found = loaded(models, handler, stack, subject.variables, subject.serving)
    except Unknown:
        return None
    files = tuple(f for f in torch_files if f.path in found.files)
    if not files:
        return None
    if _pretrained(subject, files[0].path):
        return _Found(files, of_pretrained(found, subject.serving))
    return _Found(files, of_torch(found, files[0], handler, _call(handler, models, files[0].path)))


def _pretrained(subject: Subject, path: str) -> bool:
    """Say whether transformers loads a file, by the handler's call or the stack's default."""
    from doctor.pretrained import by_default, folder_of

    if by_default(subject.handler, subject.stack, subject.variables):
        return True
    folder = path.rpartition("/")[0]
    if folder_of(subject.models, folder) is None:
        return False
    named = [o for o in subject.handler.opened() if o.call.name.endswith(".from_pretrained")]
    return any(o.path == folder for o in named) or not subject.handler


def _call(handler: Handler, models: Models, path: str) -> Call | None:
    from doctor.torchloads import JIT_LOAD, TORCH_LOAD, loads

    every = loads(handler, models, (*TORCH_LOAD, *JIT_LOAD, "safetensors.torch.load_file"))
    return next((load.call for load in every if load.file.path == path), None)


def _together(parts: list[Taken]) -> Taken:
    """Return several files loaded one after the other: all are kept, and one of them is at its peak."""
    kept = total(p.kept for p in parts)
    beside = [_less(p.peak, p.kept) for p in parts]
    most = max(range(len(parts)), key=lambda i: beside[i].expected)
    doubts = tuple(d for p in parts for d in p.doubts)
    peak = kept.plus(beside[most])
    return Taken(kept, peak, sum(p.mapped for p in parts), parts[most].how, doubts)


def _less(peak: Range, kept: Range) -> Range:
    """Return what a peak is beyond what is kept, so that both add up to it, or to a little more at the ends."""
    low, expected, high = (max(p - k, 0) for p, k in zip(peak, kept, strict=True))
    return Range(min(low, expected), expected, max(expected, high))


def _beyond(request: Range, loading: Range) -> Range:
    """Return what a request takes beyond what loading gave back."""
    if not loading.expected:
        return request
    return Range(0, max(request.expected - loading.expected, 0), max(request.high - loading.low, 0))


def _coverage(taken: Taken, terms: list[Term]) -> float:
    """Return the share of the expected bytes whose range is at most a tenth of it wide."""
    size = total(t.size for t in terms).expected
    wide = sum(t.size.expected for t in terms if t.size.high - t.size.low > 0.1 * max(t.size.expected, 1))
    return (size - wide) / size if size and taken.peak != NOTHING else 0.0


def _named(files: tuple[ModelFile, ...]) -> str:
    return files[0].path if len(files) == 1 else f"{len(files)} files"

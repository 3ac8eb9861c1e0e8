"""
What the model needs of the endpoint's disk and of its shared memory, and how long it takes until it serves.

``on_disk`` and ``room`` are held against each other, as ``shared`` and ``shared_room`` are; ``times`` is held against
``ModelDataDownloadTimeoutInSeconds`` (fetching and unpacking) and ``ContainerStartupHealthCheckTimeoutInSeconds``
(loading). Rates of networks and disks aren't promised by anybody, so that ranges of seconds are wide: their low end is
what can't be beaten, and only it proves that a timeout is too short.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from doctor.facts import load
from doctor.memory.values import Need, Place, Range, Term
from doctor.model import Unknown

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models
    from doctor.target import Target

_COPIES = frozenset({"huggingface"})  # stacks whose server copies the model's folder before it serves


class Seconds(NamedTuple):
    """Seconds: the least that it can take, what is expected, and the most."""

    low: float
    expected: float
    high: float

    def plus(self, other: Seconds) -> Seconds:
        """Return the sum of both, end by end."""
        return Seconds(self.low + other.low, self.expected + other.expected, self.high + other.high)


class Times(NamedTuple):
    """
    How long each step takes until the model serves.

    Args:
        download: fetching the archive or the files.
        unpack: writing what the archive holds; nothing where it isn't packed.
        start: the server and the imports of one worker.
        load: reading the model.
    """

    download: Seconds
    unpack: Seconds
    start: Seconds
    load: Seconds

    @property
    def before_start(self) -> Seconds:
        """What ModelDataDownloadTimeoutInSeconds has to hold."""
        return self.download.plus(self.unpack)

    @property
    def until_ready(self) -> Seconds:
        """What ContainerStartupHealthCheckTimeoutInSeconds has to hold, where the server waits for its workers."""
        return self.start.plus(self.load)


def on_disk(artifact: Artifact, stack: str) -> Need:
    """
    Return what the model takes of the endpoint's disk.

    Args:
        artifact: as it would be packed.
        stack: the serving stack, "" unknown.
    """
    unpacked = sum(member.size for member in artifact.files())
    terms = [Term("unpacked files", Range.exactly(unpacked), "the sizes that the archive states")]
    packed = artifact.container in {"tar.gz", "tar", "zip"}
    if packed:
        how = "whether the archive lies on the same disk while it is unpacked isn't documented"
        terms.append(Term("the archive beside them", Range(0, 0, artifact.stored), how))
    if stack in _COPIES:
        terms.append(
            Term("Multi Model Server's copy", Range.exactly(unpacked), "it copies the folder before it serves")
        )
    return Need(Place.DISK, tuple(terms), 1.0, ("whether the archive stays beside its files",) if packed else ())


def room(target: Target) -> int:
    """Return the bytes of the endpoint's disk; Unknown where nothing says."""
    limits = target.limits
    if "disk_bytes" in limits:
        return int(limits["disk_bytes"])
    family = target.instance.removeprefix("ml.").partition(".")[0]
    local = load("host_memory")["disk"]["local_storage"]
    if not family:
        raise Unknown("no --instance-type given")
    if family in local or re.fullmatch(r"[a-z]+\d+[a-z]*d[a-z]*", family):
        raise Unknown(f"how large the disks of {target.instance} are isn't known")
    if "default_volume_bytes" not in limits:
        raise Unknown(f"nobody says how large the disk of a {target.endpoint} endpoint is")
    return int(limits["default_volume_bytes"])


def shared(handler: Handler, batch: int = 0) -> Need:
    """
    Return what the processes of a DataLoader keep in /dev/shm.

    Args:
        handler: the artifact's own code.
        batch: bytes of one batch, 0 where nothing tells.

    Raises Unknown where the number of processes is computed.
    """
    counts = [_processes(c.argument(5, "num_workers")) for c in handler.calls(*_LOADERS) if c.hooks or c.at_import]
    if any(count is None for count in counts):
        raise Unknown("how many processes its DataLoader starts is computed")
    count = max((c for c in counts if c), default=0)
    if not count:
        return Need(Place.SHARED, ())
    ahead = count * int(load("host_memory")["shared"]["batches_ahead"])
    size = Range(batch, batch * ahead, batch * (ahead + 1)) if batch else Range(0, 0, shared_room())
    doubts = () if batch else ("how large a batch is",)
    term = Term("DataLoader's batches", size, f"{count} processes, {ahead} batches ahead")
    return Need(Place.SHARED, (term,), 1.0 if batch else 0.0, doubts)


def triton_shared(instances: int, each: int = 0) -> Need:
    """Return what instances of Triton's Python models take of /dev/shm when they start; ``each`` where it is set."""
    size = each or int(load("triton")["shared_memory"]["each"])
    term = Term("Triton's Python models", Range.exactly(instances * size), f"{instances} instances of {size} bytes")
    return Need(Place.SHARED, (term,))


def shared_room() -> int:
    """Return the bytes of /dev/shm, which an endpoint has no setting for."""
    return int(load("host_memory")["shared"]["room"])


def times(artifact: Artifact, files: tuple[ModelFile, ...], libraries: frozenset[str], stack: str = "") -> Times:
    """
    Return how long it takes until the model serves.

    Args:
        artifact: as it would be packed.
        files: that a worker loads.
        libraries: that it imports (``doctor.memory.host_libraries.used``).
        stack: the serving stack, "" unknown.
    """
    facts = load("host_memory")["disk"]
    unpacked = sum(member.size for member in artifact.files())
    imports = _sum(facts["import"][name] for name in sorted(libraries) if name in facts["import"])
    server = Seconds(*facts["server"][stack]) if stack in facts["server"] else Seconds(0.0, 1.0, 20.0)
    read = _at(sum(f.size for f in files), facts["read"])
    parsed = _sum(_parsed(file, facts["parse"]) for file in files)
    return Times(
        _at(artifact.stored or unpacked, facts["fetch"]),
        _at(unpacked, facts["unpack"]) if artifact.container == "tar.gz" else Seconds(0.0, 0.0, 0.0),
        server.plus(imports),
        read.plus(parsed),
    )


def loaded_files(models: Models, handler: Handler) -> tuple[ModelFile, ...]:
    """Return the model files that the handler opens, all that were recognised where it opens none of them."""
    opened = {o.path for o in handler.opened() if o.path is not None}
    named = tuple(f for f in models.files if f.path in opened or any(o and f.path.startswith(f"{o}/") for o in opened))
    return named or tuple(models.files)


_LOADERS = ("torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader")


def _processes(node: ast.expr | None) -> int | None:
    if node is None:
        return 0
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _at(size: int, rates: list[int]) -> Seconds:
    """Return how long bytes take at rates given from the slowest to the fastest."""
    slow, usual, fast = rates
    return Seconds(size / fast, size / usual, size / slow)


def _parsed(file: ModelFile, rates: dict[str, Any]) -> list[float]:
    each = rates.get(file.format)
    return [rate * file.size / 1e6 for rate in each] if isinstance(each, list) else [0.0, 0.0, 0.0]


def _sum(rows: Any) -> Seconds:
    found = Seconds(0.0, 0.0, 0.0)
    for row in rows:
        found = found.plus(Seconds(*row))
    return found

"""What a sandbox is given, and what it does: one class for a container, one for a local interpreter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from doctor.trials.values import Place, Process

PROBE_DIR = "/opt/endpoint-doctor"  # where the probe and its request lie, read-only, in the sandbox


class Given(NamedTuple):
    """
    What a sandbox makes visible inside.

    Args:
        artifact: path of the artifact on this machine: a directory or an archive; shown unpacked at /opt/ml/model,
            read-only, as the platform mounts it.
        files: other files by name below `PROBE_DIR`: "probe.pyz", "request.json", "sample".
        variables: that the endpoint sets.
    """

    artifact: str
    files: Mapping[str, bytes]
    variables: Mapping[str, str]


class Sandbox(Protocol):
    """A place where processes run one after another, each on its own; a context manager that leaves nothing behind."""

    @property
    def place(self) -> Place:
        """Where that is, and what it keeps apart."""

    @property
    def model_dir(self) -> str:
        """Where the model lies for the process: /opt/ml/model wherever that can be had."""

    @property
    def probe_dir(self) -> str:
        """Where `Given.files` lie for the process."""

    @property
    def can_be_writable(self) -> bool:
        """Whether `run` with ``writable`` is any different from without."""

    def run(self, arguments: Sequence[str], *, writable: bool = False) -> Process:
        """
        Run the interpreter under test with these arguments, to its end or to a limit.

        Args:
            arguments: of the interpreter; places as `model_dir` and `probe_dir` name them.
            writable: whether the root file system can be written to, as on the platform; what is written is discarded.
        """

    def close(self) -> None:
        """Remove all that was made for it, whatever has happened."""

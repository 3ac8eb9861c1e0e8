"""Check: files are packed that no server reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.artifact.layout import is_junk
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact

_TRAINING = ("optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state.pth", "trainer_state.json")
WORTH_SAYING = 1 << 20  # bytes of training state below which nobody minds


@check(
    title="Files are packed that no server reads",
    fault="artifact-layout",
    severity=Severity.NOTE,
    stage=Stage.CREATE,
    basis="https://www.gnu.org/software/tar/manual/html_section/exclude.html",
)
def junk_packed(artifact: Artifact) -> Iterator[Finding]:
    """
    Caches, file managers' metadata and a trainer's state cost download time and disk at every start.

    macOS writes ``._name`` beside each file (``COPYFILE_DISABLE=1 tar ...`` doesn't), Jupyter .ipynb_checkpoints, Git
    .git, and a trainer's optimizer state is up to twice the size of the weights. The endpoint works with them.
    """
    wasted: dict[str, int] = {}
    for member in artifact.files():
        name = member.path.rsplit("/", 1)[-1]
        training = name in _TRAINING or "tfevents" in name
        if is_junk(member.path) or (training and member.size > WORTH_SAYING):
            wasted[member.path] = member.size
    if wasted:
        largest = sorted(wasted, key=lambda path: -wasted[path])[:3]
        count = "no server reads 1 packed file" if len(wasted) == 1 else f"no server reads {len(wasted)} packed files"
        yield Finding(
            message=f"{count} ({sum(wasted.values())} bytes): "
            f"{', '.join(largest)}{', ...' if len(wasted) > len(largest) else ''}",
            evidence=tuple(Evidence(f"artifact:{path}", f"{wasted[path]} bytes") for path in largest),
            fix=_packed_without(wasted),
        )


def _packed_without(wasted: dict[str, int]) -> str:
    """Return the command that leaves out these files, each named by its folder or its own name."""
    parts = (next((p for p in path.split("/") if is_junk(p)), path.rsplit("/", 1)[-1]) for path in wasted)
    names = dict.fromkeys("._*" if part.startswith("._") else part for part in parts)
    excluded = " ".join(f"--exclude='{name}'" for name in names)
    return f"{'COPYFILE_DISABLE=1 ' if '._*' in names else ''}tar -C model -czf model.tar.gz {excluded} ."

"""Check: an entry of the archive would be unpacked outside its folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact


@check(
    title="An entry's path leads out of the archive's folder",
    fault="unsafe-archive",
    severity=Severity.ERROR,
    stage=Stage.CREATE,
    basis="https://docs.python.org/3/library/tarfile.html#tarfile.data_filter",
    symptoms=(r"tar: Removing leading `/' from member names", r"OutsideDestinationError", r"AbsolutePathError"),
)
def path_climbs_out(artifact: Artifact) -> Iterator[Finding]:
    """
    A path with ``..`` or a leading ``/`` is refused, or lands elsewhere than in /opt/ml/model.

    ``tar -P`` keeps absolute paths, ``tar -czf model.tar.gz ../model`` keeps the dots. Unpackers refuse such entries or
    rewrite their paths, so the file is not where the server looks; and an archive from elsewhere that has them may
    mean to overwrite files.
    """
    paths = [t.path for t in artifact.troubles if t.kind == "climbs-out"]
    climbs = [path for path in paths if ".." in path.split("/")]
    if paths:
        more = f" (and {len(paths) - 1} more)" if len(paths) > 1 else ""
        yield Finding(
            message=f"the entry {paths[0]!r}{more} leads out of the folder that the archive is unpacked into",
            evidence=tuple(Evidence(f"artifact:{p}", f"entry {p!r}") for p in paths[:5]),
            fix="tar -C model -czf model.tar.gz .  # paths relative to the model's folder",
            likelihood=Likelihood.CERTAIN if climbs else Likelihood.LIKELY,
            log=f"tar: {climbs[0]}: Member name contains '..'"
            if climbs
            else f"tarfile.AbsolutePathError: member {paths[0]!r} has an absolute path",
            cause="artifact:archive",
        )

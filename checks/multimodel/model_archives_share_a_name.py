"""Check: two model archives of TorchServe call themselves the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.mar import ModelArchive
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.models import Models


@check(
    title="Two model archives of TorchServe have one name and version",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.START,
    basis="https://github.com/pytorch/serve/blob/master/frontend/server/src/main/java/org/pytorch/serve/ModelServer.java",
    symptoms=(r"Model version \S+ is already registered for model \S+",),
)
def model_archives_share_a_name(models: Models, stack: str) -> Iterator[Finding]:
    """
    TorchServe registers a .mar by the name and version in its manifest, whatever the file is called.

    With all of a store to load, it ends at the second one of the same name and version. Archive it again with a
    --model-name or --version of its own.
    """
    if stack != "torchserve":
        return
    seen: dict[tuple[str, str], str] = {}
    for file, archive in models.of(ModelArchive):
        other = seen.setdefault((archive.name, archive.version), file.path)
        if other == file.path:
            continue
        yield Finding(
            message=f"{other} and {file.path} are both version {archive.version} of model {archive.name!r}, and "
            "TorchServe takes one",
            evidence=tuple(
                Evidence(f"artifact:{path}", f"modelName {archive.name}, modelVersion {archive.version}")
                for path in (other, file.path)
            ),
            fix=f"torch-model-archiver --model-name {_stem(file.path)} ... --force",
            likelihood=Likelihood.LIKELY,
            log=f"Invalid configuration: Model version {archive.version} is already registered for model "
            f"{archive.name}",
            cause=f"artifact:{file.path}",
        )
        return


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]

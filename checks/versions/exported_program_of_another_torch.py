"""Check: a program of torch.export is in a schema or layout that the serving PyTorch doesn't read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.exported import Exported
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check
from doctor.torchloads import loads, seen

if TYPE_CHECKING:
    from packaging.version import Version

    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.formats.kinds.exported import Schema
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="The exported program was written by another PyTorch",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/export/pt2_archive.html",
    symptoms=(
        r"Serialized version .* does not match our current schema version",
        r"There is no item named 'version' in the archive",
    ),
)
def exported_program_of_another_torch(
    models: Models, handler: Handler, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    ``torch.export.load`` reads programs of its own schema's major version alone.

    The major changed in 2.2, 2.3, 2.5 and 2.6 and is 8 since; 2.8 put the program into another archive, which no
    release before it opens. Export the model again with the PyTorch that serves, or raise that one.
    """
    for load in loads(handler, models, ("torch.export.load",)):
        written = load.file.facts
        if not isinstance(written, Exported):
            continue
        torch = serving.version("torch")
        reads = facts("torch_export")["schema"].get(f"{torch.major}.{torch.minor}") if torch else None
        if torch is not None and torch.release[:2] <= _WITHOUT:
            reads = [0, 0]
        if torch is None or reads is None:
            yield Unknown(f"which exported programs torch {torch or 'that is absent'} reads was not measured")
            continue
        since = tuple(int(n) for n in facts("torch_export")["archive_since"].split("."))
        failure = _failure(written, reads, torch, archive=torch.release[:2] >= since)
        if failure:
            yield Finding(
                message=f"{_named(load.file)} is {failure[0]}, and torch {torch} reads {failure[1]}",
                evidence=(
                    Evidence(f"artifact:{load.file.path}", f"layout {written.layout}, schema {written.schema}"),
                    serving.evidence("torch"),
                    seen(handler, load.call),
                ),
                fix=_fix(load.file, str(torch)),
                log=failure[2],
                cause="serving:pkg/torch",
            )


_WITHOUT, _FIRST = (1, 13), (2, 1)  # measured: without torch.export, and with it


def _failure(written: Exported, reads: list[int], torch: Version, *, archive: bool) -> tuple[str, str, str] | None:
    if not reads[0]:
        return "a program of torch.export", "none", "AttributeError: module 'torch' has no attribute 'export'"
    if written.layout == "archive" and not archive:
        log = "KeyError: \"There is no item named 'version' in the archive\""
        return "a PT2 archive", "the flat layout before it", log
    if written.schema is None or written.schema.major == reads[0]:
        return None
    return f"of schema {written.schema}", f"schema {reads[0]}", _log(written.schema, reads, torch)


def _log(schema: Schema, reads: list[int], torch: Version) -> str:
    if torch.release[:2] == _FIRST:  # the schema had one number
        return f"ValueError: invalid literal for int() with base 10: b'{schema}'"
    if schema.major == 1:
        later = torch.release[:2] >= (2, 8)
        return f"AssertionError: {'Version in the saved file has incorrect length' if later else ''}"
    theirs, ours = f"['{schema.major}', '{schema.minor}']", f"({reads[0]}, {reads[1]})"
    return f"RuntimeError: Serialized version {theirs} does not match our current schema version {ours}."


def _named(file: ModelFile) -> str:
    version = file.writer.get("torch")
    return f"{file.path} (written by torch {version})" if version else file.path


def _fix(file: ModelFile, torch: str) -> str:
    version = file.writer.get("torch", "").split("+")[0]
    again = (
        f"torch.export.save(torch.export.export(model, example), {file.path.rsplit('/', 1)[-1]!r}) with torch {torch}"
    )
    return f"serve with torch {version}, or {again}" if version else again

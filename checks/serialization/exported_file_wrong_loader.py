"""Check: a .pt2 file is opened with a loader of another of PyTorch's formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.exported import Exported, Packaged
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import loads, seen

if TYPE_CHECKING:
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models

_RIGHT = {"torch-export": "torch.export.load", "aotinductor": "torch._inductor.aoti_load_package"}
_SAME = ("torch._inductor.aoti_load_package", "torch._inductor.package.load_package")
_EVERY = ("torch.load", "torch.jit.load", "torch.export.load", *_SAME)


@check(
    title="An exported or compiled model is opened with the wrong loader",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/docs/stable/export.html#serialization",
    symptoms=(
        r"PytorchStreamReader failed locating file data\.pkl: file not found",
        r"file in archive is not in a subdirectory: serialized_exported_program\.json",
        r"Failed to find a generated cpp file or so file for model",
        r"We ran into an error when deserializing the saved file",
    ),
    explains=("torchscript-opened-with-torch-load", "torch-legacy-opened-with-jit"),
)
def exported_file_wrong_loader(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    PyTorch has four kinds of zip files, each with a loader of its own, and a .pt2 file may be two of them.

    ``torch.save``: torch.load. ``torch.jit.save``: torch.jit.load. ``torch.export.save``: torch.export.load.
    ``aoti_compile_and_package``: torch._inductor.aoti_load_package. What another wrote looks damaged to each.
    """
    for load in loads(handler, models, _EVERY):
        right = _right(load.file)
        if not right or load.call.name in {right, *(_SAME if right in _SAME else ())}:
            continue
        if not isinstance(load.file.facts, Exported | Packaged) and load.call.name in {"torch.load", "torch.jit.load"}:
            continue  # what torch.save and torch.jit.save wrote, with each other's loader: checks of their own
        yield Finding(
            message=f"{load.file.path} is {_what(load.file)}, which {load.call.name} can't open",
            evidence=(Evidence(f"artifact:{load.file.path}", load.file.format), seen(handler, load.call)),
            fix=f"{right}(path) in place of {load.call.name}",
            log=_log(load.file, load.call.name),
            cause=f"artifact:{load.file.path}/loader",
        )


def _right(file: ModelFile) -> str:
    if file.format == "aotinductor" and file.facts.programs:
        return ""  # both are inside
    return {"torch-zip": "torch.load", "torchscript": "torch.jit.load", **_RIGHT}.get(file.format, "")


def _what(file: ModelFile) -> str:
    return {
        "torch-export": "a program of torch.export", "aotinductor": "a model compiled by AOTInductor",
        "torchscript": "a TorchScript archive",
    }.get(file.format, "a file of torch.save")  # fmt: skip


def _log(file: ModelFile, loader: str) -> str:
    flat = isinstance(file.facts, Exported) and file.facts.layout == "flat"
    if loader in {"torch.load", "torch.jit.load"}:
        wants = "data.pkl" if loader == "torch.load" else "constants.pkl"
        inside = "file in archive is not in a subdirectory: serialized_exported_program.json"
        return (
            f"RuntimeError: {inside if flat else f'PytorchStreamReader failed locating file {wants}: file not found'}"
        )
    if loader == "torch.export.load":
        return "RuntimeError: We ran into an error when deserializing the saved file. Please check the warnings above"
    return "RuntimeError: Failed to find a generated cpp file or so file for model 'model' in the zip archive."

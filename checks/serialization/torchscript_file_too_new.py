"""Check: the file format of a PyTorch zip is newer than what the serving PyTorch reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.torch import TorchSave, TorchScript
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.models import Models


@check(
    title="The model file's format is newer than the serving PyTorch reads",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/issues/47243",
    symptoms=(
        r"Attempted to read a PyTorch file with version \d+, but the maximum supported version for reading is \d+",
        r"file not found: \w+/version",
    ),
)
def torchscript_file_too_new(models: Models, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    A PyTorch file says which version of the format it is in; each PyTorch reads up to one.

    PyTorch writes the lowest version that the operators in the file need, so a newer PyTorch doesn't always write a
    newer format. Serve with the PyTorch that saved the file, or save it again with the older one.
    """
    for file in models.files:
        written = file.facts
        version = int(written.version or 0) if isinstance(written, (TorchSave, TorchScript)) and _number(written) else 0
        if not version:
            continue
        torch = serving.version("torch")
        if torch is None:
            return
        table: dict[str, int] = facts("torch_file_format")["max_supported_file_format"]
        highest = table.get(f"{torch.major}.{torch.minor}")
        if highest is None and version > max(table.values()):
            yield Unknown(f"which file format torch {torch} reads isn't known; {file.path} is in version {version}")
        elif highest is not None and version > highest:
            first = next((t for t, reads in table.items() if reads >= version), "")
            yield Finding(
                message=f"{file.path} is in file format version {version}; torch {torch} reads up to {highest}",
                evidence=(
                    Evidence(f"artifact:{file.path}!version", str(version)),
                    serving.evidence("torch"),
                ),
                fix=(f"serve with torch {first} or later, or " if first else "") + f"save the file with torch {torch}",
                log=_log(version, highest),
                cause="serving:pkg/torch",
            )


def _log(version: int, highest: int) -> str:
    if version >= _MOVED > highest:
        return "RuntimeError: [enforce fail at inline_container.cc:222] . file not found: archive/version"
    return (
        f"RuntimeError: Attempted to read a PyTorch file with version {version}, "
        f"but the maximum supported version for reading is {highest}."
    )


_MOVED = 6  # from this version on the version is in .data/version, where earlier releases don't look


def _number(written: TorchSave | TorchScript) -> bool:
    return str(written.version).isdecimal() and len(str(written.version)) < 10

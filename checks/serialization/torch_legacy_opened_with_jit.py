"""Check: a torch.save file of the format before zip is opened with torch.jit.load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, check
from doctor.torchloads import JIT_LOAD, loads, seen

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A torch.save file of the format before zip is opened with torch.jit.load",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/k2-fsa/sherpa/issues/63",
    symptoms=(r"PytorchStreamReader failed reading zip archive: failed finding central directory",),
)
def torch_legacy_opened_with_jit(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    ``torch.jit.load`` opens TorchScript archives only, and those are zip files.

    The file is what torch.save wrote before PyTorch 1.6, or with ``_use_new_zipfile_serialization=False``: no zip at
    all. The error reads as if the file were damaged; it is not. Load it with torch.load.
    """
    for load in loads(handler, models, JIT_LOAD):
        facts = load.file.facts
        if isinstance(facts, TorchSave) and facts.legacy:
            yield Finding(
                message=f"{load.file.path} is a torch.save file of the format before zip: torch.jit.load can't open it",
                evidence=(
                    seen(handler, load.call),
                    Evidence(f"artifact:{load.file.path}", f"begins with torch.save's number; holds a {facts.layout}"),
                ),
                fix="model.load_state_dict(torch.load(path, map_location='cpu')) in place of torch.jit.load(path)",
                log="RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory.",
                cause=f"artifact:{load.file.path}/loader",
            )

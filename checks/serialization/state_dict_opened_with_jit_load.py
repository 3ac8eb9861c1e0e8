"""Check: what torch.save wrote is opened with torch.jit.load."""

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
    title="What torch.save wrote is opened with torch.jit.load",
    fault="torch-file-format",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/issues/31620",
    symptoms=(r"PytorchStreamReader failed locating file constants\.pkl",),
)
def state_dict_opened_with_jit_load(models: Models, handler: Handler) -> Iterator[Finding]:
    """
    ``torch.jit.load`` opens TorchScript archives only: weights together with their code.

    A state dict, a checkpoint or a whole module that torch.save wrote has no code inside. The error reads as if the
    file were damaged; it is not. Load it with torch.load, build the model and call load_state_dict; or make an archive:
    ``torch.jit.script(model.eval()).save(path)``.
    """
    for load in loads(handler, models, JIT_LOAD):
        facts = load.file.facts
        if isinstance(facts, TorchSave) and not facts.legacy:
            what = {"module": "a whole nn.Module", "other": "a pickle"}.get(facts.layout, f"a {facts.layout}")
            yield Finding(
                message=f"{load.file.path} is {what} of torch.save, no TorchScript archive, so torch.jit.load fails",
                evidence=(
                    seen(handler, load.call),
                    Evidence(f"artifact:{load.file.path}", f"data.pkl without constants.pkl and code/: {what}"),
                ),
                fix="model.load_state_dict(torch.load(path, map_location='cpu')) in place of torch.jit.load(path)",
                log="RuntimeError: PytorchStreamReader failed locating file constants.pkl: file not found.",
                cause=f"artifact:{load.file.path}/loader",
            )

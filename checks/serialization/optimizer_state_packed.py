"""Check: the checkpoint that is packed carries the optimizer's state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.formats.kinds.torch import TorchSave
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.models import Models


@check(
    title="The optimizer's state is packed with the model",
    fault="not-a-full-model",
    severity=Severity.NOTE,
    stage=Stage.LOAD,
    basis="https://docs.pytorch.org/tutorials/recipes/recipes/saving_and_loading_a_general_checkpoint.html",
)
def optimizer_state_packed(models: Models) -> Iterator[Finding]:
    """
    An optimizer's state is for going on with training; serving doesn't need it.

    Adam keeps two numbers for each weight, so that the file is three times as large as the model, and so are its
    download and the memory that torch.load takes. Save ``model.state_dict()`` alone for serving.
    """
    for file, facts in models.of(TorchSave):
        if facts.optimizer_bytes:
            keys = ", ".join(repr(k) for k in facts.optimizer)
            weights = facts.weights or "model"
            share = 100 * facts.optimizer_bytes // max(file.size, 1)
            yield Finding(
                message=f"{file.path} carries {facts.optimizer_bytes} bytes of optimizer state, {share}% of the file",
                evidence=(Evidence(f"artifact:{file.path}", f"key {keys}"),),
                fix=f"torch.save(torch.load('{file.path}', map_location='cpu')[{weights!r}], 'model.pth')",
                cause=f"artifact:{file.path}/optimizer",
            )

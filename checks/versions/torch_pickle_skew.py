"""Check: a file of torch.save holds objects that the serving PyTorch can't load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A file of torch.save holds what the serving PyTorch can't load",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/issues/69426",
    symptoms=(
        r"Can't get attribute '(_rebuild_\w+|_LinearWithBias|NonDynamicallyQuantizableLinear)' on <module 'torch\.",
        r"rebuilding sparse tensor for layout torch\.sparse_\w+",
        r"No module named 'torch\.ao(\.nn\.quantized)?'",
    ),
    explains=("pickle-names-absent-attribute", "pickle-names-absent-module"),
)
def torch_pickle_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    torch.save pickles, so a file names PyTorch's own classes and functions, which change from version to version.

    Tensors of 8-bit floats, unsigned integers and sparse layouts need the version that wrote them or a newer one;
    whole modules need the very classes. A state dict of plain float tensors goes everywhere: save
    ``model.state_dict()``, from weights cast to a type that both versions have.
    """
    from doctor.torchskew import broken

    for found in broken(models, handler, serving, "load"):
        yield found if isinstance(found, Unknown) else found.finding(handler, serving, "load", "its tensors")

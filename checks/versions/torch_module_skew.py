"""Check: a whole nn.Module lacks an attribute that the serving PyTorch's forward uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="A whole nn.Module lacks an attribute that the serving PyTorch uses",
    fault="pickle-version-skew",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://discuss.pytorch.org/t/attributeerror-gelu-object-has-no-attribute-approximate/151817",
    symptoms=(r"AttributeError: '(GELU|Upsample)' object has no attribute '\w+'",),
)
def torch_module_skew(models: Models, handler: Handler, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Loading a whole module sets the attributes that it had when it was saved, and runs the serving version's forward.

    What a later version added to a layer (GELU's approximate, Upsample's recompute_scale_factor) is not there: loading
    works and the first request fails. Save ``model.state_dict()`` and build the model in model_fn, or serve with the
    version that trained.
    """
    from doctor.torchskew import broken

    for found in broken(models, handler, serving, "predict"):
        yield found if isinstance(found, Unknown) else found.finding(handler, serving, "run", "the state dict")

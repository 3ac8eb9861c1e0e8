"""Check: TorchScript code calls operators of a library that nothing imports when it serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load as facts
from doctor.formats.kinds.torch import TorchScript, Written
from doctor.model import Evidence, Finding, Likelihood, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.environment import Environment
    from doctor.formats.kinds.base import ModelFile
    from doctor.handler import Handler
    from doctor.models import Models


@check(
    title="TorchScript code calls operators of a library that isn't imported",
    fault="torchscript-device-or-op",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/pytorch/issues/48932",
    symptoms=(r"Unknown builtin op: [\w:]+",),
)
def torchscript_operator_unregistered(
    models: Models, handler: Handler, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    Operators such as ``torchvision::nms`` exist only once their library has been imported.

    An archive that calls them loads in your notebook, where torchvision was imported for something else, and fails in
    a server that imports PyTorch alone. Install the library and import it at the top of inference.py, before
    ``torch.jit.load``.
    """
    table = facts("torch_operators")
    for file, written in models.of(TorchScript):
        foreign = [o for o in written.operators if o.what.split("::")[0] not in table["builtin"]]
        if not foreign or _registers(handler):
            continue
        provider = table["modules"].get(foreign[0].what.split("::")[0])
        if provider is None:
            yield Unknown(f"{file.path} calls {foreign[0].what}; which library has it isn't known")
        elif serving.finds(provider["module"]) is False:
            yield _finding(file, foreign[0], provider, serving.evidence(provider["distribution"]), Likelihood.CERTAIN)
        elif not _may_import(handler, provider["module"]):
            saw = f"imports {', '.join(sorted(_tops(handler)))}; not {provider['module']}"
            entry = handler.entry.path if handler.entry else "code/inference.py"
            yield _finding(file, foreign[0], provider, Evidence(f"artifact:{entry}", saw), Likelihood.LIKELY)


def _registers(handler: Handler) -> bool:
    """Say whether the handler loads a library of operators by itself."""
    return any(c.name.endswith((".load_library", "ctypes.CDLL")) for c in handler.calls())


def _tops(handler: Handler) -> set[str]:
    return {i.module.split(".")[0] for i in handler.imports()} - sys.stdlib_module_names


def _may_import(handler: Handler, module: str) -> bool:
    """Say whether the module may have been imported: by the handler, or by something that it imports."""
    own = {s.module.split(".")[0] for s in handler.scripts.values()}
    return (
        not handler
        or module in _tops(handler)
        or bool(_tops(handler) - own - {*facts("torch_operators")["quiet_imports"]})
    )


def _finding(
    file: ModelFile, called: Written, provider: dict[str, str], proof: Evidence, likelihood: Likelihood
) -> Finding:
    absent = likelihood is Likelihood.CERTAIN
    why = f"{provider['distribution']} is not installed when it serves" if absent else "nothing imports it"
    return Finding(
        message=f"{file.path} calls {called.what}, an operator of {provider['distribution']}, and {why}",
        evidence=(Evidence(f"artifact:{file.path}!{called.path}:{called.line}", called.text), proof),
        fix=(f"echo {provider['distribution']} >> code/requirements.txt, and " if absent else "")
        + f"import {provider['module']} at the top of inference.py",
        likelihood=likelihood,
        log=f"RuntimeError: Unknown builtin op: {called.what}.",
        cause=f"serving:pkg/{provider['distribution']}",
    )

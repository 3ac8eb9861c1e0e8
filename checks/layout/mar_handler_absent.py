"""Check: a TorchServe archive names a handler or a file that is not in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.facts import load
from doctor.formats.kinds.mar import ModelArchive
from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.models import Models


@check(
    title="The model archive lacks a file that its manifest names",
    fault="artifact-layout",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/pytorch/serve/issues/463",
    symptoms=(
        r"ModuleNotFoundError: No module named '\w+'",
        r"No module named 'ts.torch_handler",
    ),
)
def mar_handler_absent(models: Models, stack: str) -> Iterator[Finding]:
    """
    A .mar's MANIFEST.json names its handler, the network's file and the weights; TorchServe looks for them in it.

    A handler is one of TorchServe's own (image_classifier, ...) or a Python file of the archive. Make it again with
    ``torch-model-archiver --handler handler.py --extra-files ...``.
    """
    if stack != "torchserve":
        return
    for file, facts in models.of(ModelArchive):
        names = {m.rsplit("/", 1)[-1] for m in facts.members}
        module = facts.handler.partition(":")[0]
        python = module if module.endswith(".py") else f"{module}.py"
        own = module not in load("stacks")["torchserve_handlers"] and "." not in module.removesuffix(".py")
        if module and own and python.rsplit("/", 1)[-1] not in names:
            yield _finding(
                file.path,
                facts,
                "handler",
                facts.handler,
                python,
                f"ModuleNotFoundError: No module named '{python.removesuffix('.py')}'",
            )
        for setting, name in (("modelFile", facts.model_file), ("serializedFile", facts.serialized_file)):
            if name and name.rsplit("/", 1)[-1] not in names:
                yield _finding(file.path, facts, setting, name, name, f"RuntimeError: Missing the {name} file")


def _finding(path: str, facts: ModelArchive, setting: str, value: str, name: str, log: str) -> Finding:
    return Finding(
        message=f"{path} names {value} as its {setting}, and holds {', '.join(facts.members[:5]) or 'nothing'}",
        evidence=(Evidence(f"artifact:{path}!MAR-INF/MANIFEST.json", f'"{setting}": "{value}"'),),
        fix=f"torch-model-archiver --model-name {facts.name or 'model'} --version 1.0 --handler {name} --force"
        if setting == "handler"
        else f"torch-model-archiver ... --extra-files {name} --force",
        log=log,
        cause=f"artifact:{path}",
    )

"""Check: the handler imports a module that is not there when it serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor import modules, used
from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.source import Import
    from doctor.handler import Handler


@check(
    title="The handler imports a module that is not installed",
    fault="missing-dependency",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/aws/sagemaker-python-sdk/issues/975",
    symptoms=(r"ModuleNotFoundError: No module named '[\w.]+'", r"ImportError: No module named [\w.]+"),
)
def handler_imports_absent(handler: Handler, artifact: Artifact, serving: Environment) -> Iterator[Finding | Unknown]:
    """
    Every module that the handler's scripts import has to be in the image, in code/requirements.txt or in the artifact.

    What was installed where the model was trained is not there when it serves. An import within try/except ImportError
    is left to the handler, and one in a function counts only where serving calls that function. Add the package to
    code/requirements.txt, or the missing file to code/.
    """
    seen: set[str] = set()
    for made in used.imports(handler):
        if made.module in seen or not made.module or _own(made.module, handler, artifact):
            continue
        seen.add(made.module)
        found = serving.finds(made.module)
        if found is False:
            yield _finding(made, handler, serving)
        elif found is None and serving.finds(made.module.split(".", maxsplit=1)[0]) is None:
            yield Unknown(
                f"whether {made.module} ({made.path}:{made.line}) is there can't be told from {serving.source}"
            )


def _own(module: str, handler: Handler, artifact: Artifact) -> bool:
    """Whether the artifact may give a module itself, wherever in it."""
    if module in handler.names.by_module:
        return True
    top = module.split(".", maxsplit=1)[0]
    files = (f"/{m.path}" for m in artifact.files())
    return any(f"/{top}/" in path or path.endswith((f"/{top}.py", f"/{top}.so")) for path in files)


def _finding(made: Import, handler: Handler, serving: Environment) -> Finding:
    missing = _missing(made.module, serving)
    removed = modules.gone(made.module, serving.python)
    givers = modules.givers(made.module)
    package = givers[0] if givers else ""
    evidence = (handler.seen(made.path, made.line), _absence(package, missing, serving))
    if removed:
        message = f"{made.path} imports {missing}, which Python {removed} removed, and Python {serving.python} serves"
        fix = f"replace {missing} in {made.path}, or serve with a Python older than {removed}"
    elif package and package not in serving.packages:
        given = "which" if package == missing else f"and {package}, which gives it,"
        message = f"{made.path} imports {missing}, {given} is not installed"
        fix = f"echo {package} >> code/requirements.txt"
    elif package:
        version = serving.packages[package]
        message = f"{made.path} imports {missing}, and {package} {version} has no such module"
        fix = f"import it from where {package} {version} has it, or pin another {package} in code/requirements.txt"
    else:
        message = f"{made.path} imports {missing}, which is neither in the artifact nor installed"
        fix = f"add {missing.replace('.', '/')}.py to code/, or the package that gives it to code/requirements.txt"
    return Finding(
        message=message,
        evidence=evidence,
        fix=fix,
        log=f"ModuleNotFoundError: No module named '{missing}'",
        cause=f"serving:pkg/{package or missing}",
    )


def _missing(module: str, serving: Environment) -> str:
    """The first part of a dotted module that is not there: the one that the error names."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(1, len(parts)))
    return next((name for name in names if serving.finds(name) is False), module)


def _absence(package: str, missing: str, serving: Environment) -> Evidence:
    if package:
        return serving.evidence(package)
    return Evidence(f"serving:module/{missing}", f"absent ({serving.source})")

"""Check: the handler imports a name that the installed release of its module doesn't have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, Unknown, check

if TYPE_CHECKING:
    from doctor.artifact.tree import Artifact
    from doctor.environment import Environment
    from doctor.formats.source import Import
    from doctor.handler import Handler
    from doctor.symbols import Answer


@check(
    title="The handler imports a name that the installed release doesn't have",
    fault="package-abi-skew",
    severity=Severity.ERROR,
    stage=Stage.LOAD,
    basis="https://github.com/InternLM/lmdeploy/pull/4304",
    symptoms=(r"ImportError: cannot import name '\w+' from '[\w.]+'",),
)
def handler_imports_absent_name(
    handler: Handler, artifact: Artifact, serving: Environment
) -> Iterator[Finding | Unknown]:
    """
    A release of a package moves or drops what another had: ``from sklearn.externals import joblib``.

    The module is there, the name isn't. Where the environment's files can be read, they are; where only versions are
    known, what came or went between measured releases tells. Import it from where the installed release has it, or
    install a release that still has it. An import within try/except ImportError is left to the handler.
    """
    from doctor import used
    from doctor.modules import givers

    unclear: set[str] = set()
    seen: set[tuple[str, str]] = set()
    for made in used.imports(handler):
        if not made.names or used.own(made.module, handler, artifact) or serving.finds(made.module) is False:
            continue
        for name in made.names:
            if name == "*" or (made.module, name) in seen or serving.finds(f"{made.module}.{name}"):
                continue
            seen.add((made.module, name))
            answer = serving.has(made.module, name)
            package = (*(g for g in givers(made.module) if g in serving.packages), "")[0]
            if answer.there is False:
                yield _finding(made, name, answer, package, handler, serving)
            elif answer.there is None and answer.why and package and package not in unclear:
                unclear.add(package)
                yield Unknown(f"whether {made.module} has {name} ({made.path}:{made.line}) is not known: {answer.why}")


def _finding(made: Import, name: str, answer: Answer, package: str, handler: Handler, serving: Environment) -> Finding:
    from doctor import used

    version = serving.packages.get(package, "")
    release = f"{package} {version}".strip() or made.module
    instead = used.instead(made.module, name)
    line = handler.line(made.path, made.line)
    where = f" ({answer.where})" if answer.where else ""
    return Finding(
        message=f"{made.path} imports {name} from {made.module}, and {release} of {serving.source} doesn't have it",
        evidence=(
            handler.seen(made.path, made.line),
            Evidence(f"serving:module/{made.module}", f"no {name}: {answer.where or answer.why} ({serving.source})"),
        ),
        fix=f"in {made.path}, replace {line!r} with {instead!r}"
        if instead
        else f"import {name} from where {release} has it, or pin a {package or 'release'} that has it in "
        "code/requirements.txt",
        log=f"ImportError: cannot import name '{name}' from '{made.module}'{where}",
        cause=f"serving:name/{made.module}.{name}",
    )

"""Check: the script installs packages with pip while it starts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Finding, Likelihood, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.handler import Call, Handler

_RUNS = (
    "subprocess.check_call", "subprocess.run", "subprocess.call", "subprocess.check_output", "subprocess.Popen",
    "os.system", "os.popen", "pip.main", "pip._internal.main",
)  # fmt: skip


@check(
    title="The script installs packages while it starts",
    fault="startup-timeout",
    severity=Severity.WARNING,
    stage=Stage.START,
    basis="https://github.com/data-science-on-aws/data-science-on-aws/issues/173",
    symptoms=(r"upstream timed out .* GET /ping", r"subprocess\.CalledProcessError: Command .*'-m', 'pip', 'install'"),
    explains=("network-at-load",),
)
def pip_at_import(handler: Handler) -> Iterator[Finding]:
    """
    Every worker process imports the script, so every one of them runs pip, at the same time, into the same folder.

    The health check isn't answered meanwhile, and workers see half-written packages. Name the packages in
    code/requirements.txt, which the server installs once before it starts workers, or build them into the image.
    """
    for call in handler.calls(*_RUNS):
        words = _words(handler, call)
        starts = call.at_import or "model_fn" in call.hooks
        if not (starts and call.certain and "install" in words and _is_pip(words, call.name)):
            continue
        wanted = [w for w in words[words.index("install") + 1 :] if not w.startswith("-")]
        what = ", ".join(wanted) or "packages"
        yield Finding(
            message=f"{call.path}:{call.line} installs {what} with pip in every worker while it starts",
            evidence=(handler.seen(call.path, call.line),),
            fix=f"echo '{' '.join(wanted)}' >> code/requirements.txt, and delete the call"
            if len(wanted) == 1
            else "name the packages in code/requirements.txt, and delete the call",
            likelihood=Likelihood.LIKELY,
            log="upstream timed out (110: Connection timed out) while reading response header from upstream, request: "
            '"GET /ping HTTP/1.1"',
            cause=f"artifact:{call.path}:{call.line}",
        )
        return


def _is_pip(words: list[str], name: str) -> bool:
    before = words[: words.index("install")]
    return name.startswith("pip.") or any(w.rpartition("/")[2] in {"pip", "pip3"} for w in before)


def _words(handler: Handler, call: Call) -> list[str]:
    """Return the words of a command that can be read: of a list, or of one text."""
    given = call.argument(0, "args")
    if isinstance(given, (ast.List, ast.Tuple)):
        return [handler.text(part, call.scope) or "" for part in given.elts]
    return (handler.text(given, call.scope) or "").split()

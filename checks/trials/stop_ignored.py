"""Check: the server doesn't end when it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step

_KILLED = 137


@check(
    title="The server ignores SIGTERM",
    fault="container-entrypoint",
    severity=Severity.NOTE,
    stage=Stage.TRAFFIC,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
)
def stop_ignored(serve: Step) -> Iterator[Finding]:
    """
    The container is sent SIGTERM when an instance is taken away, and SIGKILL 30 seconds later.

    A server that doesn't end by itself is killed in the midst of its requests. As the first process of a container it
    has to handle SIGTERM: none is handled by default there. A shell script as the start program has to `exec` the
    server, or the signal never reaches it.
    """
    stopped = serve.value["stopped"]
    if stopped is None or stopped["status"] != _KILLED or stopped["seconds"] < stopped["patience"] * 0.9:
        return
    yield Finding(
        message=f"the server still ran {stopped['patience']} s after SIGTERM, and had to be killed: "
        "requests that it is at are cut off when an instance is taken away",
        evidence=(Evidence("trial:serve", f"SIGTERM, then SIGKILL after {stopped['seconds']:.0f} s (status 137)"),),
        fix="handle SIGTERM in the server; in a shell script, start the server with `exec`",
        cause="trial:serve/stop",
    )

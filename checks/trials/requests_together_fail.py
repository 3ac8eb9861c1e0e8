"""Check: a request that is answered alone fails beside another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step


@check(
    title="Two requests at once fail where one is answered",
    fault="concurrency",
    severity=Severity.WARNING,
    stage=Stage.TRAFFIC,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html",
)
def requests_together_fail(serve: Step) -> Iterator[Finding]:
    """
    The same request was answered when it came alone, and failed when it came twice at once.

    Clients of an endpoint don't wait for each other. State that workers share (a model moved, a file written,
    a session reused) shows only then.
    """
    value = serve.value
    alone = value["answers"]
    if not alone or any(not 200 <= a["status"] < 300 for a in alone):
        return
    bad = [a for a in value["together"] if not 200 <= a["status"] < 300]
    if not bad:
        return
    said = f"status {bad[0]['status']}" if bad[0]["status"] else bad[0]["error"]
    line = " ".join(bad[0]["head"].split())[:200]
    yield Finding(
        message=f"of two requests at once {len(bad)} got {said}, and the same request alone was answered",
        evidence=(Evidence("trial:serve", f"{said}{': ' + line if line else ''}"),),
        fix="keep what a request changes in the request, or guard it with a lock",
        log=line,
        cause="trial:serve/together",
    )

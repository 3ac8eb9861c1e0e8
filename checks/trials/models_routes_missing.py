"""Check: a server for several models lacks a route by which they are loaded, asked or deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Evidence, Finding, Severity, Stage, check

if TYPE_CHECKING:
    from doctor.trials.values import Step

_ROUTES = {
    "load": "POST /models",
    "list": "GET /models",
    "get": "GET /models/NAME",
    "invoke": "POST /models/NAME/invoke",
    "delete": "DELETE /models/NAME",
}
_ABSENT = (0, 404, 405, 501)


@check(
    title="The server lacks the routes of an endpoint with several models",
    fault="multi-model",
    severity=Severity.ERROR,
    stage=Stage.FIRST_REQUEST,
    basis="https://docs.aws.amazon.com/sagemaker/latest/dg/build-multi-model-build-container.html",
    symptoms=(r"Received (?:client|server) error \(40[45]\) .*models",),
)
def models_routes_missing(serve: Step) -> Iterator[Finding]:
    """
    An endpoint with several models loads and asks them by /models.

    Its container answers POST /models (load), GET /models (list), GET and DELETE /models/NAME, and POST
    /models/NAME/invoke. Where one of them isn't there, no model can be loaded, or none can be asked.
    """
    routes = serve.value["models_routes"]
    if routes is None or not serve.value["pinged"]:
        return
    missing = [name for name in _ROUTES if name in routes and _is_missing(name, routes)]
    if not missing:
        return
    shown = ", ".join(f"{_ROUTES[name]} ({_said(routes[name])})" for name in missing)
    yield Finding(
        message=f"an endpoint with several models asks for routes that the server doesn't have: {shown}",
        evidence=tuple(Evidence("trial:serve", f"{_ROUTES[name]}: {_said(routes[name])}") for name in missing),
        fix="serve with multi-model-server or another server that has these routes, or deploy with one model",
        log=f"{_ROUTES[missing[0]]}: {_said(routes[missing[0]])}",
        cause="trial:serve",
    )


def _is_missing(name: str, routes: Mapping[str, Any]) -> bool:
    """Whether a route isn't there; of a model that couldn't be loaded a 404 says nothing."""
    loaded = 200 <= routes["load"]["status"] < 300
    return routes[name]["status"] in _ABSENT and (loaded or name in {"load", "list"})


def _said(answer: Mapping[str, Any]) -> str:
    return f"status {answer['status']}" if answer["status"] else str(answer["error"])

"""
The step "serve": the image's own server, started as the platform starts it and asked over HTTP.

Its value, whatever became of it:

- ``started``: whether the engine could start it; ``refused``: the engine's words where it couldn't.
- ``exited``: None, or ``{"status", "out_of_memory", "seconds"}`` of a server that ended before it was asked to.
- ``pinged``: whether /ping was answered with 200; ``ping_seconds`` from the start until then, None without;
  ``ping_status``, ``ping_latency``, ``ping_connect`` of its quickest good answer; ``waited``: how long it was pinged;
  ``startup_timeout``: what the endpoint waits; ``localhost_only``: whether it listens on 127.0.0.1 alone.
- ``request``: ``{"source", "content_type", "accept", "bytes"}`` of what was sent: source "sample" or, made up as the
  step "invoke" makes it, "made"; None where there is none.
- ``answers``: of /invocations, one after the other, as ``doctor/trials/probe/client.py`` tells each; ``together``: of
  two at once; ``ping_while_failing``: what /ping says after a request failed, None where none did.
- ``response_timeout``, ``payload_bytes``: the limits of the endpoint's kind.
- ``models_routes``: None, or the answers of the routes of several models by their names: "load", "again", "list",
  "get", "invoke", "delete", "gone".
- ``stopped``: ``{"status", "seconds", "patience"}`` after SIGTERM, None where it wasn't running any more.
- ``errors``: the last errors in its log; ``capped``: why it had less memory or cores than the instance has, or "".
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from doctor.model import Unknown
from doctor.trials.server import Body, Deployment, Life, Terms
from doctor.trials.values import Step

if TYPE_CHECKING:
    from doctor.trials.sandbox.container import ContainerSandbox

_MOST_IN_ARGUMENTS = 96 << 10  # bytes of a request that isn't the sample's file


class Served:
    """
    The image's server, started once, when first asked about.

    Args:
        sandbox: of the image.
        deployment: whose sample, limits and settings these are.
    """

    def __init__(self, sandbox: ContainerSandbox, deployment: Deployment) -> None:
        self._sandbox = sandbox
        self._deployment = deployment
        self._step: Step | None = None

    def step(self, name: str) -> Step:
        """
        Return the step "serve", or "invoke" as the server answers it where the probe can't play the stack.

        Raises Unknown where the image has no Python to ask from, or "invoke" has no request.
        """
        if name == "invoke" and self._sample() is None:
            raise Unknown("not tried: only its own server can answer, and no --sample was given to send to it")
        if self._step is None:
            self._step = self._run(self._body(made=name == "serve"))
        return self._step if name == "serve" else invoked(self._step)

    def _run(self, body: Body | None) -> Step:
        from docker.errors import APIError

        server = self._sandbox.serving()
        seen = Life(server, self._sandbox, Terms.of(self._deployment), body)
        try:
            seen.go(several=self._has_routes())
        except APIError as error:
            seen.value["refused"] = str(error.explanation or error)[:500]
        finally:
            server.remove()
        return seen.step()

    def _has_routes(self) -> bool:
        target = self._deployment.part("target")
        return bool(target.is_a("multi-model"))

    def _sample(self) -> bytes | None:
        try:
            sample: bytes = self._deployment.part("sample")
        except Unknown:
            return None
        return sample

    def _body(self, *, made: bool) -> Body | None:
        sample = self._sample()
        if sample is not None:
            content_type = _known(self._deployment, "content_type") or "application/json"
            return Body("sample", content_type, "", len(sample), {"sample": True})
        return self._made() if made else None

    def _made(self) -> Body | None:
        """Return the request that the step "invoke" made; None where there is none, or it is too long to hand over."""
        step = _known(self._deployment, "invoke")
        request = step.value.get("request") if isinstance(step, Step) else None
        text = request.get("body") if isinstance(request, Mapping) else None
        if not isinstance(text, str) or not text or len(text) > _MOST_IN_ARGUMENTS:
            return None
        try:
            data = base64.b64decode(text) if request.get("encoding") == "base64" else text.encode()  # type: ignore[union-attr]
        except ValueError:
            return None
        given = {"body": base64.b64encode(data).decode()}
        content_type = str(request.get("content_type") or "application/json")  # type: ignore[union-attr]
        source = "sample" if request.get("source") in {"sample", "artifact"} else "made"  # type: ignore[union-attr]
        return Body(source, content_type, "", len(data), given)


def invoked(served: Step) -> Step:
    """
    Return the step "invoke" as a server's answers tell it, where the probe can't play the stack.

    Its value is that of ``doctor/trials/probe/invoke.py``, with one case: the sample.
    """
    request = served.value["request"] or {}
    answers = served.value["answers"]
    value: dict[str, Any] = {"how": "the image's own server, over HTTP", "request": request, "cases": []}
    if answers:
        answer, failure = answers[0], served.failure
        value["cases"] = [
            {
                "name": "sample",
                "content_type": request.get("content_type", ""),
                "accept": request.get("accept", ""),
                "outcome": "failed" if failure else "answered",
                "status": answer["status"],
                "seconds": answer["seconds"],
                "answer": answer["head"],
                "proof": failure is not None,
                "failure": failure._replace(traceback=failure.traceback[-20:])._asdict() if failure else None,
            }
        ]
    return served._replace(name="invoke", value=value, failure=None if answers else served.failure)


def _known(deployment: Deployment, name: str) -> Any:
    try:
        return deployment.part(name)
    except Unknown:
        return None

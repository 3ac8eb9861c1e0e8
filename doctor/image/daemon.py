"""
A container engine's address, client and answers.

The engine is the one that Docker's own command line would talk to: DOCKER_HOST, else the context that DOCKER_CONTEXT or
Docker's configuration names, else the socket at its usual place.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from doctor.errors import BadInput, Unreadable

SOCKET = "/var/run/docker.sock"
ANSWER_SECONDS = 30  # an engine answers at once, or it hangs


class NoEngine(BadInput):
    """There is no engine that could be asked, and none was named. The text says where it was looked for."""


def place() -> tuple[str, dict[str, Any]]:
    """Return the address of the engine, and how its client is made; no option where it is the usual socket."""
    if os.environ.get("DOCKER_HOST"):
        from docker.errors import DockerException
        from docker.utils import kwargs_from_env

        try:
            return os.environ["DOCKER_HOST"], dict(kwargs_from_env())
        except DockerException as error:
            raise BadInput(f"DOCKER_HOST {os.environ['DOCKER_HOST']}: {error}; see DOCKER_CERT_PATH") from None
    name = os.environ.get("DOCKER_CONTEXT") or _current()
    if name == "default":
        return f"unix://{SOCKET}", {}
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_context(name)
    except Exception as error:  # noqa: BLE001 - the library raises bare ones for a damaged file
        raise BadInput(f"Docker's context {name} can't be read: {error}; docker context ls") from None
    if context is None or not context.Host:
        raise BadInput(f"there is no Docker context {name}; docker context ls shows those that there are")
    return context.Host, {"base_url": context.Host, "tls": context.TLSConfig or False}


def is_absent() -> bool:
    """Say whether there is no socket at its usual place: known before the client's library is imported."""
    try:
        return not Path(SOCKET).exists()
    except PermissionError:
        return False


def _current() -> str:
    """The context that Docker's configuration names. Read here, for the library takes long to import."""
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        said = json.loads((Path(folder) / "config.json").read_bytes())
        return str(said.get("currentContext") or "default")
    except (OSError, ValueError, AttributeError):
        return "default"


def client(address: str, options: Mapping[str, Any]) -> Any:
    """Return a client of the engine (``docker.APIClient``), whose version is asked."""
    import docker

    try:
        return docker.APIClient(**{"base_url": address, **options}, version="auto", timeout=ANSWER_SECONDS)
    except ValueError as error:
        raise BadInput(f"{address} is no address of a container engine: {error}; see DOCKER_HOST") from None


def get(client: Any, at: str, seconds: float, **asked: str) -> Any:
    """
    Ask the engine; the answer's body is still to come.

    It is asked by the library's session itself: its own methods for streams wait for ever.
    """
    address = f"{client.base_url}/v{client.api_version}{at}"
    return client.get(address, params=asked, stream=True, timeout=(ANSWER_SECONDS, seconds))


def raise_for(response: Any) -> None:
    """Raise Unreadable with what the engine says, where it refuses."""
    if response.status_code < 400:
        return
    try:
        message = str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = f"status {response.status_code}"
    raise Unreadable(" ".join(message.split())[:300])


@contextmanager
def answering(reference: str, place: str) -> Iterator[None]:
    """Tell what the client's libraries raise in one line: what, where, what to do."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (DockerException, RequestException, HTTPError) as error:
        raise _unreachable(reference, place, error) from None
    except Unreadable as error:
        raise BadInput(f"--image {reference}: {place}: {error}") from None


def _unreachable(reference: str, place: str, error: BaseException) -> BadInput:
    from docker.errors import DockerException

    cause = _cause(error)
    named = bool(os.environ.get("DOCKER_HOST")) or place != f"unix://{SOCKET}"
    kind = BadInput if named else NoEngine
    if isinstance(cause, PermissionError):
        return kind(f"--image {reference}: no permission on {place}; add your user to the group docker, or use sudo")
    if isinstance(cause, (FileNotFoundError, ConnectionRefusedError)):
        return kind(f"--image {reference}: no container engine at {place} ({cause.strerror}); start it")
    told = " ".join(str(cause or error).split())[:200]
    if isinstance(error, DockerException) and cause is None:
        return BadInput(f"--image {reference}: {place} can't be asked: {told}; see DOCKER_HOST and docker context ls")
    return BadInput(f"--image {reference}: the container engine at {place} stopped answering: {told}; try again")


def _cause(error: BaseException) -> OSError | None:
    """The operating system's error under those of the libraries, which wrap each other as cause or as argument."""
    waiting: list[Any] = [error]
    for _ in range(32):
        if not waiting:
            break
        one = waiting.pop(0)
        if isinstance(one, OSError) and one.errno:
            return one
        if isinstance(one, BaseException):
            waiting += [one.__cause__, one.__context__, *one.args]
    return None

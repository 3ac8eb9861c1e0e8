"""
The sandbox in a container engine: each process in a locked-down container of the image.

No network, a read-only root, no capability, bounded memory, processors, processes, time and output; the model at
/opt/ml/model as the platform mounts it. Volumes are filled through the engine, so that it may be on another machine.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Sequence
from typing import Any

from doctor.errors import BadInput, Unreadable
from doctor.image import daemon, locating
from doctor.trials.sandbox import locked, volumes
from doctor.trials.sandbox.attached import Attached
from doctor.trials.sandbox.base import PROBE_DIR, Given
from doctor.trials.sandbox.leaving import Ending, undisturbed
from doctor.trials.sandbox.serving import Serving
from doctor.trials.sandbox.unpacked import Unpacking
from doctor.trials.sandbox.watched import Watched
from doctor.trials.values import MODEL_DIR, Ended, Limits, Place, Process

INTERPRETERS = ("python3", "python", "/usr/bin/python3", "/usr/local/bin/python3", "/opt/conda/bin/python")
_SLOW_SECONDS = 180  # an engine under load takes its time to make and to start
_INITS = ("docker-init", "catatonit")  # what engines start programs with; some have none
_NO_PROGRAM = frozenset({126, 127})
_NOT_THERE = ("executable file not found", "no such file or directory", "permission denied", "not a directory")

__all__ = ["ContainerSandbox", "Serving", "open_container"]


def open_container(
    image: str,
    given: Given,
    limits: Limits,
    *,
    gpu: bool = False,
    interpreters: Sequence[str] = INTERPRETERS,
    client: Any = None,
) -> ContainerSandbox:
    """
    Make a sandbox of an image.

    Args:
        image: an identifier or reference that the engine has, or the path of a saved image, which it then loads.
        given: what is visible inside.
        limits: of each process.
        gpu: whether it sees the engine's GPUs.
        interpreters: names or paths of the image's Python, the first that is there is taken.
        client: of the engine (``docker.APIClient``); by default of the one that Docker's command line would talk to.

    Raises:
        NoEngine: there is none.
        BadInput: it can't be used, doesn't have the image, or there is no such artifact.
        Unreadable: the artifact can't be unpacked.
    """
    place, options = daemon.place()
    if client is None and place == f"unix://{daemon.SOCKET}" and daemon.is_absent():
        raise daemon.NoEngine(f"--image {image}: no container engine here: there is no {daemon.SOCKET}; start Docker")
    sandbox = ContainerSandbox(image, limits, gpu=gpu, interpreters=interpreters)
    try:
        with _answering(image, place):
            sandbox.open(client or daemon.client(place, options), given, place)
    except BaseException:
        sandbox.close()
        raise
    return sandbox


class ContainerSandbox:
    """
    Containers of one image, one after another; a context manager.

    Args:
        image: as the user named it.
        limits: of each process.
        gpu: whether it sees the engine's GPUs.
        interpreters: names or paths of the image's Python.

    ``left_out`` tells what of the artifact isn't unpacked, and why.
    """

    model_dir = MODEL_DIR
    probe_dir = PROBE_DIR
    can_be_writable = True

    def __init__(self, image: str, limits: Limits, *, gpu: bool, interpreters: Sequence[str]) -> None:
        self.image = image
        self.limits = limits
        self.left_out: tuple[str, ...] = ()
        self.interpreter = ""
        self._gpu = gpu
        self._interpreters = tuple(interpreters)
        self._client: Any = None
        self._said: Any = {}
        self._removals: list[Callable[[], None]] = []
        self._mounts: list[Any] = []
        self._variables: dict[str, str] = {}
        self._place = ""
        self._warnings: dict[str, None] = {}
        self._declared: dict[str, bool] = {}
        self._has_init = True
        self._ending = Ending()

    def open(self, client: Any, given: Given, place: str) -> None:
        """Make the volumes and fill them; what a killed doctor left in the engine is swept first."""
        self._client, self._place = client, place
        client.timeout = _SLOW_SECONDS
        atexit.register(self.close)
        volumes.sweep(client)
        self.limits = locked.bound(client, self.limits)
        self._variables = locked.variables(given.variables, gpu=self._gpu)
        self._said = client.inspect_image(self._identifier())
        model, probe = self._volume(), self._volume()
        unpacking = Unpacking(given.artifact)
        contents = {
            model: (MODEL_DIR, unpacking.tarred()),
            probe: (PROBE_DIR, [volumes.packed(given.files)]),
        }
        host = locked.host_config(
            client, self.limits, volumes.writable(contents), root=locked.writable(self.limits, {})
        )
        with volumes.filled(client, self._said["Id"], contents, host) as (helper, warnings):
            declared = (self._said.get("Config") or {}).get("Volumes") or {}
            self._declared = {at: volumes.is_empty(client, helper, at) for at in sorted(declared)}
        self._warnings.update(dict.fromkeys(warnings))
        self.left_out = tuple(unpacking.left_out)
        self._mounts = locked.mounts(model, probe)

    def _identifier(self) -> str:
        rest = locating.split(self.image)[1]
        if not locating.is_here(self.image):
            return rest
        identifier, name = volumes.load(self._client, rest)
        if name:
            self._removals.append(lambda: volumes.remove_image(self._client, name))
        return identifier

    def _volume(self) -> str:
        name = volumes.volume(self._client)
        self._removals.append(lambda: volumes.remove_volume(self._client, name))
        return name

    @property
    def place(self) -> Place:
        """Where that is, and what it keeps apart."""
        digest = str(self._said.get("Id", "")).rpartition(":")[2][:12]
        isolated = ["network", "files of this machine", "processes of this machine", "capabilities"]
        isolated.append("memory and processes beyond its limits")
        exposed = ["the kernel of the engine's machine, as every container"]
        exposed += ["its GPUs"] if self._gpu else []
        exposed += [f"the engine says: {warning}" for warning in self._warnings]
        exposed += [f"its disk, through the image's volume {at}" for at, empty in self._declared.items() if not empty]
        return Place(f"container of {self.image} (sha256:{digest})", tuple(isolated), tuple(exposed))

    def run(self, arguments: Sequence[str], *, writable: bool = False) -> Process:
        """Run the image's Python in a container of its own; see `Sandbox.run`."""
        with _answering(self.image, self._place):
            return self._first(arguments, writable=writable)

    def _first(self, arguments: Sequence[str], *, writable: bool) -> Process:
        """Run the first interpreter that is there."""
        began = time.monotonic()
        reasons: list[str] = []
        for interpreter in [self.interpreter] if self.interpreter else self._interpreters:
            process = self._attempt(interpreter, arguments, reasons, writable=writable)
            if process is not None:
                self.interpreter = interpreter
                return process
            if not any(words in reasons[-1].lower() for words in _NOT_THERE):
                break
        return Process(Ended.REFUSED, 0, 0, b"", "\n".join(reasons), time.monotonic() - began)

    def _attempt(
        self, interpreter: str, arguments: Sequence[str], reasons: list[str], *, writable: bool
    ) -> Process | None:
        """Run an interpreter; None, with the reason added, where the engine can't."""
        from docker.errors import APIError

        try:
            process = self._run(interpreter, arguments, writable=writable)
        except APIError as error:
            reasons.append(str(error.explanation or error))
            if self._has_init and any(name in reasons[-1] for name in _INITS):
                self._has_init = False
                return self._attempt(interpreter, arguments, reasons, writable=writable)
            return None
        if not self.interpreter and process.status in _NO_PROGRAM and not process.said:
            reasons.append(process.log.strip())  # of the engine's init, which starts programs there
            return None
        return process

    def _run(self, interpreter: str, arguments: Sequence[str], *, writable: bool) -> Process:
        root = (locked.writable if writable else locked.read_only)(self.limits, self._declared)
        root["init"] = self._has_init
        made = self._create([interpreter], arguments, root=root)
        try:
            held = self._client.attach_socket(made, params={"stdout": 1, "stderr": 1, "stream": 1})
            attached = Attached(held, self.limits.output)
            try:
                self._client.start(made)
                return Watched(self._client, made, attached, self.limits).to_its_end(writable=writable)
            finally:
                attached.close()
        finally:
            with undisturbed():
                volumes.remove_container(self._client, made)

    def _create(self, entrypoint: Sequence[str] | None, command: Sequence[str], **how: Any) -> str:
        made = self._client.create_container(
            self._said["Id"],
            list(command),
            entrypoint=entrypoint,
            environment=self._variables,
            healthcheck={"test": ["NONE"]},
            host_config=locked.host_config(self._client, self.limits, self._mounts, gpu=self._gpu, **how),
            **volumes.marked(),
        )
        self._warnings.update(dict.fromkeys(made.get("Warnings") or ()))
        return str(made["Id"])

    def serving(
        self,
        *,
        command: Sequence[str] = ("serve",),
        entrypoint: Sequence[str] | None = None,
        capabilities: Sequence[str] = (),
    ) -> Serving:
        """
        Make a container that runs the image's own entry point, not yet started; it is removed with this sandbox.

        Args:
            command: its arguments; the platform gives "serve".
            entrypoint: in place of the image's own.
            capabilities: that it has; none is the rule. Servers that change their user need SETUID and SETGID.
        """

        def create() -> str:
            root = locked.writable(self.limits, self._declared)
            return self._create(entrypoint, command, root=root, capabilities=capabilities)

        made = Serving(self._client, create, self.limits, self._interpreters)
        self._removals.append(made.remove)
        return made

    def __enter__(self) -> ContainerSandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove volumes and what was loaded, whatever has happened."""
        with undisturbed():
            while self._removals:
                self._removals[-1]()
                self._removals.pop()
            if self._client is not None:
                self._client.close()
            atexit.unregister(self.close)
        self._ending.off()


class _answering:  # noqa: N801 - read as a word at its one place
    """Tell what the engine's client raises in one line; what can't be unpacked stays what it is."""

    def __init__(self, image: str, place: str) -> None:
        self._image = image
        self._inner = daemon.answering(image, place)

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        from docker.errors import ImageNotFound

        if isinstance(error, (Unreadable, BadInput)):
            return
        if isinstance(error, ImageNotFound):
            raise BadInput(f"--image {self._image}: the engine doesn't have it; docker pull {self._image}") from None
        self._inner.__exit__(kind, error, trace)

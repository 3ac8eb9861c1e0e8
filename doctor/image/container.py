"""
A locked-down container of an image, in which its own Python runs ``doctor/image/probe.py`` and nothing else.

No network, no volume, nothing to write to, no capability, few processes, bounded memory and time; the image's entry
point and health check don't run, and its Python imports no site packages. The container carries the label
``endpoint-doctor`` and is removed in any case. Nothing that it says is believed: its size is bounded, and its form is
checked by those who read it.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from doctor.image import daemon
from doctor.image.refusing import Refused

LABEL = "endpoint-doctor"
INTERPRETERS = ("python3", "python", "/usr/bin/python3")
_SECONDS = 60
_MOST = 256 << 20  # bytes in all that it may say, compressed as well as not
_MEMORY = 1 << 30
_TRIES, _CONFLICT = 100, 409
# A preloaded library would run before the interpreter does; NVIDIA's runtime would mount the driver.
_VARIABLES = {"LD_PRELOAD": "", "LD_AUDIT": "", "NVIDIA_VISIBLE_DEVICES": "void"}


class Container:
    """
    A container that is made and not yet started.

    Args:
        client: of the engine (``docker.APIClient``).
        image: its identifier.
        interpreter: name or path of its Python.
    """

    def __init__(self, client: Any, image: str, interpreter: str) -> None:
        self._client = client
        self._until = time.monotonic() + _SECONDS
        self._held: Any = None
        self._socket: Any = None
        self._said = bytearray()
        self._left = _MOST
        self._complaints = b""
        made = client.create_container(
            image,
            ["-I", "-S", "-c", _program()],
            entrypoint=[interpreter],
            environment=_VARIABLES,
            healthcheck={"test": ["NONE"]},
            host_config=_locked(client),
            labels={LABEL: "probe"},
            stdin_open=True,
            working_dir="/",
        )
        self.id = str(made["Id"])

    def remove(self) -> None:
        """Remove it, running or not, and although the user stops that too."""
        try:
            self._remove()
        except KeyboardInterrupt:
            self._remove()
            raise

    def _remove(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # else a container that writes on and on waits to be read
            self._held.close()
        for _ in range(_TRIES):
            if self._is_removed():
                return
            time.sleep(0.05)

    def _is_removed(self) -> bool:
        """Ask for its removal; False while the engine is about to remove it by itself."""
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException

        try:
            self._client.remove_container(self.id, force=True, v=True)
        except APIError as error:
            return int(error.status_code) != _CONFLICT
        except (DockerException, RequestException):
            return True  # there is no engine left that could
        return True

    def start(self) -> None:
        """Start the interpreter."""
        params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        self._held = self._client.attach_socket(self.id, params=params)
        self._socket = getattr(self._held, "_sock", self._held)  # of SocketIO, which can't be written to
        self._client.start(self.id)

    def archive(self, path: str) -> Iterator[bytes]:
        """Return the tar of a path, as the engine sees it."""
        response = daemon.get(self._client, f"/containers/{self.id}/archive", daemon.ANSWER_SECONDS, path=path)
        try:
            daemon.raise_for(response)
            for chunk in response.iter_content(1 << 20):
                self._take(len(chunk))
                yield chunk
        finally:
            response.close()

    def ask(self, questions: Sequence[bytes]) -> list[bytes | None]:
        """Return the answer to each question; None to one whose file it may not read."""
        data = zlib.compress(b"\0".join(questions))
        self._wait()
        self._socket.sendall(struct.pack(">Q", len(data)) + data + bytes(8))
        said, at, answers = self.message(), 0, list[bytes | None]()
        while at + 8 <= len(said):
            size = struct.unpack_from(">q", said, at)[0]
            at += 8
            answers.append(said[at : at + size] if size >= 0 else None)
            at += max(size, 0)
        if at != len(said) or len(answers) != len(questions):
            raise Refused(f"{len(answers)} answers to {len(questions)} questions")
        return answers

    def message(self) -> bytes:
        """Return the next message."""
        machine, parts = zlib.decompressobj(), list[bytes]()
        while size := struct.unpack(">Q", self._read(8))[0]:
            try:
                parts.append(machine.decompress(self._read(size), self._left + 1))
            except zlib.error as error:
                raise Refused(f"a damaged answer: {error}") from None
            self._take(len(parts[-1]))
        if not machine.eof:
            raise Refused("an answer that ends early")
        return b"".join(parts)

    def _read(self, count: int) -> bytes:
        if count > self._left:
            raise Refused(f"an answer of {count} bytes")
        while len(self._said) < count:
            kind, size = struct.unpack(">BxxxI", self._received(8))
            data = self._received(size)
            if kind == 1:
                self._said += data
            else:
                self._complaints = (self._complaints + data)[-500:]
        data = bytes(self._said[:count])
        del self._said[:count]
        return data

    def _received(self, count: int) -> bytes:
        self._take(count)
        data = bytearray()
        while len(data) < count:
            self._wait()
            more = self._socket.recv(min(count - len(data), 1 << 20))
            if not more:
                raise Refused(f"it ended: {self._complaints.decode('utf-8', 'replace').strip()}")
            data += more
        return bytes(data)

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Refused(f"it says more than {_MOST >> 20} MiB")

    def _wait(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise Refused(f"it takes more than {_SECONDS} s")
        self._socket.settimeout(left)


def _program() -> str:
    return Path(__file__).with_name("probe.py").read_text("utf-8")


def _locked(client: Any) -> Any:
    from docker.types import LogConfig

    return client.create_host_config(
        auto_remove=True,
        cap_drop=["ALL"],
        ipc_mode="none",
        log_config=LogConfig(type="none"),
        mem_limit=_MEMORY,
        memswap_limit=_MEMORY,
        nano_cpus=10**9,
        network_mode="none",
        pids_limit=16,
        read_only=True,
        security_opt=["no-new-privileges"],
    )

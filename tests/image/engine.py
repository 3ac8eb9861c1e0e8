"""Engines for tests: the real one where there is one, and one that only speaks HTTP on a socket, as it is told."""

from __future__ import annotations

import hashlib
import io
import json
import socketserver
import subprocess
import tarfile
import threading
import uuid
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.image.saving import CONFIG


def running() -> bool:
    """Whether a real engine answers."""
    try:
        return subprocess.run(["docker", "version"], capture_output=True, check=False, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def docker(*words, data=None) -> str:
    """What docker's own command line prints."""
    said = subprocess.run(["docker", *map(str, words)], input=data, capture_output=True, check=True, timeout=300)
    return said.stdout.decode().strip()


class Images:
    """Images made in the real engine, removed after the test."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def imported(self, layer: bytes, *changes: str) -> str:
        """An image of one layer; `changes` as in a Dockerfile."""
        return self._made("import", *(w for c in changes for w in ("--change", c)), "-", data=layer)

    def built(self, folder: Path, *lines: str) -> str:
        """An image made of a Dockerfile."""
        (folder / "Dockerfile").write_text("\n".join(lines))
        name = self._name()
        docker("build", "-q", "-t", name, folder)
        return name

    def loaded(self, saved: Path) -> str:
        """An image of what `docker save` wrote, under a name of its own."""
        name, given = self._name(), docker("load", "-q", "-i", saved).partition(": ")[2]
        docker("tag", given, name)
        docker("rmi", given)
        return name

    def _made(self, *words: str, data: bytes) -> str:
        name = self._name()
        docker(*words, name, data=data)
        return name

    def _name(self) -> str:
        name = f"doctor-test-{uuid.uuid4().hex[:12]}:1"
        self.made.append(name)
        return name

    def remove(self) -> None:
        for name in self.made:
            subprocess.run(["docker", "rmi", "-f", name], capture_output=True, check=False, timeout=120)


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def archive(*members) -> bytes:
    """A tar of (name, bytes) pairs."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def inspected(*layers: bytes, **more) -> dict:
    """What an engine says of an image of these uncompressed layers."""
    return {
        "Id": digest(b"".join(layers)),
        "RepoTags": ["a:1"],
        "Architecture": "amd64",
        "Os": "linux",
        "Config": CONFIG["config"],
        "RootFS": {"Type": "layers", "Layers": [digest(x) for x in layers]},
        **more,
    }


class Fake:
    """
    An engine on a socket that has one image, a:1.

    Args:
        said: what it says of the image.
        saved: what it saves of it.
        ends: after how many bytes of that it closes the connection; -1 never.
    """

    def __init__(self, path: Path, said: dict, saved: bytes = b"", ends: int = -1) -> None:
        self.path, self.said, self.saved, self.ends = path, said, saved, ends
        self.asked: list[str] = []
        self.refuses = ""

    def __enter__(self) -> Fake:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def address_string(self):
                return "socket"

            def log_message(self, *_):
                pass

            def do_GET(self):
                fake.answer(self)

            do_POST = do_DELETE = do_GET  # noqa: N815 - the library calls them so

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

            def handle_error(self, *_):
                """The client may leave whenever it likes."""

        self.server = Server(str(self.path), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(handler.path).path)
        self.asked.append(path)
        if path.endswith("/version"):
            self.json(handler, {"ApiVersion": "1.43", "Version": "24"})
        elif path.endswith("/a:1/json"):
            self.json(handler, self.said)
        elif path.endswith("/get") and not self.refuses:
            self.stream(handler)
        else:
            status = 500 if self.refuses else 404
            self.json(handler, {"message": self.refuses or f"No such image: {path}"}, status)

    def json(self, handler, value, status=200) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def stream(self, handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        data = self.saved if self.ends < 0 else self.saved[: self.ends]
        for at in range(0, len(data), 32768):
            part = data[at : at + 32768]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        if self.ends < 0:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

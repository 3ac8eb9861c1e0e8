"""
Tells what the model's code tries beyond its own: the network, other programs, writing elsewhere.

Nothing is refused here: the sandbox does that. A message each, once, and not endlessly many.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

_MOST = 100  # messages in all
_MOST_TEXT = 300
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC
_ROUND = (1, 10, 100, 1000, 10000)  # of things that come in numbers, these are told
_HERE = ("127.", "localhost", "::1", "0.0.0.0", "::ffff:127.")  # noqa: S104 - names of this machine


class Guards:
    """
    What has been told so far.

    Args:
        channel: where it is told.
        model_dir: the artifact's folder.
    """

    def __init__(self, channel: Any, model_dir: str) -> None:
        self._send = channel.send
        self._model_dir = model_dir
        self._told: set[str] = set()
        self._counts: dict[str, int] = {}
        free = [os.environ.get("TMPDIR") or "/tmp", "/tmp", "/var/tmp", "/dev", "/proc/self"]  # noqa: S108 - compared with
        self._free = tuple({os.path.realpath(p) for p in free} | set(free))

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """Return what takes the arguments of each event of Python's audit hooks that is looked at."""
        return {
            "socket.connect": lambda a: self._network("connect to", a[1]),
            "socket.sendto": lambda a: self._network("send to", a[1]),
            "socket.sendmsg": lambda a: self._network("send to", a[1]),
            "socket.getaddrinfo": lambda a: self._name(a[0]),
            "socket.gethostbyname": lambda a: self._name(a[0]),
            "subprocess.Popen": lambda a: self._program(a[1] or a[0]),
            "os.system": lambda a: self._program(a[0]),
            "os.posix_spawn": lambda a: self._program(a[1] or a[0]),
            "os.exec": lambda a: self._program(a[1] or a[0]),
            "os.fork": lambda _: self._counted("forked itself"),
            "os.forkpty": lambda _: self._counted("forked itself"),
            "os.kill": self._signal,
            "os.killpg": self._signal,
            "open": self._open,
        }

    def tell(self, what: str) -> None:
        """Tell something, unless it was told before or there was too much."""
        what = what[:_MOST_TEXT]
        if what not in self._told and len(self._told) < _MOST:
            self._told.add(what)
            self._send("tried", what=what)

    def _network(self, how: str, address: Any) -> None:
        if isinstance(address, tuple) and len(address) > 1:
            if not str(address[0]).startswith(_HERE):
                self.tell("tried to {} {}:{}".format(how, address[0], address[1]))
        elif isinstance(address, (str, bytes)) and address:
            self.tell("tried to {} the socket {}".format(how, _text(address)))

    def _name(self, host: Any) -> None:
        text = _text(host) if host else ""
        if text and not text.startswith(_HERE):
            self.tell("asked for the address of {}".format(text))

    def _program(self, said: Any) -> None:
        words = said if isinstance(said, (list, tuple)) else [said]
        self.tell("started the program {}".format(" ".join(_text(word) for word in list(words)[:8])))

    def _signal(self, args: Any) -> None:
        if args[1]:  # 0 asks whether there is such a process
            self.tell("sent signal {} to process {}".format(int(args[1]), int(args[0])))

    def _counted(self, what: str) -> None:
        count = self._counts[what] = self._counts.get(what, 0) + 1
        if count in _ROUND:
            self.tell(what if count == 1 else "{} {} times and more".format(what, count))

    def _open(self, args: Any) -> None:
        path, _, flags = args
        if not isinstance(flags, int) or not flags & _WRITES or not isinstance(path, (str, bytes)):
            return
        text = os.path.abspath(_text(path))
        if text.startswith(self._model_dir):
            self.tell("opened {} in the model's folder for writing".format(text))
        elif not text.startswith(self._free):
            self.tell("opened {} for writing".format(text))


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else repr(value)[:_MOST_TEXT]


def install(channel: Any, model_dir: str) -> None:
    """Look on from now; before Python 3.8 nothing can."""
    if not hasattr(sys, "addaudithook"):
        return
    handler_of = Guards(channel, model_dir).handlers().get

    def look(event: str, args: Any) -> None:
        handler = handler_of(event)
        if handler is not None:
            try:
                handler(args)
            except Exception:  # whatever a subclass of str may do: what was tried goes on
                return

    sys.addaudithook(look)

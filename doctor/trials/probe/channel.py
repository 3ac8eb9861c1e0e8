"""The way out for results, which nothing that the model's code prints can reach by printing."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

_MOST_TEXT = 20000  # of one string in a message


class Channel:
    """
    Lines of JSON, each after the nonce, on the standard output that the process was given.

    File descriptor 1 is standard error from then on, for this process and for those that it starts.
    """

    def __init__(self, nonce: str) -> None:
        sys.stdout.flush()
        self._nonce = nonce
        self._fd = os.dup(1)  # not inherited (PEP 446)
        os.dup2(2, 1)
        self._phase = ""

    def phase(self, name: str) -> None:
        """Tell what is being done from now on, for the case that the process ends in it."""
        self._phase = name
        self.send("phase", name=name)

    @property
    def doing(self) -> str:
        """The last phase told."""
        return self._phase

    def send(self, kind: str, **values: Any) -> None:
        """Write one message; what JSON can't hold is written as its text."""
        said = {"kind": kind}
        said.update(values)
        line = "{} {}\n".format(self._nonce, json.dumps(bounded(said), default=repr, allow_nan=True))
        data = line.encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(self._fd, data) :]


def bounded(value: Any, depth: int = 0) -> Any:
    """Return a value with its texts cut to a bound, its lists and mappings too, so that no message is endless."""
    if isinstance(value, str):
        return value if len(value) <= _MOST_TEXT else value[:_MOST_TEXT] + "…"
    if depth > 12:
        return repr(value)[:200]
    if isinstance(value, dict):
        return {str(k)[:500]: bounded(v, depth + 1) for k, v in list(value.items())[:2000]}
    if isinstance(value, (list, tuple)):
        return [bounded(v, depth + 1) for v in list(value)[:5000]]
    return value


CHANNEL: Channel | None = None

"""What a server's log tells: its last errors, and the place in the artifact closest to them."""

from __future__ import annotations

from collections.abc import Iterator

# What servers write before the line of a worker: TorchServe and Multi Model Server.
_BEFORE = ("MODEL_LOG - ", "com.amazonaws.ml.mms.wlm.WorkerLifeCycle - ")
_ENDINGS = "Error|Exception|Exit|Interrupt|Failure|Fail|InvalidArgument|NotFound"
_ERROR = rf"^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*?(?:{_ENDINGS}))(?::\s*(.*))?$"
_PLACE = r'File "(?:/opt/ml/model|/tmp/models/\w+/model)/([^"]+)", line (\d+)'
_LINKED = r"/tmp/models/\w+/model/"  # noqa: S108 - where TorchServe links the model to
_SAID = r"\b(?:error|fatal|cannot|can't|failed|denied|not found|no such|killed|out of memory)\b"
_NO_NETWORK = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "Failed to resolve",
    "Network is unreachable",
    "Max retries exceeded with url",
    "Could not resolve host",
    "Could not connect to the endpoint URL",
)
_MOST_LINES, _MOST_CHARACTERS = 5, 500


def errors(log: str) -> tuple[str, ...]:
    """Return the last lines of the tracebacks in a log, each once, the newest last; else lines that speak of errors."""
    import re

    lines = list(_lines(log))
    found = [line for line in lines if re.match(_ERROR, line)]
    found = found or [line for line in lines if re.search(_SAID, line, re.IGNORECASE)] or lines[-3:]
    newest = list(dict.fromkeys(reversed(found)))[:_MOST_LINES]
    return tuple(line[:_MOST_CHARACTERS] for line in reversed(newest))


def kind(line: str) -> tuple[str, str]:
    """Return type and message of the exception that a line tells; no type and the line without one."""
    import re

    told = re.match(_ERROR, line)
    return (told[1], told[2] or "") if told else ("", line)


def place(log: str) -> str:
    """Return the artifact's own place in the last traceback that has one: "code/inference.py:12"; "" without."""
    import re

    found = re.findall(_PLACE, log)
    return ":".join(found[-1]) if found else ""


def tail(log: str, lines: int = 40) -> tuple[str, ...]:
    """Return the last lines of a log, without what a server puts before them."""
    return tuple(_lines(log))[-lines:]


def _lines(log: str) -> Iterator[str]:
    import re

    for line in log.splitlines():
        text = line
        for before in _BEFORE:
            text = text.rpartition(before)[2]
        text = re.sub(_LINKED, "/opt/ml/model/", text).rstrip()
        if text:
            yield text if text[:1].isspace() else text.strip()


def needs_network(text: str) -> bool:
    """Say whether a text tells that something outside was asked for and couldn't be reached."""
    return any(words in text for words in _NO_NETWORK)

"""Where the servers of an image listen, as the command lines and configurations that start them say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.facts import load
from doctor.image import start
from doctor.model import Evidence

if TYPE_CHECKING:
    from doctor.image.value import Image

_LINE = r"(?:^|[\s;&/])({})\s+([^;&|\n]+)"
_IN_FRONT = re.compile(r"\bnginx\b|\bhaproxy\b|\benvoy\b|unix:")


class Address(NamedTuple):
    """A server, the host and port on which it listens, and the line that says so."""

    server: str
    host: str
    port: str
    seen: Evidence

    @property
    def is_loopback(self) -> bool:
        """Whether only the container itself reaches it."""
        return self.host.startswith("127.") or self.host in {"localhost", "[::1]", "::1"}


def addresses(image: Image) -> Iterator[Address]:
    """Yield the addresses that are sure: no variable in the line, and nothing that stands in front of the server."""
    lines = list(_lines(image))
    facts = load("server_addresses")
    whole = "\n".join(text for text, _ in lines)
    if _IN_FRONT.search(whole) or any(name in image.variables for name in facts["variables"]):
        return
    for text, seen in lines:
        for server, rest in re.findall(_LINE.format("|".join(facts["servers"])), text):
            found = _address(rest.split(), facts["servers"][server]) if "$" not in rest else None
            if found:
                yield Address(server, *found, seen)
        if re.search(r"(?:^|[\s/])torchserve\s+--start\b", text):
            yield from _torchserve(image, text)


def _lines(image: Image) -> Iterator[tuple[str, Evidence]]:
    said = start.asked(image)
    if said or image.entrypoint:
        yield said or " ".join(image.entrypoint), start.evidence(image)
    for path, text in start.scripts(image):
        if not text.startswith("#!") or "sh" not in text.split("\n", 1)[0]:
            continue
        for number, line in enumerate(text.replace("\\\n", "  ").splitlines(), 1):
            if not line.lstrip().startswith("#"):
                yield line, Evidence(f"image:{path}:{number}", line.strip()[:160])


def _address(words: list[str], server: Mapping[str, object]) -> tuple[str, str] | None:
    """Host and port of a command line; None where a file of settings may say otherwise."""
    host, port = str(server["host"]), str(server["port"])
    if not any(re.fullmatch(r"[\w.]+(:\w+)?(\(\))?|run|--app", w) for w in words):
        return None
    for at, word in enumerate(words):
        option, _, value = word.partition("=")
        value = value or (words[at + 1] if at + 1 < len(words) else "")
        if option in {"-c", "--config", "--uds", "--fd", "--unix-socket", "--help"}:
            return None
        host = value if option in server["hosts"] else host  # type: ignore[operator]
        port = value if option in server["ports"] else port  # type: ignore[operator]
        if option in server["binds"]:  # type: ignore[operator]
            host, _, port = value.rpartition(":") if ":" in value else (value, ":", "8000")
    return host.strip("'\""), port.strip("'\"")


def _torchserve(image: Image, text: str) -> Iterator[Address]:
    """What the config.properties that torchserve is given says; without inference_address it is 127.0.0.1:8080."""
    named = re.search(r"--ts-config[ =]+([\w./-]+)", text)
    path = (named[1] if named else image.variables.get("TS_CONFIG_FILE", "")).strip("/")
    said = start.text(image, image.resolve(path)) if path else ""
    if not said:
        return
    found = re.search(r"^\s*inference_address\s*=\s*\w+://([^:/\s]+)(?::(\d+))?", said, re.MULTILINE)
    seen = Evidence(f"image:{path}", found[0].strip() if found else "no inference_address: http://127.0.0.1:8080")
    yield Address("torchserve", found[1] if found else "127.0.0.1", (found[2] or "80") if found else "8080", seen)

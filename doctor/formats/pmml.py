"""Tells PMML documents as what they are, from their beginning; no XML parser, so no entity is ever expanded."""

from __future__ import annotations

import re

from doctor.errors import Unreadable
from doctor.formats.kinds.base import ModelFile
from doctor.formats.kinds.pmml import Pmml
from doctor.formats.stream import Stream

_HEAD = 1 << 18
_ROOT = re.compile(r"<PMML\b([^<>]{0,4000})>")
_FIELD = re.compile(r"<DataField\b[^<>]{0,500}?\bname\s*=\s*[\"']([^\"'<>]{1,200})[\"']")
_APPLICATION = re.compile(r"<Application\b([^<>]{0,500})>")
_KIND = re.compile(r"<((?:[A-Z][A-Za-z]{2,30}Model)|NeuralNetwork|RuleSetModel|Scorecard|TimeSeriesModel)\b")


def read(stream: Stream, path: str, size: int) -> ModelFile:
    """Return the version of a PMML document, what wrote it and which models it begins with."""
    head = stream.peek(min(_HEAD, size))
    text = head.decode("utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")
    root = _ROOT.search(text)
    if root is None:
        raise Unreadable("no element PMML near its beginning")
    application = _APPLICATION.search(text)
    named = _attribute(application[1], "name") if application else ""
    version = _attribute(application[1], "version") if application else ""
    facts = Pmml(
        _attribute(root[1], "version"),
        f"{named} {version}".strip(),
        tuple(dict.fromkeys(_KIND.findall(text)))[:20],
        tuple(dict.fromkeys(_FIELD.findall(text)))[:1000],
    )
    return ModelFile(path, "pmml", size, {}, facts=facts)


def _attribute(text: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*=\s*[\"']([^\"'<>]{{0,200}})[\"']", text)
    return found[1] if found else ""

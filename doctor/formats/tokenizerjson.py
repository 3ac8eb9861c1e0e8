"""Tells what a ``tokenizer.json`` is made of from its bytes: megabytes of vocabulary are not parsed for it."""

from __future__ import annotations

import re

PARTS = (b"normalizer", b"pre_tokenizer", b"post_processor", b"decoder", b"model")  # in the file's order
MOST_STEPS = 50
MOST_BYTES = 99_999  # of one part: a charsmap may be long, and comes last


def steps(data: bytes) -> tuple[str, ...]:
    """Return what is done besides the model, in the file's order: "normalizer Prepend", "decoder Fuse"."""
    starts = [data.find(b'"%s"' % part) for part in PARTS]
    if min(starts) < 0 or sorted(starts) != starts:
        return ()
    found: dict[str, None] = {}
    for part, start, stop in zip(PARTS, starts, starts[1:], strict=False):
        text = data[start : min(stop, start + MOST_BYTES)]
        for step in re.finditer(rb'"type"\s{0,9}:\s{0,9}"(\w{1,40})"([^{}]{0,400})', text):
            name = f"{part.decode()} {step[1].decode()}"
            older = step[1] != b"Metaspace" or b"add_prefix_space" in step[2]
            found[name if older else f"{name} without add_prefix_space"] = None
    return tuple(found)[:MOST_STEPS]


def merges_as_pairs(data: bytes) -> bool | None:
    """Say how the first merge is written, None where there is none."""
    found = re.search(rb'"merges"\s{0,99}:\s{0,99}\[\s{0,99}([\["])', data)
    return found[1] == b"[" if found else None

"""Lambda layers of Keras: whether a Keras refuses them, and of which Pythons their byte code can be."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from doctor.facts import load as facts

if TYPE_CHECKING:
    from doctor.handler import Handler
    from doctor.keras_serving import Loaded

_CODE, _BYTES = b"\xe3", {b"s", b"\xf3"}  # of marshal: a code object, and bytes; with the bit for "seen again"
_NUMBERS_3_8, _NUMBERS_3_11 = 6, 5  # how many numbers of four bytes come before a code object's byte code
_RESUME = {151, 149, 128}  # the first instruction since 3.11


def refused(load: Loaded, handler: Handler) -> bool:
    """Say whether the Keras refuses a Lambda layer's byte code before it looks at it."""
    return _looks(load) and not _allowed(load, handler)


def _looks(load: Loaded) -> bool:
    from packaging.version import Version

    there, zipped = load.reader.version, load.file.format == "keras"
    since = facts("keras")["keras_3"]["lambda"]["hdf5_since"]
    if load.reader.major == 3 and zipped and load.facts.version.startswith("2."):
        return False  # Keras 3 stops at other keys of the layer before
    if load.reader.major == 3:
        return zipped or (there is not None and there >= Version(since))
    return zipped and there is not None and there.release >= (2, 12)


def _allowed(load: Loaded, handler: Handler) -> bool:
    if load.passes("safe_mode", 3) in {False, ...}:
        return True
    switched = "enable_unsafe_deserialization"
    return any(switched in line for script in handler.scripts.values() for line in script.lines)


def code_of(function: Any) -> bool | None:
    """Say whether byte code is of Python 3.8 to 3.10 (True) or later (False); None where that can't be told."""
    if isinstance(function, dict) and isinstance(function.get("config"), dict):
        function = function["config"].get("code")
    if isinstance(function, list):
        function = function[0] if function else None
    if not isinstance(function, str) or len(function) > 1 << 20:
        return None
    try:
        code = base64.b64decode(function.encode("ascii", "ignore"))
    except (binascii.Error, ValueError):
        return None
    if code[:1] != _CODE:
        return None
    later, earlier = 1 + 4 * _NUMBERS_3_11, 1 + 4 * _NUMBERS_3_8
    if code[later : later + 1] in _BYTES and len(code) > later + 5:
        # 3.7 and earlier had five numbers as well, and no such instruction.
        return False if {code[later + 5], code[later + 7] if len(code) > later + 7 else 0} & _RESUME else None
    return True if code[earlier : earlier + 1] in _BYTES else None

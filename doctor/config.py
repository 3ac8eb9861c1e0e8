"""``--config FILE``: what is to be deployed, as a TOML file; its keys are the names of the command's options."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from doctor.errors import BadInput

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PATHS = frozenset({"image", "serving", "training", "sample"})
_LARGEST = 1 << 20


def read(path: str, options: Iterable[str]) -> dict[str, Any]:
    """
    Return the settings of a file by option's name with underscores; ``env`` as NAME=VALUE texts.

    Args:
        path: of the file. Files that it names are looked for beside it.
        options: names that may stand in it, with underscores.

    Raises BadInput where it can't be read, is no TOML, or names something that is no option.
    """
    settings = {}
    known = set(options)
    for key, value in _parsed(path).items():
        name = key.replace("-", "_")
        if name not in known:
            raise BadInput(
                f"--config {path}: {key} is no option{_nearest(name, known)}; doctor check --help lists them"
            )
        settings[name] = _variables(path, value) if name == "env" else _plain(path, key, value)
    for name in PATHS & settings.keys():
        beside = Path(path).parent / str(settings[name])
        if settings[name] and beside.exists():
            settings[name] = str(beside)
    return settings


def _parsed(path: str) -> dict[str, Any]:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise BadInput(f"--config {path}: larger than 1 MiB, no settings")
        return tomllib.loads(data.decode())
    except OSError as error:
        raise BadInput(f"--config {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"--config {path}: no TOML: {' '.join(str(error).split())}") from None


def _variables(path: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        raise BadInput(f"--config {path}: env is a table: [env], then NAME = 'VALUE' lines")
    for name, text in value.items():
        if not isinstance(text, (str, int, float)) or isinstance(text, bool):
            raise BadInput(f"--config {path}: env.{name} is {text!r}; write it as text, in quotes")
    return [f"{name}={text}" for name, text in value.items()]


def _plain(path: str, key: str, value: Any) -> Any:
    """Return a value as click takes it from a command line."""
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(v, (str, int, bool)) for v in texts):
        raise BadInput(f"--config {path}: {key} is {value!r}; write text, a number, true or false")
    return value


def _nearest(word: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f" (did you mean {near[0].replace('_', '-')}?)" if near else ""

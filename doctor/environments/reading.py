"""Which kind of environment was given, and its packages. Nothing of it is run."""

from __future__ import annotations

from pathlib import Path

from doctor.environment import Environment
from doctor.environments import declared, folder
from doctor.errors import BadInput, Unreadable

_LISTS = ("MLmodel", "environment.yml", "environment.yaml", "conda.yaml", "requirements.txt")


def read(role: str, given: str) -> Environment:
    """
    Return the environment that a path describes.

    Args:
        role: "serving" or "training".
        given: a requirements file, a freeze, the output of ``pip list``, a conda or MLflow environment file, a virtual
            environment's folder, a conda prefix, an interpreter, or an MLflow model's folder.

    Raises BadInput where there is no such path, or where it is none of these.
    """
    path = Path(given)
    try:
        if path.is_dir():
            return _folder(role, given, path)
        if path.parent.name in {"bin", "Scripts"} and path.name.startswith("python"):
            return folder.of_interpreter(role, given, path)
        return _file(role, given, path)
    except FileNotFoundError:
        raise BadInput(f"--{role} {given}: no such file or directory; make one with `pip freeze`") from None
    except OSError as error:
        raise BadInput(f"--{role} {given}: {error.strerror or error}") from None
    except Unreadable as error:
        raise BadInput(
            f"--{role} {given}: {error}; give the output of `pip freeze`, or a virtual environment"
        ) from None


def _folder(role: str, given: str, path: Path) -> Environment:
    if folder.site_folders(path):
        return folder.of_prefix(role, given, path)
    for name in _LISTS:
        if (path / name).is_file():
            return _file(role, str(path / name), path / name)
    raise BadInput(f"--{role} {given}: neither a virtual environment, a conda prefix nor an MLflow model")


def _file(role: str, given: str, path: Path) -> Environment:
    data = path.read_bytes()
    if path.suffix in {".yaml", ".yml"} or path.name == "MLmodel":
        return declared.of_yaml(role, given, path, data)
    return declared.of_lines(role, given, path, data)

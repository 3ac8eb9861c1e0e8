"""Questions about where things lie in an artifact that more than one check asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from doctor import facts
from doctor.artifact.tree import Artifact, Member
from doctor.errors import Unreadable

WEIGHTS = (
    ".pt", ".pth", ".bin", ".ckpt", ".safetensors", ".h5", ".hdf5", ".keras", ".onnx", ".pb", ".pkl", ".pickle",
    ".joblib", ".sav", ".npz", ".model", ".ubj", ".bst", ".cbm", ".gguf", ".msgpack", ".xgb",
)  # fmt: skip
_JUNK_PARTS = frozenset(
    {
        "__MACOSX",
        "__pycache__",
        ".git",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".cache",
        ".idea",
        ".vscode",
    }
)
_JUNK_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def is_apple_double(path: str) -> bool:
    """Say whether a path is what macOS's tar and zip write beside each file that has extended attributes."""
    return path.rsplit("/", 1)[-1].startswith("._")


def is_junk(path: str) -> bool:
    """Say whether no server reads a file, by its path: caches, metadata of file managers, repositories."""
    parts = path.split("/")
    return parts[-1] in _JUNK_NAMES or is_apple_double(path) or not _JUNK_PARTS.isdisjoint(parts)


def is_weights(path: str) -> bool:
    """Say whether a path's ending is one that weights or whole models are saved under."""
    return path.lower().endswith(WEIGHTS) and not is_junk(path)


def lone_folder(artifact: Artifact) -> str:
    """Return the one top-level folder that everything lies in, junk aside; "" where there isn't one."""
    tops: set[str] = set()
    for path, member in artifact.members.items():
        if is_junk(path):
            continue
        top, below, _ = path.partition("/")
        if not below and member.kind != "directory":
            return ""
        tops.add(top)
        if len(tops) > 1:
            return ""
    return tops.pop() if tops else ""


def directly_in(artifact: Artifact, folder: str) -> Iterator[Member]:
    """Yield the regular files of a folder ("" for the root), not those of its subfolders."""
    depth = folder.count("/") + 1 if folder else 0
    return (m for m in artifact.under(folder) if m.path.count("/") == depth)


def program(variables: Mapping[str, str]) -> str:
    """Return the name of the script that the serving toolkit imports."""
    return variables.get("SAGEMAKER_PROGRAM") or "inference.py"


def script(artifact: Artifact, variables: Mapping[str, str]) -> str:
    """
    Return the path of the user's script as a toolkit's import would find it, "" where it wouldn't.

    code/ is on the import path, and so is the root: MMS and TorchServe put the model's folder there.
    """
    name = program(variables)
    return next((path for path in (f"code/{name}", name) if path in artifact), "")


def mentions(artifact: Artifact, text: str) -> str:
    """Return the place of the first line of a packed script that contains `text`, "" where none does."""
    for member in artifact.named(".py"):
        try:
            lines = artifact.text(member.path).splitlines()
        except Unreadable:
            continue
        for number, line in enumerate(lines, 1):
            if text in line and not line.lstrip().startswith("#"):
                return f"artifact:{member.path}:{number}"
    return ""


def is_read(artifact: Artifact, path: str) -> bool:
    """
    Say whether a damaged file of weights is one that the server will open.

    It is where a script names it or nothing else in its folder could take its place. A clone of a repository often
    has one good file and pointers for the other frameworks' copies.
    """
    folder, _, name = path.rpartition("/")
    if mentions(artifact, name):
        return True
    damaged = {t.path for t in artifact.troubles}
    others = (m for m in directly_in(artifact, folder) if is_weights(m.path) and m.path not in damaged)
    return all(m.path == path for m in others)


def loader_error(path: str, what: str) -> str:
    """
    Return what the library that reads files of this ending says of one that holds something else.

    Args:
        path: of the file.
        what: "lfs-pointer", "html", "empty-file" or "cut-short".
    """
    ending = path.rsplit(".", 1)[-1].lower()
    texts: Mapping[str, Mapping[str, str]] = facts.load("loader_errors")["by_ending"]
    return texts.get(ending, {}).get(what, "")

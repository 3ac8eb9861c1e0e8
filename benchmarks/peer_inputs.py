"""The fixtures in the forms that tools take: the packed artifact, its files, its code and declarations, its pickles."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
sys.path.insert(0, str(ROOT))

LARGEST = 64 << 20
TEXT_MODELS = {"huggingface", "tgi", "tei", "vllm"}
TOKENIZERS = ("tokenizer", "vocab", "merges", "special_tokens")


class Input(NamedTuple):
    """One fixture, made ready."""

    kind: str
    name: str
    truth: str
    options: list[str]
    artifact: Path
    folder: Path
    whole: bool
    code: Path | None
    image_packages: Path | None
    pickles: list[Path]
    model: Path | None

    @property
    def expected(self) -> str:
        """The id of the check that a sick fixture is for."""
        return self.name.split("--")[0]


def names(kind: str) -> list[str]:
    """Return the names of the fixtures of a kind."""
    return sorted(p.parent.name for p in (FIXTURES / kind).glob("*/deployment.json"))


def prepare(kind: str, name: str, base: Path) -> Input:
    """Write a fixture's forms below `base`: the unpacked files into ``folders``, the rest into ``others``."""
    from tests.deployments import artifact_of

    home = FIXTURES / kind / name
    described = json.loads((home / "deployment.json").read_text())
    target, folder = base / "others" / kind / name, base / "folders" / kind / name
    made = target / "made"
    made.mkdir(parents=True)
    artifact = artifact_of(f"{kind}/{name}", made)
    if artifact.is_dir():  # moved rather than copied: its weights may be sparse files of many GiB
        folder.parent.mkdir(parents=True, exist_ok=True)
        artifact = artifact.rename(folder)
    whole = unpack(artifact, folder)
    given = described.get("options", {})
    code = _code(folder, target)
    return Input(
        kind,
        name,
        f"{described['title']} {described.get('truth', '')}",
        options(given, (home, made)),
        artifact,
        folder,
        whole,
        code,
        _declared(code, home / given.get("serving", "serving.txt"), target) if code else None,
        list(_pickles(folder, target)),
        _model(folder, given.get("stack", "")),
    )


def options(given: dict[str, Any], places: tuple[Path, ...]) -> list[str]:
    """Return the command line of a deployment.json's options."""
    line: list[str] = []
    for key, value in given.items():
        option = "--" + key.replace("_", "-")
        if isinstance(value, dict):
            line += [word for k, v in value.items() for word in (option, f"{k}={v}")]
        elif isinstance(value, bool):
            line.append(option if value else option.replace("--", "--no-", 1))
        else:
            there = next((p / str(value) for p in places if str(value) and (p / str(value)).exists()), None)
            line += [option, str(there or value)]
    return line


def unpack(artifact: Path, folder: Path) -> bool:
    """
    Unpack what can be unpacked without harm, and return whether that was all.

    Links, devices, paths that climb out and very large files stay out; so does what comes after damage.
    """
    if artifact.is_dir():
        return True
    folder.mkdir(parents=True)
    whole = _untar(artifact, folder)
    if not any(p.is_file() for p in folder.rglob("*")):
        shutil.copy(artifact, folder)
    return whole


def _untar(artifact: Path, folder: Path) -> bool:
    whole = True
    try:
        with tarfile.open(artifact) as archive:
            for member in archive:
                whole = _extracted(archive, member, folder) and whole
        return whole and _intact(artifact)
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error):
        return False


def _intact(artifact: Path) -> bool:
    """Read a gzip file to its end, whose checksum tarfile doesn't ask for; a file called so must be one."""
    with artifact.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return artifact.suffix not in {".gz", ".tgz"}
    left = LARGEST
    with gzip.open(artifact) as inside:
        while left > 0 and (block := inside.read(1 << 20)):
            left -= len(block)
    return left > 0


def _extracted(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> bool:
    if not (member.isdir() or (member.isfile() and member.size <= LARGEST)):
        return False
    if (folder / member.name).is_file():
        return False  # a second member of that name
    try:
        archive.extract(member.replace(mode=0o755), folder, filter="data")
    except (tarfile.FilterError, OSError):
        return False
    return True


def _code(folder: Path, target: Path) -> Path | None:
    """Copy the Python of an artifact, with a requirements.txt beside it (empty where there is none)."""
    found = next((f for f in (folder / "code", folder) if any(f.glob("*.py"))), None)
    if found is None:
        return None
    copied = target / "code"
    shutil.copytree(found, copied)
    (copied / "requirements.txt").touch()
    return copied


def _declared(code: Path, serving: Path, target: Path) -> Path:
    """Write what code/requirements.txt and the image declare into one requirements.txt."""
    folder = target / "declared"
    folder.mkdir()
    lines = (code / "requirements.txt").read_bytes().decode("utf-8", "replace").splitlines()
    if serving.is_file() and serving.suffix == ".txt":
        lines += serving.read_text().splitlines()
    declared = folder / "requirements.txt"
    declared.write_text("\n".join(lines) + "\n")
    return declared


def _pickles(folder: Path, target: Path) -> Iterator[Path]:
    """Yield the files that start as pickles do, and the pickles inside the zip files that torch.save writes."""
    for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())):
        with path.open("rb") as file:
            head = file.read(4)
        if head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
            yield path
        elif head == b"PK\x03\x04":
            yield from _zipped(path, target / "pickles" / str(number))


def _zipped(path: Path, target: Path) -> Iterator[Path]:
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [n for n in archive.namelist() if n.endswith("/data.pkl") and ".." not in n]
            for name in inside:
                yield Path(archive.extract(name, target))
    except (zipfile.BadZipFile, OSError, ValueError):
        return


def _model(folder: Path, stack: str) -> Path | None:
    """Return the folder of a text model: where config.json lies, or a tokenizer, or the stack says so."""
    if (folder / "model_index.json").exists():
        return None  # diffusers
    for path in sorted(folder.rglob("*")):
        if path.name == "config.json" and path.is_file() and b"model_type" in path.read_bytes():
            return path.parent
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(TOKENIZERS):
            return path.parent
    return folder if stack in TEXT_MODELS else None

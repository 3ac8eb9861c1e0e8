"""Artifacts unpacked: as a tar for an engine, and into a folder; whatever the archive says."""

from __future__ import annotations

import io
import os
import socket
import tarfile
import zipfile
from pathlib import Path

import pytest

from doctor.errors import BadInput, Unreadable
from doctor.trials.sandbox import owners
from doctor.trials.sandbox.unpacked import Unpacking


def entry(name, content=b"", kind=tarfile.REGTYPE, mode=0o644, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode, info.linkname = kind, len(content), mode, target
    return info, content


def packed(path: Path, *entries, mode="w:gz") -> str:
    with tarfile.open(path, mode) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return str(path)


def unpacked(source: str, tmp_path: Path) -> tuple[dict, dict, list[str]]:
    """What comes of both ways, by name: (kind, mode, contents or target)."""
    first, second = Unpacking(source), Unpacking(source)
    with tarfile.open(fileobj=io.BytesIO(b"".join(first.tarred()))) as archive:
        told = {m.name: in_tar(archive, m) for m in archive.getmembers() if m.name != "."}
    folder = tmp_path / "into"
    folder.mkdir()
    second.into(folder)
    assert first.left_out == second.left_out
    found = {str(p.relative_to(folder)): state(p) for p in folder.rglob("*")}
    return told, found, first.left_out


def in_tar(archive, member):
    if member.issym():
        return "link", 0, member.linkname
    content = b"" if member.isdir() else archive.extractfile(member).read()
    return "directory" if member.isdir() else "file", member.mode, content


def state(path: Path):
    if path.is_symlink():
        return "link", 0, str(path.readlink())
    mode = path.stat().st_mode & 0o777
    return ("directory", mode, b"") if path.is_dir() else ("file", mode, path.read_bytes())


GOOD = (
    entry("./"),
    entry("./code/", kind=tarfile.DIRTYPE, mode=0o750),
    entry("./code/inference.py", b"x = 1", mode=0o755),
)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive(tmp_path, mode):
    told, found, left_out = unpacked(packed(tmp_path / "m.tar", *GOOD, mode=mode), tmp_path)
    assert told == found == {"code": ("directory", 0o750, b""), "code/inference.py": ("file", 0o755, b"x = 1")}
    assert left_out == []


def test_a_zip_and_a_single_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("code/inference.py", "x = 1")
        archive.writestr("../evil", "x")
    told, found, _ = unpacked(str(tmp_path / "m.zip"), tmp_path)
    assert told["code/inference.py"] == found["code/inference.py"] == ("file", 0o600, b"x = 1") and len(told) == 1
    (tmp_path / "model.onnx").write_bytes(b"12")
    assert b"".join(Unpacking(str(tmp_path / "model.onnx")).tarred())[:2048].count(b"model.onnx") == 1


def test_a_directory_with_all_that_can_be_in_one(tmp_path):
    root = tmp_path / "model"
    (root / "code").mkdir(parents=True)
    (root / "code" / "a.py").write_text("x")
    (root / "inside").symlink_to("code/a.py")
    (root / "code" / "up").symlink_to("../code")
    (root / "outside").symlink_to("/etc/passwd")
    (root / "above").symlink_to("../../secret")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        told, found, left_out = unpacked(str(root), tmp_path)
    assert told == found
    assert {k for k, v in found.items() if v[0] == "link"} == {"inside", "code/up"}
    assert sorted(line.partition(":")[0] for line in left_out) == ["above", "outside", "pipe", "socket"]


def test_nothing_is_written_elsewhere(tmp_path):
    (tmp_path / "victim").mkdir()
    hostile = (
        entry("../climbs", b"x"),
        entry("/absolute", b"x"),
        entry("a/../../climbs", b"x"),
        entry("way", kind=tarfile.SYMTYPE, target=str(tmp_path / "victim")),
        entry("way/through", b"x"),
        entry("inner", kind=tarfile.SYMTYPE, target="code"),
        entry("inner/through", b"x"),
        entry("hard", kind=tarfile.LNKTYPE, target="/etc/passwd"),
        entry("hard2", kind=tarfile.LNKTYPE, target="../../etc/passwd"),
        entry("null", kind=tarfile.CHRTYPE),
        entry("file", b"x"),
        entry("file/below", b"x"),
        entry("code/x", b"x"),
    )
    told, found, left_out = unpacked(packed(tmp_path / "m.tar.gz", *hostile), tmp_path)
    assert {**told, "code": found["code"], "way": found["way"]} == found
    assert sorted(found) == ["code", "code/x", "file", "inner", "way", "way/through"]
    assert found["way"][0] == "directory" and found["inner"] == ("link", 0, "code")
    assert list((tmp_path / "victim").iterdir()) == [] and not (tmp_path / "climbs").exists()
    assert "null: a device, a pipe or a socket" in left_out and "file/below: file is no folder" in left_out


def test_links_and_names_twice_are_as_tar_makes_them(tmp_path):
    entries = (
        entry("a", b"first"),
        entry("b", kind=tarfile.LNKTYPE, target="./a"),
        entry("c", b"old"),
        entry("c", b"new"),
    )
    told, found, left_out = unpacked(packed(tmp_path / "m.tar.gz", *entries), tmp_path)
    assert found == {"a": ("file", 0o644, b"first"), "b": ("file", 0o644, b"first"), "c": ("file", 0o644, b"new")}
    assert left_out == [] and told["b"][2] == b"first"


def test_what_root_could_read_its_owner_can(tmp_path):
    entries = (entry("secret", b"x", mode=0), entry("odd", b"x", mode=0o6777))
    _, found, _ = unpacked(packed(tmp_path / "m.tar.gz", *entries), tmp_path)
    assert {k: v[1] for k, v in found.items()} == {"secret": 0o400, "odd": 0o777}


def test_one_that_cant_be_read_to_its_end(tmp_path):
    path = Path(packed(tmp_path / "m.tar.gz", entry("a", os.urandom(50000))))
    path.write_bytes(path.read_bytes()[:30000])
    with pytest.raises(Unreadable):
        b"".join(Unpacking(str(path)).tarred())
    with pytest.raises(BadInput):
        b"".join(Unpacking(str(tmp_path / "nothing")).tarred())


def test_one_for_which_there_is_no_room(tmp_path):
    path = packed(tmp_path / "m.tar.gz", entry("a", bytes(5 << 20)))
    with pytest.raises(Unreadable, match="unpacks to more than 4 MiB"):
        Unpacking(path, 4 << 20).into(tmp_path)


def test_who_left_something():
    machine, pid, started, made = owners.mark().split(".")
    assert not owners.is_left(owners.mark())
    assert owners.is_left(f"{machine}.{pid}9999999999.5.{made}")
    assert owners.is_left(f"{machine}.1.{int(started) + 1}.{made}")
    assert not owners.is_left(f"other.1.1.{made}") and owners.is_left("other.1.1.5")
    assert not owners.is_left("") and not owners.is_left("a.b.c.d")

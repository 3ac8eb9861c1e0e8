"""One pass over any container: what is read, what is only noted, and that nothing is ever written or believed."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from doctor.artifact import collecting
from doctor.artifact.reading import read
from doctor.errors import BadInput, Unreadable

HANDLER = b"def model_fn(model_dir):\n    return 1\n"


def tarred(path: Path, mode: str = "w:gz", **files: bytes) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            entry(archive, name.replace("__", "/"), data)
    return path


def entry(archive, name, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(data))


def kinds(examined):
    return [t.kind for t in examined.artifact.troubles]


@pytest.mark.parametrize(("name", "mode"), [("m.tar.gz", "w:gz"), ("m.tgz", "w:gz"), ("m.tar", "w")])
def test_reads_tars(tmp_path, name, mode):
    with tarfile.open(tmp_path / name, mode) as archive:
        entry(archive, "./code/inference.py", HANDLER)
        entry(archive, "a//b/./c.bin", b"x" * 10)
    examined = read(str(tmp_path / name))
    assert list(examined.artifact.members) == ["code/inference.py", "a/b/c.bin"]
    assert examined.artifact.data("code/inference.py") == HANDLER
    assert examined.artifact.container == ("tar" if name == "m.tar" else "tar.gz")
    assert kinds(examined) == []


def test_reads_a_zip_and_a_directory_alike(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("code/inference.py", HANDLER)
    (tmp_path / "folder" / "code").mkdir(parents=True)
    (tmp_path / "folder" / "code" / "inference.py").write_bytes(HANDLER)
    for name in ("m.zip", "folder"):
        assert read(str(tmp_path / name)).artifact.text("code/inference.py") == HANDLER.decode()


def test_long_names_pax_and_gnu(tmp_path):
    long = "d" * 90 + "/" + "é" * 120 + ".bin"
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        with tarfile.open(tmp_path / "m.tar.gz", "w:gz", format=form) as archive:
            entry(archive, long, b"1")
            entry(archive, "after.bin", b"22")
        assert [m.size for m in read(str(tmp_path / "m.tar.gz")).artifact.files()] == [1, 2]
        assert long in read(str(tmp_path / "m.tar.gz")).artifact


def test_links_and_devices_are_noted_and_not_followed(tmp_path):
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        entry(archive, "model.bin", type=tarfile.SYMTYPE, linkname="../../etc/passwd")
        entry(archive, "hard.bin", type=tarfile.LNKTYPE, linkname="model.bin")
        entry(archive, "null", type=tarfile.CHRTYPE)
        entry(archive, "pipe", type=tarfile.FIFOTYPE)
    members = read(str(tmp_path / "m.tar.gz")).artifact.members
    assert [m.kind for m in members.values()] == ["symlink", "hardlink", "device", "device"]
    assert members["model.bin"].target == "../../etc/passwd"


def test_a_directory_with_a_link_out_of_it_is_not_left(tmp_path):
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to("../secret")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe")
    members = read(str(folder)).artifact.members
    assert {p: m.kind for p, m in members.items()} == {"loop": "symlink", "out": "symlink", "pipe": "device"}


@pytest.mark.parametrize("name", ["../evil.py", "/etc/cron.d/x", "a/../../b", "code/../../../x"])
def test_names_that_climb_out_are_troubles_and_write_nothing(tmp_path, name):
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        entry(archive, name, b"x")
    before = sorted(tmp_path.rglob("*"))
    examined = read(str(tmp_path / "m.tar.gz"))
    assert kinds(examined) == ["climbs-out"]
    assert sorted(tmp_path.rglob("*")) == before


def test_truncated(tmp_path):
    whole = tarred(tmp_path / "m.tar.gz", a__first=b"1", b=os.urandom(300_000)).read_bytes()
    for cut in (len(whole) // 2, len(whole) - 4, 30):
        (tmp_path / "m.tar.gz").write_bytes(whole[:cut])
        assert kinds(read(str(tmp_path / "m.tar.gz"))) == ["truncated"], cut
    plain = gzip.decompress(whole)
    (tmp_path / "m.tar").write_bytes(plain[:100_000])
    assert kinds(read(str(tmp_path / "m.tar"))) == ["truncated"]


def test_damaged(tmp_path):
    whole = bytearray(tarred(tmp_path / "m.tar.gz", a=os.urandom(100_000)).read_bytes())
    whole[-6] ^= 0xFF  # the checksum
    (tmp_path / "m.tar.gz").write_bytes(whole)
    assert kinds(read(str(tmp_path / "m.tar.gz"))) == ["corrupt"]


def test_empty_things(tmp_path):
    tarred(tmp_path / "m.tar.gz")
    assert kinds(read(str(tmp_path / "m.tar.gz"))) == ["empty"]
    (tmp_path / "zero.tar.gz").write_bytes(b"")
    assert kinds(read(str(tmp_path / "zero.tar.gz"))) == ["empty"]
    (tmp_path / "folder").mkdir()
    assert kinds(read(str(tmp_path / "folder"))) == ["empty"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "lfs-pointer"),
        (b"<!DOCTYPE html><html><body>Not Found</body></html>", "html"),
        (b"PK\x05\x06" + b"\0" * 18, "not-gzip"),
        (b"hello", "not-gzip"),
    ],
)
def test_named_as_an_archive_and_none(tmp_path, data, kind):
    (tmp_path / "model.tar.gz").write_bytes(data)
    assert kinds(read(str(tmp_path / "model.tar.gz"))) == [kind]


def test_weights_that_are_something_else(tmp_path):
    tarred(
        tmp_path / "m.tar.gz",
        **{
            "a.pt": b"version https://git-lfs.github.com/spec/v1\n",
            "b.bin": b"<html></html>",
            "c.h5": b"",
            "code____init__.py": b"",
        },
    )
    assert kinds(read(str(tmp_path / "m.tar.gz"))) == ["lfs-pointer", "html", "empty-file"]


def test_the_last_of_two_members_with_one_name_counts(tmp_path):
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        entry(archive, "a.txt", b"old")
        entry(archive, "./a.txt", b"new")
    examined = read(str(tmp_path / "m.tar.gz"))
    assert examined.artifact.data("a.txt") == b"new"
    assert kinds(examined) == ["duplicate"]


def test_a_bomb_is_left_early(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "BOMB_BYTES", 1 << 20)
    tarred(tmp_path / "m.tar.gz", **{"a.bin": bytes(4 << 20), "b.bin": bytes(4 << 20)})
    examined = read(str(tmp_path / "m.tar.gz"))
    assert kinds(examined) == ["bomb"]
    assert list(examined.artifact.members) == ["a.bin"]


def test_a_zip_bomb_is_left_early(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "BOMB_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.pkl", b"\x80\x04" + bytes(8 << 20))
    assert kinds(read(str(tmp_path / "m.zip"))) == ["bomb"]


def test_sizes_that_a_header_claims_are_not_believed(tmp_path):
    with tarfile.open(tmp_path / "m.tar", "w") as archive:
        entry(archive, "a.bin", b"x")
    data = bytearray((tmp_path / "m.tar").read_bytes())
    data[124:136] = b"\x80" + struct.pack(">Q", 1 << 60).rjust(11, b"\0")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    (tmp_path / "m.tar").write_bytes(data)
    assert kinds(read(str(tmp_path / "m.tar"))) == ["truncated"]


def test_several_gzip_members_and_padding(tmp_path):
    plain = gzip.decompress(tarred(tmp_path / "x.tar.gz", a=b"1" * 1000, b=b"2" * 1000).read_bytes())
    (tmp_path / "m.tar.gz").write_bytes(gzip.compress(plain[:700]) + gzip.compress(plain[700:]) + b"\0" * 512)
    examined = read(str(tmp_path / "m.tar.gz"))
    assert (list(examined.artifact.members), kinds(examined)) == (["a", "b"], [])


def test_names_that_are_not_utf8(tmp_path):
    with tarfile.open(tmp_path / "m.tar", "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as archive:
        entry(archive, "mod\xe8le.bin", b"x")
    assert [m.size for m in read(str(tmp_path / "m.tar")).artifact.files()] == [1]


@pytest.mark.parametrize("name", ["absent.tar.gz", "notes.txt"])
def test_what_is_no_artifact_is_one_line(tmp_path, name):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(BadInput, match=name) as problem:
        read(str(tmp_path / name))
    assert "\n" not in str(problem.value)


def test_an_unreadable_file_is_one_line(tmp_path):
    path = tmp_path / "m.tar.gz"
    path.write_bytes(b"")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read anything")
    with pytest.raises(BadInput, match="permissions"):
        read(str(path))


def test_large_files_are_not_kept(tmp_path):
    tarred(
        tmp_path / "m.tar.gz", **{"w.bin": bytes(collecting.KEPT_SIZE + 1), "t.json": b" " * (collecting.KEPT_SIZE + 1)}
    )
    artifact = read(str(tmp_path / "m.tar.gz")).artifact
    with pytest.raises(Unreadable, match="too large"):
        artifact.data("w.bin")
    assert artifact.text("t.json")


def test_modes_are_kept(tmp_path):
    with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as archive:
        entry(archive, "a.sh", b"x", mode=0o750)
    assert stat.filemode(read(str(tmp_path / "m.tar.gz")).artifact.members["a.sh"].mode) == "?rwxr-x---"

"""archive-has-links: the fixture first, near misses clear."""

from __future__ import annotations

import tarfile

from doctor.artifact.reading import read
from doctor.model import Status
from tests.deployments import ask, examine

HANDLER = "def model_fn(model_dir):\n    return None\n"


def test_sick():
    first = examine("sick/archive-has-links").findings[0]
    assert first.check.id == "archive-has-links"
    assert "line.json" in first.finding.message
    assert "../../blobs/8c5a1f0b7d" in first.finding.message
    assert "not in the archive" in first.finding.message


def test_whole_cache():
    first = examine("sick/archive-has-links--whole-cache").findings[0]
    assert first.check.id == "archive-has-links"
    assert "the platform refuses" in first.finding.message


def test_hard_link():
    first = examine("sick/archive-has-links--hard-link").findings[0]
    assert first.check.id == "archive-has-links"
    assert "hard link" in first.finding.message


def test_no_links():
    outcome = ask("archive-has-links", artifact={"code/inference.py": HANDLER})
    assert outcome.status is Status.CLEAR


def packed(folder, kind, target):
    with tarfile.open(folder / "m.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("real.json")
        archive.addfile(info)
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = kind, target
        archive.addfile(link)
    return read(str(folder / "m.tar.gz"))


def test_a_hard_link_to_a_packed_file_is_unpacked_as_usual(tmp_path):
    assert ask("archive-has-links", examined=packed(tmp_path, tarfile.LNKTYPE, "real.json")).status is Status.CLEAR


def test_a_folder_with_links_that_lead_to_files(tmp_path):
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("real.json")
    assert ask("archive-has-links", examined=read(str(tmp_path))).status is Status.CLEAR

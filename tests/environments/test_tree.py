"""Dependencies as pipdeptree tells them, and as the metadata itself does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from doctor.environments import read
from doctor.environments.tree import edges
from doctor.formats.distribution import metadata

LICENCE = "License: Copyright\n        \n        all rights\n        reserved\n"


@pytest.fixture
def site(tmp_path):
    site = tmp_path / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    for name, version, more in (
        ("Flask", "2.2.2", 'Requires-Dist: Werkzeug>=2.2\nRequires-Dist: asgiref; extra == "async"\n'),
        ("Werkzeug", "3.1.9", LICENCE + "Requires-Dist: MarkupSafe (>=2.1.1)\n"),
        ("MarkupSafe", "3.0.2", ""),
    ):
        folder = site / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\ntext\n")
    version = ".".join(map(str, sys.version_info[:3]))
    (tmp_path / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    return site


def test_edges(site):
    assert edges((site,)) == {"flask": ("Werkzeug>=2.2",), "werkzeug": ("MarkupSafe>=2.1.1",), "markupsafe": ()}


def test_an_environment_says_what_its_packages_require(site):
    venv = read("serving", str(site.parent.parent.parent))
    assert venv.requires("flask") == ("Werkzeug>=2.2",)
    assert venv.requires("absent") == ()


def test_another_python_is_read_from_the_metadata(site):
    prefix = site.parent.parent.parent
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.7.9\n")
    assert read("serving", str(prefix)).requires("werkzeug") == ("MarkupSafe (>=2.1.1)",)


def test_a_folded_header_with_blank_lines_ends_nothing():
    assert metadata(f"Name: scipy\n{LICENCE}Requires-Dist: numpy>=1.26\n\nRequires-Dist: not this\n").requires == (
        "numpy>=1.26",
    )


def test_a_folder_that_is_not_there_is_no_crash(tmp_path):
    assert not edges((Path(tmp_path) / "absent",))

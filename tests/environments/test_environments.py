from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from doctor.artifact.tree import Artifact, Member
from doctor.environment import Environment
from doctor.environments import read
from doctor.environments.installed import Installed
from doctor.environments.plan import planned
from doctor.errors import BadInput
from doctor.image import reference
from doctor.model import Unknown
from doctor.modules import brought_by, by_names, givers, in_stdlib
from doctor.stack import stack_of

FREEZE = "# python 3.10.13\nnumpy==1.26.4\nscikit-learn==1.3.2\ncertifi @ file:///croot/certifi/work\n"


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_a_freeze_is_complete(tmp_path):
    found = read("serving", written(tmp_path, "serving.txt", FREEZE))
    assert found.python == "3.10.13"
    assert found.complete
    assert found.packages["scikit-learn"] == "1.3.2"
    assert found.finds("sklearn") is True
    assert found.finds("sklearn.ensemble._gb_losses") is True  # of the measured releases around it
    assert found.finds("xgboost") is False
    assert found.finds("acme") is None
    assert found.finds("json.decoder") is True
    assert found.version("torch") is None
    with pytest.raises(Unknown):
        found.version("setuptools")  # pip freeze leaves it out


def test_requirements_are_not(tmp_path):
    found = read("serving", written(tmp_path, "r.txt", "numpy>=1.2\nscikit-learn==1.3.2\n"))
    assert not found.complete
    assert found.finds("xgboost") is None
    with pytest.raises(Unknown):
        found.version("numpy")


def test_pip_list(tmp_path):
    columns = "Package    Version\n---------- -------\nnumpy      1.26.4\nPyYAML     6.0.1\n"
    found = read("training", written(tmp_path, "a.txt", columns))
    assert (found.packages, found.complete, found.role) == ({"numpy": "1.26.4", "pyyaml": "6.0.1"}, True, "training")
    rows = json.dumps([{"name": "numpy", "version": "1.26.4"}])
    assert read("serving", written(tmp_path, "a.json", rows)).packages == {"numpy": "1.26.4"}


def test_conda(tmp_path):
    text = """name: x
channels:
  - conda-forge
dependencies:
  - python=3.10.12
  - conda-forge::numpy=1.26.4=py310_0
  - scipy >=1.9
  - pip
  - pip:
      - torch==2.0.1  # cpu
      - requests>=2
"""
    found = read("training", written(tmp_path, "environment.yml", text))
    assert found.python == "3.10.12"
    assert not found.complete
    assert found.packages["numpy"] == "1.26.4"
    assert found.packages["torch"] == "2.0.1"
    assert found.packages["requests"] == "" and found.packages["scipy"] == ""


def test_mlflow(tmp_path):
    written(tmp_path, "MLmodel", "flavors:\n  python_function:\n    python_version: 3.9.18\nmlflow_version: 2.9.2\n")
    written(tmp_path, "requirements.txt", "mlflow==2.9.2\nscikit-learn==1.3.2\n")
    for given in (tmp_path, tmp_path / "MLmodel"):
        found = read("training", str(given))
        assert found.python.startswith("3.9")
        assert found.packages["scikit-learn"] == "1.3.2"
        assert not found.complete


def site(folder: Path) -> Path:
    packages = folder / "lib" / "python3.10" / "site-packages"
    written(folder, "pyvenv.cfg", "home = /usr/bin\nversion = 3.10.13\n")
    written(packages, "numpy-1.26.4.dist-info/METADATA", "Name: numpy\nVersion: 1.26.4\n\n")
    requires = (
        'Requires-Dist: numpy<2,>=1.22.4; python_version < "3.11"\nRequires-Dist: numpy<3; python_version >= "3.11"\n'
    )
    written(packages, "pandas-2.1.4.dist-info/METADATA", f"Name: pandas\nVersion: 2.1.4\n{requires}\n")
    written(packages, "old_thing.egg-info/PKG-INFO", "Name: old-thing\nVersion: 0.1\n\n")
    for path in ("numpy/__init__.py", "numpy/core/__init__.py", "pandas/__init__.py", "six.py", "spaces/inner/a.py"):
        written(packages, path, "")
    written(packages, "numpy/core/_multiarray_umath.cpython-310-x86_64-linux-gnu.so", "")
    return folder


def test_a_virtual_environment(tmp_path):
    found = read("serving", str(site(tmp_path)))
    assert isinstance(found, Installed)
    assert found.packages == {"numpy": "1.26.4", "pandas": "2.1.4", "old-thing": "0.1"}
    assert (found.python, found.complete) == ("3.10.13", True)
    assert found.finds("numpy.core._multiarray_umath") is True
    assert found.finds("numpy._core") is False
    assert found.finds("spaces.inner.a") is True
    assert found.finds("six.moves.urllib") is None
    assert found.finds("torch") is False
    assert found.requires("pandas")[0].startswith("numpy<2")


def test_an_interpreter_is_not_run(tmp_path):
    site(tmp_path)
    path = written(tmp_path, "bin/python", "#!/bin/sh\ntouch ran\n")
    assert read("serving", path).packages["numpy"] == "1.26.4"
    assert not (tmp_path / "ran").exists()


def test_an_editable_install_may_give_anything(tmp_path):
    site(tmp_path)
    packages = tmp_path / "lib" / "python3.10" / "site-packages"
    written(packages, "__editable__.acme-1.0.pth", "import __editable___acme_finder as f; f.install()")
    assert read("serving", str(tmp_path)).finds("acme") is None
    written(packages, "more.pth", str(tmp_path / "elsewhere"))
    written(tmp_path, "elsewhere/acme2.py", "")
    assert read("serving", str(tmp_path)).finds("acme2") is True


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.txt", "", "names no package"),
        ("a.txt", "numpy=1.2\n", "line 1"),
        ("a.json", "[{]", "isn.t"),
        ("a.yml", "name: x\n", "names no"),
        ("a.txt", "<html>\n<body>\n", "line 1"),
    ],
)
def test_what_is_no_environment_is_said_in_one_line(tmp_path, name, text, says):
    with pytest.raises(BadInput, match=says) as told:
        read("serving", written(tmp_path, name, text))
    assert "\n" not in str(told.value)


def test_absent_and_empty_folders(tmp_path):
    for given in (tmp_path, tmp_path / "nope", tmp_path / "bin" / "python"):
        with pytest.raises(BadInput):
            read("serving", str(given))


def test_system_packages_are_not_seen(tmp_path):
    site(tmp_path)
    written(tmp_path, "pyvenv.cfg", "version = 3.10.13\ninclude-system-site-packages = true\n")
    with pytest.raises(BadInput, match="pip freeze"):
        read("serving", str(tmp_path))


# What start-up changes.


def artifact(text: str, **others: str) -> Artifact:
    files = {"code/requirements.txt": text.encode(), **{k: v.encode() for k, v in others.items()}}
    return Artifact("m", "tar.gz", {p: Member(p, "file", len(d)) for p, d in files.items()}, files)


BASE = Environment("serving", "s.txt", {"numpy": "1.26.4", "torch": "2.6.0+cpu", "six": ""}, "3.10", complete=True)


@pytest.mark.parametrize(
    ("line", "kind", "after"),
    [
        ("numpy==1.26.4", "keeps", "1.26.4"),
        ("numpy", "keeps", "1.26.4"),
        ("numpy<2", "keeps", "1.26.4"),
        ("numpy==2.1.3", "replaces", "2.1.3"),
        ("numpy>=2", "replaces", ""),
        ("torch==2.6.0", "keeps", "2.6.0+cpu"),
        ("emoji==2.14.0", "adds", "2.14.0"),
        ("emoji", "unpinned", ""),
        ("six", "keeps", ""),
        ("six==1.16.0", "adds", "1.16.0"),
        ("emoji==1.0\nemoji>=0.9", "adds", "1.0"),
        ("emoji @ https://e.org/emoji.zip", "unpinned", ""),
    ],
)
def test_a_change(line, kind, after):
    after_all = planned(BASE, artifact(line))
    (change,) = after_all.changes
    assert (change.kind, change.after) == (kind, after)
    assert after_all.packages[change.name] == after


def test_markers_and_constraints():
    text = 'emoji==2.14.0; python_version < "3.9"\n-c c.txt\nregex\n'
    after = planned(BASE, artifact(text, **{"code/c.txt": "regex==2024.5.15\nnumpy<2\n"}))
    assert [(c.kind, c.name, c.after) for c in after.changes] == [("adds", "regex", "2024.5.15")]


def test_the_scikit_learn_container_upgrades():
    assert planned(BASE, artifact("numpy"), "sklearn").changes[0].kind == "replaces"
    base = Environment("serving", "s", {"numpy": "1.26.4", "sagemaker-scikit-learn-container": "2.0"}, complete=True)
    assert planned(base, artifact("numpy")).changes[0].after == ""


def test_a_malformed_file_changes_nothing():
    after = planned(BASE, artifact("emoji==2\nnumpy=1\n"))
    assert after.changes == ()
    assert dict(after.packages) == dict(BASE.packages)


def test_what_an_installed_package_rules_out(tmp_path):
    base = read("serving", str(site(tmp_path)))
    after = planned(base, artifact("numpy==2.1.3"))
    assert [c.kind for c in after.changes] == ["replaces", "conflicts"]
    assert after.changes[1].requirement == "pandas 2.1.4 requires numpy<2,>=1.22.4"
    assert after.packages["numpy"] == "2.1.3"
    assert after.finds("numpy") is True
    assert after.finds("numpy._core") is None  # files of another version
    assert after.finds("pandas.nope") is False


def test_where_pip_and_files_agree_with_real_ones():
    real = read("serving", sys.prefix)
    assert real.finds("pytest") is True
    assert real.finds("_pytest.python") is True
    assert real.finds("pytest.nope") is False
    assert real.python_version() == sys.version_info[:2]


# Modules.


def test_modules():
    assert givers("sklearn.linear_model") == ("scikit-learn",)
    assert givers("cv2")[0] == "opencv-python"
    assert givers("google.protobuf.message") == ("protobuf",)
    assert in_stdlib("distutils", "3.11") is True
    assert in_stdlib("distutils", "3.12") is False
    assert in_stdlib("distutils", "") is None
    assert in_stdlib("tomllib", "3.10") is False
    assert {"numpy", "tokenizers", "pyyaml"} <= (brought_by("transformers", "4.57.6") or set())
    assert brought_by("transformers", "2.1.0") is None
    assert brought_by("acme", "1.0") is None


def test_a_distribution_that_dropped_a_module():
    assert by_names({"setuptools": "82.0.0"}, "3.12", complete=True)("pkg_resources") is False
    assert by_names({"setuptools": "65.5.0"}, "3.12", complete=True)("pkg_resources") is True
    assert by_names({"setuptools": ""}, "3.12", complete=True)("pkg_resources") is None


# References of images that are not here.

ECR = "763104351884.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("name", "packages", "python", "stack"),
    [
        ("pytorch-inference:2.6.0-cpu-py312", {"torch": "2.6.0"}, "3.12", "pytorch"),
        (
            "huggingface-pytorch-inference:2.6.0-transformers4.49.0-gpu-py312-cu124-ubuntu22.04",
            {"torch": "2.6.0", "transformers": "4.49.0"}, "3.12", "huggingface",
        ),
        ("sagemaker-scikit-learn:1.2-1-cpu-py3", {"scikit-learn": ""}, "", "sklearn"),
        ("sagemaker-xgboost:1.7-1", {"xgboost": ""}, "", "xgboost"),
        ("tensorflow-inference:2.19.0-cpu-py312", {}, "3.12", "tensorflow-serving"),
    ],
)  # fmt: skip
def test_a_reference(name, packages, python, stack):
    full = f"{ECR}/{name}"
    assert reference.is_reference(full)
    found = reference.environment(full)
    assert dict(found.packages) == packages
    assert found.python == python
    assert not found.complete
    assert "known in part from its reference" in found.source
    assert stack_of(found, full) == stack


@pytest.mark.parametrize("text", ["image.tar", "./image", "/srv/image", "models/image", "a.tar.gz"])
def test_paths_are_no_references(text):
    assert not reference.is_reference(text)

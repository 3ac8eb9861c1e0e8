from __future__ import annotations

import pytest

from doctor.errors import Unreadable
from doctor.formats.distribution import applies, canonical, folder_name, holds, metadata, wheel_name
from doctor.formats.requirements import parse


def files(**named):
    contents = {name.replace("_", ".").replace("code.", "code/"): text for name, text in named.items()}

    def data(path):
        if path not in contents:
            raise Unreadable(f"{path}: not there")
        text = contents[path]
        return text if isinstance(text, bytes) else text.encode()

    return data


def lines(text):
    return parse("r.txt", files(r_txt=text))


@pytest.mark.parametrize(
    ("text", "kind", "name", "pinned"),
    [
        ("numpy==1.26.4", "requirement", "numpy", "1.26.4"),
        ("Foo_Bar[a, b] == 1.0  # why", "requirement", "foo-bar", "1.0"),
        ("torch==2.0.0+cu118", "requirement", "torch", "2.0.0+cu118"),
        ("numpy===1.26.4", "requirement", "numpy", "1.26.4"),
        ("numpy==1.*", "requirement", "numpy", ""),
        ("numpy>=1,<2", "requirement", "numpy", ""),
        ("a==1,!=1.0.1", "requirement", "a", ""),
        ("certifi @ file:///croot/certifi/work", "path", "certifi", ""),
        ("torch @ https://e.org/torch-2.0.0%2Bcpu-cp310-cp310-linux_x86_64.whl", "url", "torch", "2.0.0+cpu"),
        ("./w/my_pkg-1.0-py3-none-any.whl", "path", "my-pkg", "1.0"),
        ("git+https://github.com/x/y.git@v1#egg=y", "url", "y", ""),
        ("-e git+https://github.com/x/y.git#egg=y", "editable", "y", ""),
        ("-e .", "editable", "", ""),
        ("--index-url https://e.org/simple", "option", "", ""),
        ("--no-such-option", "malformed", "", ""),
        ("numpy=1.26.4", "malformed", "", ""),
        ("numpy 1.26.4", "malformed", "", ""),
        ("import numpy", "malformed", "", ""),
    ],
)
def test_a_line(text, kind, name, pinned):
    (line,) = lines(text)
    assert (line.kind, line.name, line.pinned) == (kind, name, pinned)


def test_continued_lines_hashes_and_comments():
    text = "# all\nrequests==2.31.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\n  # none\nsix==1.17.0\n"
    first, second = lines(text)
    assert (first.number, first.name, first.hashed) == (2, "requests", True)
    assert (second.number, second.where) == (7, "artifact:r.txt:7")


def test_other_files():
    data = files(code_a_txt="-r b.txt\n-c c.txt\nx==1", code_b_txt="y==2\n-r a.txt", code_c_txt="x<2\ny<3")
    found = parse("code/a.txt", data)
    assert [(x.path, x.name, x.constraint, x.kind) for x in found] == [
        ("code/b.txt", "y", False, "requirement"),
        ("code/b.txt", "", False, "malformed"),
        ("code/c.txt", "x", True, "requirement"),
        ("code/c.txt", "y", True, "requirement"),
        ("code/a.txt", "x", False, "requirement"),
    ]


def test_an_absent_include_is_what_pip_says():
    (line,) = lines("-r nope.txt")
    assert line.error == "Could not open requirements file: [Errno 2] No such file or directory: 'nope.txt'"


def test_encodings():
    assert lines("six==1".encode("utf-16"))[0].name == "six"
    assert lines(b"\xef\xbb\xbfsix==1")[0].name == "six"
    with pytest.raises(Unreadable):
        lines(b"\xff\x00\xfe")


def test_many_includes_end():
    many = "\n".join("-r b.txt" for _ in range(200))
    assert any(x.kind == "malformed" for x in parse("a.txt", files(a_txt=many, b_txt="six==1")))


def test_distributions():
    assert canonical("Scikit_Learn.x--y") == "scikit-learn-x-y"
    assert folder_name("scikit_learn-1.2.2.dist-info") == ("scikit-learn", "1.2.2")
    assert folder_name("PyYAML-5.3.1-py3.8.egg-info") == ("pyyaml", "5.3.1")
    assert folder_name("numpy") is None
    assert wheel_name("https://e.org/a/numpy-1.0-cp310-cp310-any.whl") == ("numpy", "1.0")
    said = metadata("Name: A_b\nVersion: 1.0\nRequires-Dist: c>1\nRequires-Python: >=3.8\n\nName: other\n")
    assert said == ("a-b", "1.0", ("c>1",), ">=3.8")


def test_markers_are_those_of_the_serving_python():
    assert applies('numpy<2; python_version < "3.11"', "3.10.13") == ("numpy", "<2")
    assert applies('numpy<2; python_version < "3.11"', "3.12") is None
    assert applies('pytest; extra == "test"', "3.12") is None
    assert applies('pytest; extra == "test"', "3.12", frozenset({"test"})) == ("pytest", "")
    assert applies("not a requirement at all", "3.12") is None
    assert holds('sys_platform == "linux" and platform_machine == "x86_64"', "3.12")
    assert not holds('sys_platform == "win32"', "3.12")

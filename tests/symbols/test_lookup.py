"""What the source of modules says of their names, without importing them."""

from __future__ import annotations

import pytest

from doctor.environments.folder import Disk
from doctor.symbols.lookup import Symbols

GETS = "def __getattr__(name):\n    if name in {'old', 'older'}:\n        return 1\n    raise AttributeError(name)"
SHIM = (
    "from .shim import given\n__all__ = ['old']\ndef __getattr__(name):\n    return given(all=__all__, attribute=name)"
)
ATTACHED = (
    "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach(__name__, submod_attrs={'sub': ['x']})"
)


def symbols(folder, files, python="3.10"):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode() if isinstance(text, str) else text)
    return Symbols((str(folder),), Disk(), python)


LAZY = """
import sys
from typing import TYPE_CHECKING
from .base import _LazyModule
_import_structure = {"models": ["Net"]}
if TYPE_CHECKING:
    from .models import Net
    from .more import *
else:
    sys.modules[__name__] = _LazyModule(__name__, globals()["__file__"], _import_structure)
"""

CASES = [
    ("def f(): pass", "f", True),
    ("class A: pass\ndel A", "A", False),
    ("import os.path", "os", True),
    ("import os.path as p", "os", False),
    ("from .sub import x as y", "y", True),
    ("from .sub import x as y", "x", False),
    ("", "sub", True),
    ("from .sub import *", "x", True),
    ("from .sub import *", "_hidden", False),
    ("from .sub import *", "nothing", False),
    ("from .listed import *", "_given", True),
    ("from .listed import *", "added", True),
    ("from .listed import *", "left_out", False),
    ("from .absent import *", "x", None),
    ("try:\n    from gone import A\nexcept ImportError:\n    A = None", "A", True),
    ("try:\n    from gone import A\nexcept ImportError:\n    pass", "A", None),
    ("try:\n    from .sub import x\nexcept ImportError:\n    pass", "x", True),
    ("import sys\nif sys.version_info >= (3, 11):\n    new = 1\nelse:\n    old = 1", "old", True),
    ("import sys\nif sys.version_info >= (3, 11):\n    new = 1\nelse:\n    old = 1", "new", False),
    ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import T", "T", None),
    ("if unknown():\n    A = 1\nelse:\n    A = 2", "A", True),
    ("if unknown():\n    A = 1", "A", None),
    ("if unknown():\n    raise ImportError\nelse:\n    A = 1", "A", True),
    ("for n in 'ab':\n    globals()[n] = 1", "a", None),
    ("x = globals()['y']", "a", False),
    ("exec('a = 1')", "a", None),
    ("def init():\n    global late\n    late = 1", "late", None),
    (GETS, "old", True),
    (GETS, "other", False),
    ("G = {'old': 1}\ndef __getattr__(n):\n    try:\n        return G[n]\n    except KeyError:\n"
     "        raise AttributeError(n)", "other", False),
    ("G = {'old': 1}\nG.update(more())\ndef __getattr__(n):\n    try:\n        return G[n]\n    except KeyError:\n"
     "        raise AttributeError(n)", "other", None),
    ("def __getattr__(name):\n    return compute(name)", "other", None),
    (SHIM, "other", False),
    (SHIM, "old", True),
    (ATTACHED, "x", True),
    (ATTACHED, "y", False),
    ("import sys\nsys.modules[__name__] = make()", "x", None),
    (LAZY, "Net", True),
    (LAZY, "x", True),
    (LAZY, "Other", False),
    ("if (found := look()):\n    pass", "found", None),
    ("match x:\n    case {'a': caught}:\n        a = 1\n    case _:\n        b = 1", "caught", None),
    ("def f(:", "f2", None),
]  # fmt: skip
BESIDE = {
    "p/sub.py": "x = 1\n_hidden = 2\n",
    "p/listed.py": "from . import sub\n__all__ = ['_given']\n__all__ += ['added']\n_given = added = left_out = 1\n",
    "p/shim.py": "def given(*, all, attribute):\n    if attribute not in all:\n"
    "        raise AttributeError(attribute)\n    return 1\n",
    "p/more.py": "x = 1\n",
}


@pytest.mark.parametrize(("source", "name", "there"), CASES)
def test_names(tmp_path, source, name, there):
    asked = symbols(tmp_path, {**BESIDE, "p/__init__.py": source})
    assert asked.has("p", name).there is there, asked.has("p", name)


def test_where_it_is(tmp_path):
    asked = symbols(tmp_path, {**BESIDE, "p/__init__.py": "\nfrom .sub import x\n"})
    assert asked.has("p", "x").where == "p/__init__.py:2"
    assert asked.has("p", "gone").where == "p/__init__.py"


def test_compiled_modules(tmp_path):
    asked = symbols(tmp_path, {"p/__init__.py": "", "p/a.so": b"", "p/b.so": b"", "p/b.pyi": "class B: ..."})
    assert asked.has("p", "a").there
    assert asked.has("p.a", "anything").there is None
    assert asked.has("p.b", "B").there
    assert asked.has("p.b", "anything").there is None


def test_circles_and_sizes(tmp_path):
    files = {"p/__init__.py": "from .a import *", "p/a.py": "from .b import *", "p/b.py": "from .a import *"}
    assert symbols(tmp_path, files).has("p", "x").there is not True
    assert symbols(tmp_path, {"q.py": b"\x00\xff" * 10}).has("q", "x").there is None


def test_attributes(tmp_path):
    files = {**BESIDE, "p/__init__.py": "from . import sub\nclass A:\n    def m(self): pass\n"}
    asked = symbols(tmp_path, files)
    assert asked.has("p", "A.m").there
    assert asked.has("p", "A.other").there is None
    assert asked.has("p", "sub.x").there
    assert asked.has("p", "sub.other").there is False


def test_a_package_that_gives_its_modules_names(tmp_path):
    files = {"p/__init__.py": "from . import a\nfor n in 'xy':\n    setattr(a, n, 1)\n", "p/a.py": ""}
    assert symbols(tmp_path, files).has("p.a", "x").there is None

"""Says what each module of a package has: run by the interpreter of the environment that holds it."""

import importlib
import json
import os
import pkgutil
import signal
import sys
import warnings

SKIP = {"tests", "testing", "test", "__main__", "conftest", "_pyinstaller", "setup", "distutils", "f2py", "benchmarks"}
INNER = {"tensorflow": {"python", "compiler", "core", "lite", "tools", "include", "security", "_api", "v2", "tsl"}}

warnings.simplefilter("ignore")
found = {}


def stop(*_):
    raise TimeoutError


def names(module):
    """Note the names of a module; return where its submodules are."""
    signal.alarm(240)
    try:
        made = importlib.import_module(module)
        found[module] = sorted(n for n in map(str, dir(made)) if there(made, n))
        return getattr(made, "__path__", None)
    except BaseException:
        return None
    finally:
        signal.alarm(0)


def there(module, name):
    """Whether a name that is listed can be had."""
    try:
        getattr(module, name)
    except BaseException:
        return False
    return True


def walk(module, depth):
    """Go through a package's modules, as deep as six below it."""
    path = names(module)
    for info in pkgutil.iter_modules(list(path)) if path and depth <= 6 else ():
        if info[1] not in SKIP and not info[1].startswith("test_"):
            walk(module + "." + info[1], depth + 1)


signal.signal(signal.SIGALRM, stop)
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the modules print is no part of the answer
SKIP |= INNER.get(sys.argv[1], set())
del sys.path[0]  # this folder has programs named as the libraries are
if sys.argv[2:] == ["asked"]:  # names that other releases list: a module may give what it doesn't list
    for asked, listed in json.load(sys.stdin).items():
        names(asked)
        made = sys.modules.get(asked)
        found[asked] = [n for n in listed if made is not None and there(made, n)]
else:
    walk(sys.argv[1], 0)
json.dump({"python": "%d.%d.%d" % sys.version_info[:3], "modules": found}, answer)

"""Pickles functions by value, plain data in every protocol, joblib's compressions. For Python 3.6 and later."""

import os
import pickle
import sys

from each import apart, main, step

SOURCE = '''
import collections

FACTOR = 3


def plain(x):
    return x * FACTOR


def defaults(x, by=2, *more, plus=1):
    """Double it."""
    return x * by + plus


def caught(x):
    try:
        return 1 // x
    except ZeroDivisionError:
        return 0
    finally:
        x = None


def looped(x):
    total = 0
    for part in range(x):
        if part % 2:
            continue
        total += part
    return [total, *(p * 2 for p in range(x) if p > 1)]


def opened(x):
    with open("/dev/null") as file:
        return len(file.read()) + x


def enclosed(n):
    def inner(x):
        return [x * n + FACTOR for _ in range(2)]

    return inner


def made(x):
    return collections.OrderedDict(a=x)


class Model:
    """Multiplies."""

    scale = 2

    def __init__(self, by):
        self.by = by

    @property
    def both(self):
        return self.by * self.scale

    def predict(self, x):
        return [v * self.both for v in [x]]


short = lambda x: x + 1
'''
NAMES = {"__name__": "__main__"}
exec(compile(SOURCE, "notebook.py", "exec"), NAMES)
VALUES = {name: NAMES[name] for name in ("plain", "defaults", "caught", "looped", "opened", "made", "short")}
VALUES["enclosed"] = NAMES["enclosed"](2)
VALUES["object"] = NAMES["Model"](3)
VALUES["class"] = NAMES["Model"]
# What Python or the library says of byte code, or of names, before any of it runs.
REFUSED = ("TypeError: code", "TypeError: an integer is required (got", "TypeError: 'bytes' object cannot be interpreted",
           "AttributeError: Can't get attribute", "ModuleNotFoundError")  # fmt: skip
# What is executed although another Python compiled it: no two runs need fail alike.
UNDEFINED = "undefined: a crash, another result, or an error that has nothing to do with the code"
DATA = {"weights": [0.5, 1.5], "name": "linear", "classes": {"a", "b"}, "scale": 2.0, "call": len, "raw": b"abc" * 40}
COMPRESSED = {"plain": 0, "zlib": ("zlib", 3), "gzip": ("gzip", 3), "bz2": ("bz2", 3), "lzma": ("lzma", 3),
              "xz": ("xz", 3), "lz4": ("lz4", 3)}  # fmt: skip
OBJECTS = ["cloudpickle-%s" % name for name in VALUES] + ["dill-%s" % n for n in ("caught", "short", "object")]
OBJECTS += ["pickle-p%d" % protocol for protocol in range(6)] + ["joblib-%s" % how for how in COMPRESSED]


def write(name, path):
    way, _, what = name.partition("-")
    if way == "joblib":
        import joblib

        joblib.dump(DATA, path, compress=COMPRESSED[what])
        return
    if way == "pickle":
        data = pickle.dumps(DATA, protocol=int(what[1:]))
    else:
        data = __import__(way).dumps(VALUES[what], protocol=4)
    with open(path, "wb") as file:
        file.write(data)


def loaded(name, path):
    if name.startswith("joblib"):
        import joblib

        return joblib.load(path)
    with open(path, "rb") as file:
        return pickle.load(file)


def use(name, value):
    if isinstance(value, dict):
        assert value["call"]("abc") == 3, value
    elif name.endswith("object"):
        assert value.predict(2) == [12], value
    elif name.endswith("class"):
        assert value(3).predict(2) == [12], value
    else:
        own = VALUES[name.partition("-")[2]]
        for given in (4, 0):  # both ways through what branches
            assert value(given) == own(given), "%s is not %s" % (value(given), own(given))


def foreign(name, path):
    """Say whether it holds the byte code of another Python: what becomes of that may be another thing in each run."""
    written = os.path.basename(os.path.dirname(path)).partition("+")[0]
    return name.startswith(("cloudpickle", "dill")) and written != "%d.%d" % sys.version_info[:2]


def read(name, path):
    if not foreign(name, path):
        step("predict", use, name, step("load", loaded, name, path))
        return None
    for _ in range(3):  # what works must do so each time
        said = apart(lambda: step("predict", use, name, step("load", loaded, name, path)), seconds=10)
        if said.get("error"):
            return said if said["error"].startswith(REFUSED) else {"at": "predict", "error": UNDEFINED}
    return said


if __name__ == "__main__":
    for way in ("cloudpickle", "dill", "joblib"):
        __import__(way)
    main(write, read)

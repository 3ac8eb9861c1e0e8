"""Pickles arrays and what models keep beside them, in every protocol and by joblib. For Python 3.6 and later."""

import os
import pickle

from each import main, step

import numpy as np

VALUES = {
    "array": lambda: np.arange(6.0).reshape(2, 3),
    "fortran": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "empty": lambda: np.zeros((0, 3)),
    "objects": lambda: np.array(["a", 1, None], dtype=object),
    "record": lambda: np.zeros(3, dtype=[("a", "f4"), ("b", "i8")]),
    "words": lambda: np.array(["a", "b"]),
    "days": lambda: np.array(["2020-01-01"], dtype="datetime64[ns]"),
    "masked": lambda: np.ma.array([1, 2, 3], mask=[0, 1, 0]),
    "matrix": lambda: np.matrix([[1.0, 2.0]]),
    "scalar": lambda: np.float64(1.5),
    "dtype": lambda: np.dtype("f8"),
    "ufunc": lambda: np.add,
    "function": lambda: np.mean,
    "type": lambda: np.float32,
    "polynomial": lambda: np.poly1d([1.0, 2.0]),
    "RandomState": lambda: np.random.RandomState(0),
    "Generator": lambda: np.random.default_rng(0),
    "PCG64": lambda: np.random.PCG64(0),
    "MT19937": lambda: np.random.MT19937(0),
}
USES = {
    "ufunc": lambda v: v(1, 2),
    "function": lambda v: v([1, 2]),
    "polynomial": lambda v: v(2.0),
    "RandomState": lambda v: v.rand(2),
    "Generator": lambda v: v.random(2),
}
JOBLIB = ("array", "fortran", "objects", "record", "scalar", "RandomState", "Generator")
OBJECTS = ["%s-p%d.pkl" % (name, protocol) for name in VALUES for protocol in (2, 3, 4, 5)]
OBJECTS += ["%s.joblib" % name for name in JOBLIB] + ["array-zlib.joblib"]


def write(name, path):
    what, ending = os.path.splitext(name)
    what, _, how = what.partition("-")
    value = VALUES[what]()
    if ending == ".joblib":
        import joblib

        joblib.dump(value, path, compress=3 if how else 0)
        return
    data = pickle.dumps(value, protocol=int(how[1:]))  # nothing is written where this Python lacks the protocol
    with open(path, "wb") as file:
        file.write(data)


def loaded(path):
    if path.endswith(".joblib"):
        import joblib

        return joblib.load(path)
    with open(path, "rb") as file:
        return pickle.load(file)


def read(name, path):
    value = step("load", loaded, path)
    step("predict", repr, value)
    step("predict", USES.get(name.split("-")[0].split(".")[0], str), value)


if __name__ == "__main__":
    import joblib  # noqa: F401  (imported once, and not in each of the processes)

    main(write, read)

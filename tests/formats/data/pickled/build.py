"""
Makes the files beside it: ``python build.py FOLDER`` for each Python and set of packages that their names say.

pN.pkl: Python 3.11.7, scikit-learn 1.5.2, NumPy 2.1.3 (pickle protocol N). arrays.joblib and arrays.joblib.*: joblib
1.4.2 of the same, lz4 4.4.5. joblib094*: Python 3.7.16, NumPy 1.21.6, joblib 0.9.4. lambda-3.x.pkl:
cloudpickle 3.1.1 (2.2.1 for 3.7 and 3.8) of that Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(sys.argv[1])


def pipeline():
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = np.random.RandomState(0).rand(50, 3)
    return make_pipeline(StandardScaler(), LogisticRegression(C=2.0)).fit(data, data[:, 0] > 0.5)


def arrays():
    import numpy as np

    return {
        "first": np.arange(300.0).reshape(100, 3),
        "fortran": np.asfortranarray(np.arange(12, dtype="int32").reshape(3, 4)),
        "empty": np.zeros((0, 5)),
        "scalar": np.array(2.5),
        "words": np.array(["a", "bcd"]),
        "bytes": np.array([b"a", b"bcd"]),
        "flags": np.array([True, False]),
        "days": np.array(["2020-01-01"], dtype="datetime64[D]"),
        "complex": np.array([1 + 2j]),
        "half": np.zeros(7, dtype="float16"),
        "big": np.arange(5, dtype=">i8"),
        "record": np.zeros(3, dtype=[("a", "f4"), ("b", "i8"), ("c", "U3")]),
        "objects": np.array([{"a": 1}, None, "text", pipeline()], dtype=object),
        "records of objects": np.array([(1, "a")], dtype=[("a", "i4"), ("b", "O")]),
        "last": pipeline(),
    }


def main():
    import pickle

    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if "lambda" in sys.argv:
        import cloudpickle

        names = {"__name__": "__main__"}
        source = (
            "k = 3\ndef make(n):\n    def inner(x):\n        return [x * n + k for _ in range(2)]\n    return inner\n"
        )
        exec(compile(source, "notebook.py", "exec"), names)
        (FOLDER / f"lambda-{python}.pkl").write_bytes(cloudpickle.dumps(names["make"](2), protocol=4))
        return
    import joblib

    if joblib.__version__.startswith("0.9"):
        import numpy as np

        plain = {"weights": np.arange(300.0).reshape(100, 3), "name": "linear"}
        joblib.dump(plain, str(FOLDER / "joblib094.pkl"))
        joblib.dump(plain, str(FOLDER / "joblib094-compressed.pkl"), compress=3)
        return
    for protocol in range(6):
        (FOLDER / f"p{protocol}.pkl").write_bytes(pickle.dumps(pipeline(), protocol))
    joblib.dump(arrays(), FOLDER / "arrays.joblib")
    for how in ("zlib", "gzip", "bz2", "xz", "lzma", "lz4"):
        joblib.dump(arrays(), FOLDER / f"arrays.joblib.{how}", compress=(how, 3))
    for protocol in (2, 5):
        joblib.dump(arrays(), FOLDER / f"arrays-p{protocol}.joblib", protocol=protocol)


main()

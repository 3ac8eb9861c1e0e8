"""Pickles what models keep of pandas: frames, columns, indexes, dtypes, dates. For Python 3.6 and later."""

import pickle

from each import main, step

import pandas as pd

DAYS = pd.date_range("2020", periods=3, freq="D")
VALUES = {
    "DataFrame": lambda: pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]}),
    "DataFrame-text": lambda: pd.DataFrame({"a": ["x", "y"], "b": [3, 4]}),
    "DataFrame-numbered": lambda: pd.DataFrame([[1.0, 2.0], [3.0, 4.0]]),
    "DataFrame-days": lambda: pd.DataFrame({"v": [1, 2, 3]}, index=DAYS),
    "DataFrame-levels": lambda: pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])),
    "DataFrame-category": lambda: pd.DataFrame({"a": pd.Categorical(["x", "y", "x"])}),
    "Series": lambda: pd.Series([1.0, 2.0]),
    "Series-text": lambda: pd.Series(["a", "b"]),
    "Series-category": lambda: pd.Series(pd.Categorical(["x", "y", "x"])),
    "Series-category-numbers": lambda: pd.Series(pd.Categorical([1, 2])),
    "Series-days": lambda: pd.Series(DAYS),
    "Series-days-utc": lambda: pd.Series(pd.date_range("2020", periods=3, tz="UTC")),
    "Series-Int64": lambda: pd.Series([1, None], dtype="Int64"),
    "Series-string": lambda: pd.Series(["a", None], dtype="string"),
    "Series-boolean": lambda: pd.Series([True, None], dtype="boolean"),
    "Series-interval": lambda: pd.Series(pd.interval_range(0, 3)),
    "Series-period": lambda: pd.Series(pd.period_range("2020", periods=2, freq="M")),
    "Index-int": lambda: pd.Index([1, 5, 9]),
    "Index-float": lambda: pd.Index([1.0, 5.0]),
    "Index-text": lambda: pd.Index(["a", "b"]),
    "RangeIndex": lambda: pd.RangeIndex(5),
    "MultiIndex": lambda: pd.MultiIndex.from_tuples([(1, "a"), (2, "b")]),
    "DatetimeIndex": lambda: DAYS,
    "CategoricalDtype": lambda: pd.CategoricalDtype(["a", "b"]),
    "Timestamp": lambda: pd.Timestamp("2020-01-01"),
    "Timestamp-utc": lambda: pd.Timestamp("2020-01-01", tz="UTC"),
    "Timedelta": lambda: pd.Timedelta("1D"),
    "MonthEnd": lambda: pd.offsets.MonthEnd(),
    "Day": lambda: pd.offsets.Day(),
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
}
OBJECTS = ["%s-p%d" % (name, protocol) for name in VALUES for protocol in (4, 5)]


def write(name, path):
    what, _, protocol = name.rpartition("-p")
    data = pickle.dumps(VALUES[what](), protocol=int(protocol))
    with open(path, "wb") as file:
        file.write(data)


def loaded(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def use(value):
    repr(value)
    if isinstance(value, pd.DataFrame):
        value.copy() == value
        value.iloc[0]
    elif isinstance(value, pd.Series):
        value.copy() == value
        value.isna().any()
    elif isinstance(value, pd.Index):
        value.get_indexer([value[0]])


def read(name, path):
    step("predict", use, step("load", loaded, path))


if __name__ == "__main__":
    main(write, read)

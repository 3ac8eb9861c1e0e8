"""What the model files of LightGBM and CatBoost say."""

from __future__ import annotations

from typing import NamedTuple


class LightGBMFile(NamedTuple):
    r"""
    A model as LightGBM's ``save_model`` writes it: text.

    Args:
        version: of the text format: "v3" up to LightGBM 3, "v4" since; "" for one older than that.
        objective: "binary", "multiclass".
        features: columns of its input; 0 where nothing says.
        feature_names: in the order of its columns.
        classes: of a multi-class objective, else 1.
        trees: as many as the header announces.
        wrong: what stands where a tree should begin, None where all are in their places; "" for the file's end.
        wrong_tree: number of that tree.
        line_ends: "\n" or "\r\n".
    """

    version: str
    objective: str
    features: int
    feature_names: tuple[str, ...]
    classes: int
    trees: int
    wrong: str | None = None
    wrong_tree: int = -1
    line_ends: str = "\n"


class CatBoostFile(NamedTuple):
    """
    A model as CatBoost's ``save_model`` writes it: its binary format or JSON.

    Args:
        form: "cbm" or "json".
        loss: "Logloss", "RMSE"; "" where it wasn't found.
        float_features: how many numeric columns it was trained on.
        categorical_features: how many others.
        classes: of its prediction; 1 for regression and two classes.
    """

    form: str
    loss: str = ""
    float_features: int = 0
    categorical_features: int = 0
    classes: int = 1

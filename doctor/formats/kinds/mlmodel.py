"""What an MLflow model says of itself in its file ``MLmodel``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class MLmodel(NamedTuple):
    """
    The description of a model that MLflow saved.

    Args:
        mlflow_version: that wrote it; "" where it says none (before 1.14).
        flavors: the settings of each flavor by its name, texts alone.
        loader_module: of the flavor python_function; "" where it has none.
        files: (flavor, setting, path) of each file or folder beside MLmodel that a flavor names.
        environments: file by the name of its manager ("conda", "virtualenv").
        environment_is_mapping: whether ``env`` has one file for each manager, as MLflow writes from 2.0 on.
        columns: the keys that columns of its signature have, tensors aside.
        signature_problem: why the signature can't be read, "" where it can or there is none.
    """

    mlflow_version: str
    flavors: Mapping[str, Mapping[str, str]]
    loader_module: str = ""
    files: tuple[tuple[str, str, str], ...] = ()
    environments: Mapping[str, str] = {}
    environment_is_mapping: bool = False
    columns: tuple[str, ...] = ()
    signature_problem: str = ""

"""What MLflow's scoring server loads: the python_function flavour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.trials.probe.defaults import toolkit

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request


def load(request: Request) -> tuple[Any, str]:
    """Return the pyfunc model of the model's folder."""
    return of_folder(request.model_dir, "")


def of_folder(folder: str, said: str) -> tuple[Any, str]:
    """Return the pyfunc model of a folder, which reports name as ``said``."""
    import mlflow.pyfunc  # type: ignore[import-not-found,unused-ignore]

    version = toolkit.version("mlflow", "mlflow") or toolkit.version("mlflow-skinny")
    return mlflow.pyfunc.load_model(folder), "mlflow.pyfunc.load_model{} (MLflow {})".format(
        " of " + said if said else "", version
    )

"""The scikit-learn container has no default: it asks for a model_fn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doctor.trials.probe.request import Request


def load(request: Request) -> tuple[Any, str]:
    """Raise what the container raises where the script has no model_fn."""
    raise NotImplementedError(
        "Please provide a model_fn implementation. See documentation for model_fn at "
        "https://github.com/aws/sagemaker-python-sdk"
    )

"""Environments as users have them: requirements, a freeze, a virtual environment, conda, MLflow."""

from doctor.environments.reading import read

__all__ = ["read"]

"""Checks of the endpoint: its kind, limits, variables, network."""

"""Readers: bytes to values, without opinions and without importing any framework."""

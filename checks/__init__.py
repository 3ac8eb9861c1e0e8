"""The checks: one question each, one file each."""

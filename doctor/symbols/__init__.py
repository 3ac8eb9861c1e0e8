"""
Which modules and names are there: by the source of an environment, or by what measured releases have.

Nothing is imported. ``Symbols`` reads source with ``ast``; ``measured`` knows of names that came or went with versions.
"""

from doctor.symbols.values import Answer

__all__ = ["Answer"]

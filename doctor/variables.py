"""Names of environment variables: which of the known ones a name was probably meant to be."""

from __future__ import annotations

from doctor.facts import load

_SHORTEST = 7  # of a known name that another one may be a slip of the pen for


def meant(name: str) -> str:
    """Return the known name that a prefix, one letter, letter case or a plural tells from this one, "" for none."""
    facts = load("endpoint_variables")
    known, upper = facts["names"], name.upper()
    if name in known:
        return ""
    if upper in known:
        return upper
    for wrong, right in facts["prefixes"].items():
        if upper.startswith(wrong) and right + upper[len(wrong) :] in known:
            return str(right + upper[len(wrong) :])
    return next((k for k in known if len(k) >= _SHORTEST and _one_apart(upper, k)), "")


def _one_apart(left: str, right: str) -> bool:
    """Say whether two different words are the same but for one letter, or two that are swapped."""
    if left == right or abs(len(left) - len(right)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[start:], right[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:] and len(a) > 1
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped

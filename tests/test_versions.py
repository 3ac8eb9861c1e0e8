"""Specifiers as packaging understands them, whichever way they are decided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from doctor.versions import meets

NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
ENDINGS = st.sampled_from(["", "", "", "rc1", ".post1", ".dev0", "+cpu", "a1"])
PARTS = st.tuples(st.sampled_from([">=", "<=", "==", "<", ">", "!=", "~="]), NUMBERS).filter(
    lambda p: p[0] != "~=" or "." in p[1]
)


@given(NUMBERS, ENDINGS, st.lists(PARTS, max_size=3))
def test_meets_is_what_packaging_says(number, ending, parts):
    version = Version(number + ending)
    specifier = ",".join(operator + n for operator, n in parts)
    assert meets(version, specifier) == SpecifierSet(specifier).contains(version, prereleases=True)

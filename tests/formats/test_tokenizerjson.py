"""What tokenizer.json is made of, told from its bytes."""

from __future__ import annotations

from doctor.formats.tokenizerjson import merges_as_pairs, steps

FILE = b"""{"added_tokens": [{"content": "<s>"}],
 "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "_"}]},
 "pre_tokenizer": {"type": "Metaspace", "replacement": "_", %s"prepend_scheme": "always"},
 "post_processor": null, "decoder": {"type": "Fuse"},
 "model": {"type": "BPE", "vocab": {"a": 0}, "merges": [%s]}}"""


def test_steps_in_their_order():
    assert steps(FILE % (b"", b"")) == (
        "normalizer Sequence",
        "normalizer Prepend",
        "pre_tokenizer Metaspace without add_prefix_space",
        "decoder Fuse",
    )
    assert "pre_tokenizer Metaspace" in steps(FILE % (b'"add_prefix_space": true, ', b""))


def test_files_that_are_otherwise():
    assert steps(b"{}") == ()
    assert steps(b'{"model": 1, "decoder": 2, "normalizer": 3, "pre_tokenizer": 4, "post_processor": 5}') == ()


def test_merges():
    assert merges_as_pairs(FILE % (b"", b'["a", "b"]')) is True
    assert merges_as_pairs(FILE % (b"", b'"a b"')) is False
    assert merges_as_pairs(b"{}") is None

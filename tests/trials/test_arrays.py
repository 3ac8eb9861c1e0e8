"""Values of any framework as plain ones, examples of what a model takes, and errors that say which sizes are wanted."""

from __future__ import annotations

import collections
import math

import pytest

from doctor.trials.probe import arrays
from doctor.trials.probe.arrays import Array
from doctor.trials.probe.fields import varied
from doctor.trials.probe.inputs import samples
from doctor.trials.probe.inputs.layers import made
from doctor.trials.probe.inputs.making import example
from doctor.trials.probe.inputs.searching import Search, mended
from doctor.trials.probe.inputs.values import Column, Input, Signature, plain
from doctor.trials.shapes import rows

NAN = float("nan")


class Tensor:
    """An array as any framework has it: shape, dtype, tolist."""

    def __init__(self, flat, shape, dtype="float32"):
        self.flat, self.shape, self.dtype = flat, shape, dtype

    def ravel(self):
        return self

    def tolist(self):
        return self.flat


def signature(*inputs, way="torch", **more):
    return Signature(inputs, "", way, **more)


def test_nested_structures_are_described_by_name():
    pair = collections.namedtuple("pair", "logits states")
    value = pair(Tensor([1.0, 2.0], (1, 2)), [Tensor([1], (1,), "int64"), "text"])
    assert arrays.describe(value) == [
        {"name": "logits", "dtype": "float32", "shape": [1, 2]},
        {"name": "states.0", "dtype": "int64", "shape": [1]},
        {"name": "states.1", "dtype": "str", "shape": []},
    ]


def test_lists_of_numbers_are_one_array():
    assert arrays.describe({"x": [[1, 2], [3, 4]]}) == [{"name": "x", "dtype": "int64", "shape": [2, 2]}]


def test_equal_within_the_tolerance_of_the_dtype():
    assert arrays.equal(Tensor([1.0, NAN], (2,)), Tensor([1.00005, NAN], (2,)))
    assert not arrays.equal(Tensor([1.0], (1,)), Tensor([1.01], (1,)))
    assert arrays.equal(Tensor([1.0], (1,), "float16"), Tensor([1.005], (1,), "float16"))
    assert not arrays.equal(Tensor([1], (1,), "int64"), Tensor([2], (1,), "int64"))
    assert arrays.equal({"a": [1.0, 2.0]}, {"a": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ([1.0], [1.0, 2.0], "shapes [1] and [2]"),
        ({"a": 1}, {"b": 1}, "other names"),
        ({"a": 1.5}, {"a": 2.5}, "a: 1.5 and 2.5"),
        ("yes", "no", "'yes' and 'no'"),
        ([1.0, 2.0], [1.0, NAN], "2 and nan at element 1 of 2"),
    ],
)
def test_differences_are_told_in_words(one, other, said):
    assert arrays.difference(one, other) == said


def test_objects_that_hold_no_numbers_are_not_compared_by_address():
    assert arrays.equal({"cache": object()}, {"cache": object()})


def test_finite():
    assert arrays.finite({"a": [1.0, 2.0]})
    assert not arrays.finite({"a": [1.0, math.inf]})


@pytest.mark.parametrize(
    ("answer", "row"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], [[3.0, 4.0]]),
        ([{"label": "a", "score": 0.5}, {"label": "b", "score": 0.75}], [["b"], [0.75]]),
        ((Tensor([1.0, 2.0], (2, 1)), Tensor([3.0, 4.0], (2, 1))), [[2.0], [4.0]]),
        ({"p": [{0: 0.1}, {0: 0.9}]}, [[0.9]]),
    ],
)
def test_a_row_of_an_answer(answer, row):
    assert [leaf.flat for leaf in arrays.row_of(arrays.leaves(answer), 2, 1)] == row


def test_an_answer_without_rows_has_none():
    assert arrays.row_of(arrays.leaves(Tensor([1.0, 2.0, 3.0], (3,))), 2, 0) is None


def test_row_i_is_the_same_in_every_batch():
    taken = signature(made("x", ("batch", "features"), (1, 3)))
    whole = plain(example(taken, 3))
    assert [plain(example(taken, 1, first=i))[0] for i in range(3)] == whole
    assert whole[0] != whole[1]


def test_a_batch_may_be_the_second_dimension():
    taken = signature(made("x", ("time", "batch", "features"), (4, 1, 2)))
    (value,) = example(taken, 3).values
    assert value.shape == (4, 3, 2)
    assert value.flat[2:4] == example(taken, 1, first=1).values[0].flat[:2]


def test_variations():
    taken = signature(made("a", ("batch", "time"), (1, 4), "int64", "tokens", 7), made("b", ("batch",), (1,)))
    values = example(taken, 2, sizes={(0, 1): 6}, dtypes={1: "float64"}, nan=(1,)).values
    assert values[0].shape == (2, 6) and min(values[0].flat) > 0 and max(values[0].flat) < 7
    assert values[1].dtype == "float64" and math.isnan(values[1].flat[0])
    assert example(taken, 1, without=("a",)).names == ("b",)
    assert example(taken, 1, extra=("c",)).names == ("a", "b", "c")
    assert example(taken, 0).values[0].shape == (0, 4)


def test_tables_have_categories_that_were_seen():
    columns = (Column("size"), Column("colour", "str", ("red", "blue")))
    taken = signature(Input("X", "table", (None, 2), "table", ("batch", "columns"), (1, 2), 0, columns))
    table = example(taken, 9).values[0]
    assert {row[1] for row in table.rows} == {"red", "blue"}
    assert example(taken, 1, unseen=True).values[0].rows[0][1] == "never-seen-0"
    assert [c.name for c in example(taken, 1, without=("size",), extra=("more",)).values[0].columns] == [
        "colour",
        "more",
    ]


def test_masks_and_lengths_say_what_others_have():
    taken = signature(
        made("ids", ("batch", "time"), (1, 5), "int64", "tokens", 9),
        made("attention_mask", ("batch", "time"), (1, 5), "int64"),
        made("lengths", ("batch",), (1,), "int64"),
    )
    assert plain(example(taken, 1))["attention_mask"] == [[1] * 5]
    assert plain(example(taken, 1))["lengths"] == [5]


def test_a_sample_fits_by_name_and_rank():
    own = signature(made("a", ("batch", "features"), (1, 2)), made("b", ("batch", "time"), (1, 3), "int64"))
    sample = samples.Sample(b"", "application/json", "the sample", {"a": [1, 2], "b": [[4, 5]]})
    fitted = samples.fitted(sample, own)
    assert fitted.source.endswith("with the values of the sample")
    assert plain(example(fitted)) == {"a": [[1.0, 2.0]], "b": [[4, 5]]}
    odd = samples.Sample(b"", "application/json", "the sample", {"rows": [[1, 2, 3]]})
    assert "doesn't fit it as it is" in samples.fitted(odd, own).source


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        (b"a,b\n1,2\n", "text/csv", [[1.0, 2.0]]),
        (b"1,x\n", "text/csv", [[1.0, "x"]]),
        (b'{"a": 1}', "application/json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}\n{"a": 2}\n', "application/jsonlines", [{"a": 1}, {"a": 2}]),
    ],
)
def test_bodies_are_decoded_by_their_type(body, kind, value):
    assert samples.decoded(body, kind) == value


def test_numbers_in_an_error_are_sizes_to_try():
    given = (made("x", ("batch", "time", "features"), (1, 16, 8)),)
    changed = [c[0].sizes for c in mended(given, "The size of tensor a (16) must match the size of tensor b (50)")]
    assert changed[0] == (1, 50, 8)


def test_a_flattened_image_is_solved_from_the_matrices():
    given = (made("x", ("batch", "channels", "height", "width"), (1, 1, 224, 224)),)
    first = next(mended(given, "mat1 and mat2 shapes cannot be multiplied (2x44944 and 256x10)"))
    assert first[0].sizes[2:] in {(28, 28), (17, 17)}


def test_a_search_ends():
    def never(inputs):
        raise ValueError("expected 3, got 4")

    search = Search(never, 5.0)
    assert search.over([[made("x", ("batch", "features"), (1, 8))]]) is None
    assert search.tries < 100
    assert search.first == "ValueError: expected 3, got 4"


def test_fields_of_a_sample_are_shortened_left_out_and_added():
    value = {"a": [[1], [2], [3], [4], [5]], "b": [[1], [2], [3], [4], [5]], "unit": "m"}
    sample = samples.Sample(b"", "application/json", "the sample", value)
    found = dict(varied(sample))
    assert len(found["unequal lengths: a 3, b 5"]["a"]) == 3
    assert "unit" not in found["without unit"]
    assert "another_field" in found["with one field more"]
    assert list(varied(sample._replace(value=[[1, 2]]))) == []


def test_rows_for_people():
    dims = [{"says": "free"}, {"says": "multiple", "of": 32, "size": 224}, {"says": "fixed", "size": 3}]
    row = {"name": "x", "dtype": "float32", "kind": "image", "means": ["batch", "height", "channels"], "dims": dims}
    output = {"name": "", "dtype": "float32", "shape": ["batch", 10]}
    assert rows({"inputs": [{**row, "size": [1, 224, 3]}], "outputs": [output]}) == [
        ("input x", "float32", "(batch, height, 3)", "image; height a multiple of 32"),
        ("output", "float32", "(batch, 10)", ""),
    ]
    assert rows({"reason": "nobody knows"}) == [("inputs", "", "not found", "nobody knows")]
    assert rows({"inputs": "rubbish", "outputs": [3]}) == []


def test_lists_are_arrays_only_where_they_are_even():
    assert arrays.of_lists([[1, 2], [3]]) is None
    assert arrays.of_lists([[1, 2.5]]) == Array("float64", (1, 2), [1, 2.5])
    assert arrays.to_lists({"a": Tensor([1, 2], (2, 1))}) == {"a": [[1], [2]]}

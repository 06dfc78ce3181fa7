"""The language of schemas: sound values pass, each fault is one line with place, value and expectation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scrcl_geo._schema import check
from scrcl_geo._schema.arrays import Array, Column, Table, Weights
from scrcl_geo._schema.kinds import FLAG, NONE, Either, Entries, Items, Number, Record, Text

TABLE = Table({"group": Column(text=True), "scores": Column()})
PAIR = Record({"a": Number(0, 1)}, {"b": Text()}, closed=True)


def holes():
    x = np.ones((3, 2))
    x[1, 1] = np.nan
    return x


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, Number(0, 1, whole=True)),
        (np.float32(0.5), Number(0, 1)),
        (10**400, Number(0, math.inf)),
        ("a", Text(("a", "b"))),
        (np.True_, FLAG),
        (None, Either(NONE, Text())),
        (np.array(["a", "b"], dtype=object), Items(Text(), 2, unique=True)),
        ({"a": 1.0}, Entries(Number())),
        ({"a": 0.5}, PAIR),
        (np.ones((3, 2)), Array(("cells", None))),
        (holes(), Array(("cells", 2), finite=False)),
        (sparse.eye(3, format="csr"), Weights("cells")),
        (pd.DataFrame({"group": ["0"], "scores": [np.nan], "more": [object()]}), TABLE),
    ],
)
def test_sound_values_pass(value, kind):
    check(value, kind, "it", do="mend it", sizes={"cells": 3})


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (True, Number(), "it cannot be used: found True, not a number; mend it"),
        (math.nan, Number(0, 1), "found nan, not a number from 0 to 1"),
        (1.5, Number(1, whole=True), "found 1.5, not a whole number of at least 1"),
        (-(10**400), Number(0), "found a int, not a number of at least 0"),
        ("c", Text(("a", "b")), "found 'c', not one of 'a', 'b'"),
        ("\ud800", Text(), r"found '.*ud800', not text"),
        ("yes", FLAG, "found 'yes', not true or false"),
        (3, Either(NONE, Text()), "found 3, not null or text"),
        ({"a": 1}, Items(Text()), "found {'a': 1}, not a list"),
        (["a"], Items(Text(), 2), "found 1 entries, not 2"),
        (["a", "a"], Items(Text(), unique=True), "found an entry twice, not different ones"),
        ([["a"]], Items(Items(Number())), r"it\[0\]\[0\] cannot be used: found 'a', not a number"),
        ({"a": 2}, PAIR, r"it\['a'\] cannot be used: found 2, not a number from 0 to 1"),
        ({}, PAIR, "found none, not with 'a' among them"),
        ({"a": 1, "c": 1}, PAIR, "found 'c', not one of 'a', 'b'"),
        ([1], Entries(Number()), r"found \[1\], not a mapping"),
        (holes(), Array(("cells", 2)), "found values that are not finite"),
        (np.ones((3, 2)), Array(("cells",)), "found an array of 3 × 2, not 3"),
        (np.ones((2, 2)), Array(("cells", None)), "found an array of 2 × 2, not 3 × some"),
        (np.ones((3, 0)), Array((None, None)), "found an array of 3 × 0, not some × some"),
        (np.ones(3, complex), Array((3,)), "found an array of complex128, not of numbers"),
        (np.full(3, 7.0), Array((3,), most=1), "found values from 7 to 7"),
        (np.eye(3), Weights("cells"), "not a sparse matrix of numbers"),
        (-sparse.eye(3, format="csr"), Weights("cells"), "found values from -1 to"),
        (sparse.eye(2, format="csr"), Weights("cells"), "found a matrix of 2 × 2, not 3 × 3"),
        (pd.DataFrame({"group": ["0"]}), TABLE, "found columns 'group', not with 'scores'"),
        (pd.DataFrame({"group": [1], "scores": [1.0]}), TABLE, r"it\['group'\].*not of text"),
        (pd.DataFrame({"group": ["0"], "scores": ["x"]}), TABLE, r"it\['scores'\].*not of numbers"),
        (pd.DataFrame({"group": [], "scores": []}), TABLE, "found a table without rows"),
        (3, TABLE, "found 3, not a table"),
    ],
)
def test_each_fault_is_one_line(value, kind, message):
    with pytest.raises(ValueError, match=message) as error:
        check(value, kind, "it", do="mend it", sizes={"cells": 3})
    assert "\n" not in str(error.value)


def test_a_name_stands_for_one_length():
    pair = Record({"a": Array(("n",)), "b": Array(("n",))})
    check({"a": np.ones(4), "b": np.ones(4)}, pair, "it", do="")
    with pytest.raises(ValueError, match=r"it\['b'\].*found an array of 5, not 4"):
        check({"a": np.ones(4), "b": np.ones(5)}, pair, "it", do="")

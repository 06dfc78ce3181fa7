"""Every check of the values that users hand in: the whole message, and where the line runs."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from made import SQUARE, cells, in_space, named, of_matrix, pointing_out, with_value
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features import checks
from scrcl_geo._validate import ScrclInputError

NO_SPACE = "store coordinates there or run without space (spatial='no')."


REFUSED = {
    "missing key": (
        lambda: _validate.key({"a": 1}, "b", slot="uns"),
        "uns['b'] is missing: found 'a'; name an existing key of uns.",
    ),
    "missing key with remedy": (
        lambda: _validate.key({}, "b", slot="uns", do="run this"),
        "uns['b'] is missing: found none; run this.",
    ),
    "choice": (
        lambda: _validate.one_of("x", "c", ("a", "b")),
        "x is not known: found 'c'; choose one of 'a', 'b'.",
    ),
    "at least": (
        lambda: _validate.at_least("x", 1, 2),
        "x is too small: found 1; choose a number of at least 2.",
    ),
    "below": (
        lambda: _validate.within("x", -1, 0, 5),
        "x is out of range: found -1; choose a number from 0 to 5.",
    ),
    "above": (
        lambda: _validate.within("x", 6, 0, 5),
        "x is out of range: found 6; choose a number from 0 to 5.",
    ),
    "positive": (
        lambda: _validate.positive("x", 0),
        "x is not positive: found 0; choose a number above zero.",
    ),
    "unique": (
        lambda: _validate.unique("names", ["a", "a"]),
        "names are not unique: found 'a', 'a'; name each differently.",
    ),
    "clusters": (
        lambda: _validate.n_clusters(5, 4),
        "fewer cells than clusters: found 4 cells for n_clusters=5; choose fewer clusters.",
    ),
    "one cluster": (
        lambda: _validate.n_clusters(1, 4),
        "n_clusters is too small: found 1; choose a number of at least 2.",
    ),
    "cells named alike": (
        named(["a", "a", "b", "b", "c", "c", "d", "d"], "abc"),
        "cell names are not unique: found 'a', 'b', 'c' and 1 more; call adata.obs_names_make_unique().",
    ),
    "genes named alike": (
        named("abcd", "aab"),
        "gene names are not unique: found 'a'; call adata.var_names_make_unique().",
    ),
    "damaged name": (
        named("abcd", ["a", "b\0", "c"]),
        "gene names hold a null character: found a damaged name; rename it.",
    ),
    "samples": (
        lambda: checks.samples(cells(obs={"slide": ["a", None, "b", None]}), "slide"),
        "obs['slide'] must name the sample of every cell: found 2 of 4 without one; "
        "fill it or drop the cells.",
    ),
    "no X": (
        of_matrix(ad.AnnData(obs=pd.DataFrame(index=["a"]))),
        "X is empty: found no matrix; store the counts in X or name a layer.",
    ),
    "no layer": (
        of_matrix(np.ones((4, 3)), "raw"),
        "layers['raw'] is missing: found none; name an existing key of layers.",
    ),
    "small": (
        of_matrix(np.ones((1, 3))),
        "X is too small: found 1 cells and 3 genes; at least 2 cells and 2 genes are needed.",
    ),
    "text": (
        of_matrix(np.full((4, 3), "a", dtype=object)),
        "X does not hold numbers: found dtype object; store numbers.",
    ),
    "not finite": (
        of_matrix(with_value(np.nan)),
        "X holds values that are not finite: found 1 NaN and 0 infinite; remove or impute them.",
    ),
    "enormous": (
        of_matrix(with_value(-2e15)),
        "X holds values out of range: found 2e+15; check the file or rescale.",
    ),
    "zero": (
        of_matrix(np.zeros((4, 3))),
        "X is all zero: found 4 empty cells; check the file or the layer.",
    ),
    "no coordinates": (
        lambda: checks.coordinates(cells(), "spatial"),
        f"obsm['spatial'] is missing: found none; {NO_SPACE}",
    ),
    "one column": (
        in_space([[0.0], [1.0], [2.0], [3.0]]),
        f"obsm['spatial'] does not hold coordinates: found float64 (4, 1); {NO_SPACE}",
    ),
    "text in space": (
        in_space(SQUARE.astype("U3")),
        f"obsm['spatial'] does not hold coordinates: found <U3 (4, 2); {NO_SPACE}",
    ),
    "NaN in space": (
        in_space(np.where(SQUARE == 1, np.nan, SQUARE)),
        f"obsm['spatial'] is not finite: found 3 cells without coordinates; {NO_SPACE}",
    ),
    "one NaN in a place": (
        in_space([[0, np.nan], [0, 1], [1, 0], [1, 1]]),
        f"obsm['spatial'] is not finite: found 1 cells without coordinates; {NO_SPACE}",
    ),
    "one place": (
        in_space(np.tile([1.0, 2.0], (4, 1))),
        f"obsm['spatial'] is constant: found one position for all cells; {NO_SPACE}",
    ),
    "too wide": (
        in_space(SQUARE * 1e150),
        f"obsm['spatial'] has distances out of range: found an extent of 1e+150; {NO_SPACE}",
    ),
    "too narrow": (
        in_space(SQUARE * 1e-100),
        f"obsm['spatial'] has distances out of range: found an extent of 1e-100; {NO_SPACE}",
    ),
}


@pytest.mark.parametrize(("call", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_the_whole_message(call, message):
    with pytest.raises(ScrclInputError) as error:
        call()
    assert str(error.value) == message


def test_a_sparse_matrix_that_points_out_of_its_arrays():
    words = (
        "^X is no valid sparse matrix: found .*<.*; check that the file is complete.$"  # SciPy's in between
    )
    with pytest.raises(ScrclInputError, match=words):
        of_matrix(pointing_out())()


def test_what_lies_on_the_line_is_taken():
    _validate.at_least("x", 2, 2)
    for value in (0, 5):
        _validate.within("x", value, 0, 5)
    _validate.n_clusters(4, 4)
    _validate.n_clusters(2, 4)
    checks.data_matrix(ad.AnnData(with_value(1e15)), None)
    checks.data_matrix(ad.AnnData(np.ones((2, 2))), None)
    assert in_space(SQUARE * 1e149)().max() == 1e149
    assert in_space(SQUARE * 1e-99)().max() == 1e-99


def test_coordinates_may_be_whole_numbers_and_share_rows_or_columns():
    line = in_space(np.array([[5, 0], [5, 1], [5, 2], [5, 3]]))()
    assert line.dtype == np.float64
    diagonal = in_space(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]))()
    assert diagonal.shape == (4, 2)
    single = in_space(SQUARE.astype(np.float32))()
    assert single.dtype == np.float64
    far = np.array([[0.0, 1e160], [1.0, 1e160], [0.5, 1e160], [0.2, 1e160]])
    assert np.array_equal(in_space(far)(), far)  # the extent counts, not the place


def test_shown_cuts_long_lists():
    assert _validate.shown([]) == "none"
    assert _validate.shown("abcdefgh") == "'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'"
    assert _validate.shown("abcdefghij").endswith("'h' and 2 more")
    assert _validate.shown("abc", 2) == "'a', 'b' and 1 more"


def test_stored_values_are_flat():
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(checks.stored_values(x), np.arange(6.0))
    for layout in (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix):
        assert sorted(checks.stored_values(layout(x))) == [1, 2, 3, 4, 5]
    matrix = sparse.csr_matrix(x)
    assert checks.stored_values(matrix) is matrix.data

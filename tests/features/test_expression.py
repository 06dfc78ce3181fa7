"""Expression of the genes in use, as it was when they were chosen."""

import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo._features.expression import read_expression
from scrcl_geo._validate import ScrclInputError


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "X holds values that are not finite: found 1 NaN"),
        (np.inf, "X holds values that are not finite"),
        (-1.0, "X has changed since its graph was made: found -1 among counts; run sg.pp.graph"),
    ],
)
def test_values_that_changed_since_are_refused(value, message):
    adata = sg.datasets.toy(n_slides=1, n_cells=100, n_genes=60)
    sg.pp.select_genes(adata)
    adata.X = adata.X.toarray()
    adata.X[3, int(np.flatnonzero(adata.var["scrcl_used"])[0])] = value
    with pytest.raises(ScrclInputError, match=message):
        read_expression(adata)

"""Scale factors that are no factors."""

import anndata
import numpy as np

from scrcl_geo._files.readers._units import _scales


def test_numbers_that_no_float_holds_are_no_factors():
    factors = {"large": 10**400, "nan": float("nan"), "inf": float("inf"), "none": 0, "text": "2", "one": 1}
    adata = anndata.AnnData(np.ones((1, 1), np.float32), uns={"spatial": {"a": {"scalefactors": factors}}})
    assert _scales(adata) == {"one": 1.0}

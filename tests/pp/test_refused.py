"""Input that no graph can be built from: one line, and nothing written."""

import numpy as np
import pytest

import scrcl_geo as sg


def small(**options):
    return sg.datasets.toy(n_slides=1, n_cells=80, n_genes=60, **options)


def corrupted(change):
    adata = small()
    adata.X = adata.X.toarray()
    change(adata)
    return adata


def set_value(value):
    return lambda adata: adata.X.__setitem__((0, 0), value)


BAD = {
    "NaN": (set_value(np.nan), "X holds values that are not finite: found 1 NaN and 0 infinite"),
    "infinite": (
        set_value(np.inf),
        "X holds values that are not finite: found 0 NaN and 1 infinite",
    ),
    "negative counts": (set_value(-1), "counts are negative: found 1 of "),
    "all zero": (lambda a: setattr(a, "X", np.zeros(a.shape)), "X is all zero"),
    "constant space": (lambda a: a.obsm.__setitem__("spatial", np.ones((80, 2))), "is constant"),
    "space beyond squares": (
        lambda a: a.obsm["spatial"].__imul__(1e160),
        "an extent of",
    ),
    "space below squares": (lambda a: a.obsm["spatial"].__imul__(1e-200), "an extent of"),
    "NaN in space": (lambda a: a.obsm["spatial"].__setitem__((0, 0), np.nan), "is not finite"),
    "one column in space": (
        lambda a: a.obsm.__setitem__("spatial", np.ones((80, 1))),
        "does not hold coordinates",
    ),
    "same names": (
        lambda a: setattr(a, "obs_names", ["x"] * 80),
        "cell names are not unique: found 'x'",
    ),
    "text": (lambda a: setattr(a, "X", a.X.astype(object)), "X does not hold numbers"),
}


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_and_nothing_written(case):
    change, message = BAD[case]
    adata = corrupted(change)
    keys = set(adata.obsm), set(adata.uns), set(adata.var)
    with pytest.raises(ValueError, match=message):
        sg.pp.graph(adata)
    assert (set(adata.obsm), set(adata.uns), set(adata.var)) == keys


def test_single_cell_and_single_gene_are_refused():
    with pytest.raises(ValueError, match="X is too small: found 1 cells and 60 genes"):
        sg.pp.graph(small()[:1].copy())
    with pytest.raises(ValueError, match="X is too small: found 80 cells and 1 genes"):
        sg.pp.graph(small()[:, :1].copy())


def test_unknown_arguments_list_the_choices():
    with pytest.raises(ValueError, match="values is not known: found 'x'; choose one of 'auto', 'counts'"):
        sg.pp.graph(small(), values="x")
    with pytest.raises(ValueError, match=r"layers\['x'\] is missing: found none"):
        sg.pp.graph(small(), layer="x")
    with pytest.raises(ValueError, match=r"obs\['x'\] is missing: found 'domain', 'slide'"):
        sg.pp.graph(small(), batch_key="x")

"""Genes are shown by their symbols where the names are identifiers."""

import pandas as pd
import pytest

import scrcl_geo as sg
from scrcl_geo._features.symbols import gene_positions, gene_symbols
from scrcl_geo._pipeline.summary import clusters


def test_symbols_stand_in_for_identifiers():
    var = pd.DataFrame({"feature_name": ["CD3E", None, "", "MS4A1"]}, index=["E1", "E2", "E3", "E4"])
    assert gene_symbols(var).tolist() == ["CD3E", "E2", "E3", "MS4A1"]
    var["feature_name"] = var["feature_name"].astype("category")
    assert gene_symbols(var).tolist() == ["CD3E", "E2", "E3", "MS4A1"]
    assert gene_symbols(var[[]]) is None


def test_results_name_them():
    adata = sg.datasets.toy(n_slides=1, n_cells=80, n_genes=60)
    symbols = [f"Gene{i}" for i in range(60)]
    adata.var["gene_symbols"] = symbols
    sg.pp.graph(adata)
    adata.obs["scrcl"] = adata.obs["domain"]
    table = sg.tl.associations(adata, use_rep="X_scrcl_pca")
    assert table["symbols"].tolist() == [symbols[adata.var_names.get_loc(name)] for name in table["names"]]
    assert table["symbols"].iloc[0] in clusters(adata, 3)


def test_a_gene_goes_by_its_name_or_a_symbol_of_its_own():
    var = pd.DataFrame(
        {"symbol": ["CD3E", "MS4A1", "DUP", "DUP", "E1"]}, index=["E1", "E2", "E3", "E4", "E5"]
    )
    found = gene_positions(var, ["E2", "CD3E", "DUP", "none", "E1", "E4"])
    assert found.tolist() == [1, 0, -1, -1, 0, 3]
    assert gene_positions(var[[]], ["E2", "CD3E"]).tolist() == [1, -1]


@pytest.fixture(scope="module")
def named():
    adata = sg.datasets.toy(n_slides=1, n_cells=80, n_genes=60)
    adata.var["gene_symbols"] = [f"Gene{i}" for i in range(60)]
    sg.pp.graph(adata)
    adata.obs["scrcl"] = adata.obs["domain"]
    sg.tl.associations(adata, use_rep="X_scrcl_pca")
    return adata


@pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries
@pytest.mark.parametrize("swap", [False, True])
def test_dots_are_labelled_by_symbols(named, swap):
    axes = sg.pl.dotplot(named, n_genes=2, swap_axes=swap)
    labels = axes.get_yticklabels() if swap else axes.get_xticklabels()
    top = named.uns["scrcl_associations"].groupby("group", sort=False).head(2)
    assert {label.get_text() for label in labels} == set(top["symbols"])


@pytest.mark.filterwarnings("ignore")
def test_a_gene_is_drawn_by_its_symbol(named):
    table = named.uns["scrcl_associations"]
    by_symbol = sg.pl.gene(named, table["symbols"].iloc[0], use_rep="X_scrcl_pca")[0].collections[0]
    by_name = sg.pl.gene(named, table["names"].iloc[0], use_rep="X_scrcl_pca")[0].collections[0]
    assert (by_symbol.get_array() == by_name.get_array()).all()


def test_markers_are_written_by_symbol_or_name(named):
    table = named.uns["scrcl_associations"]
    tops = {f"type {group}": part.head(4) for group, part in table.groupby("group", sort=False)}
    by_name = sg.tl.annotate(named, {name: list(part["names"]) for name, part in tops.items()})
    by_symbol = sg.tl.annotate(named, {name: list(part["symbols"]) for name, part in tops.items()})
    pd.testing.assert_frame_equal(by_name, by_symbol)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("draw", [sg.pl.spatial, sg.pl.umap])
def test_cells_are_coloured_by_a_symbol(named, draw):
    named.obsm["X_scrcl_umap"] = named.obsm["X_scrcl_pca"][:, :2]
    by_symbol, by_name = (draw(named, color=color) for color in ("Gene3", named.var_names[3]))
    drawn = [next(c for c in axes.collections if c.get_array() is not None) for axes in (by_symbol, by_name)]
    assert (drawn[0].get_array() == drawn[1].get_array()).all()
    assert by_symbol.get_title() == "Gene3"

"""Genes are shown by their symbols where the names are identifiers."""

import pandas as pd

import scrcl_geo as sg
from scrcl_geo._features.symbols import gene_symbols
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

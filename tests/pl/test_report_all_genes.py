"""Every gene of a result is in the page, exactly, and packed small."""

import base64
import zlib

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scrcl_geo.pl._log_values import depth, log_values
from scrcl_geo.pl._report import _all_genes, _source


def source_of(counts, **kwargs):
    obs = pd.DataFrame(index=[f"c{i}" for i in range(len(counts))])
    adata = ad.AnnData(sparse.csr_matrix(counts.astype("f4")), obs=obs)
    adata.var_names = [f"g{i}" for i in range(adata.n_vars)]
    adata.obs["scrcl"] = pd.Categorical(np.where(np.arange(len(counts)) % 2, "0", "1"))
    adata.obsm["X_umap"] = np.zeros((len(counts), 2))
    names = [f"g{i}" for i in (3, 1, 4, 3)]
    adata.uns["scrcl_associations"] = pd.DataFrame({"group": list("0011"), "names": names, "scores": 1.0})
    for slot, value in kwargs.items():
        adata.var[slot] = value
    return _source.read(adata, "scrcl", None, 200_000, 0)


def packed(source, n_genes=2):
    return _all_genes.store(source, n_genes, depth(source.adata))


def unpacked(store, n_cells):
    """Expression as the page reads it, one byte at a time; missing where the page holds none."""
    index = store.index
    gaps = np.frombuffer(base64.b64decode(index["gaps"]), "<u4")
    low, high = (np.frombuffer(base64.b64decode(index[key]), "<f4") for key in ("low", "high"))
    sample = index["sample"] and np.frombuffer(base64.b64decode(index["sample"]), "<u4")
    found = {}
    for b, code in enumerate(store.blocks):
        genes = range(b * index["block"], min((b + 1) * index["block"], len(index["names"])))
        content = zlib.decompress(base64.b64decode(code))
        gap, value = 0, sum(gaps[g] for g in genes)
        for g in genes:
            held = np.arange(n_cells) if sample is None or g < len(index["owners"]) else sample
            steps = np.full(n_cells, -1.0)
            steps[held] = 0 if high[g] == low[g] else round(254 * -low[g] / (high[g] - low[g]))
            cell = -1
            for byte in content[gap : gap + gaps[g]]:
                cell += byte
                if byte < 255:
                    cell += 1
                    steps[held[cell]] = content[value]
                    value += 1
            gap += gaps[g]
            expression = low[g] + steps / 254 * (high[g] - low[g])
            found[index["names"][g]] = np.where(steps < 0, np.nan, expression)
        assert value == len(content)
    return pd.DataFrame(found)


def test_all_genes_come_back():
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.3, (900, 70))
    counts[:, 5] = 0
    counts[:, 6] = 0
    counts[[0, 511, 899], 6] = 3  # gaps of more than one byte, and of exactly two
    source = source_of(counts)
    store = packed(source)
    assert store.index["sample"] is None
    assert len(store.blocks) == 3
    found = unpacked(store, 900)
    truth = log_values(source.adata, list(source.adata.var_names)).toarray()
    error = np.abs(found[list(source.adata.var_names)].to_numpy() - truth)
    assert (error <= truth.max(axis=0) / 254 / 2 + 1e-5).all()
    assert ((found[list(source.adata.var_names)].to_numpy() > 0) == (truth > 0)).all()


def test_genes_of_the_clusters_come_first_with_their_owner():
    index = packed(source_of(np.random.default_rng(0).poisson(1, (40, 8)))).index
    assert index["names"] == ["g3", "g1", "g4", "g0", "g2", "g5", "g6", "g7"]
    assert index["owners"] == [0, 0, 1]


def test_of_many_values_a_sample_of_cells_is_held_but_for_the_clusters_genes(monkeypatch):
    counts = np.random.default_rng(0).poisson(1, (600, 40))
    monkeypatch.setattr(_all_genes, "_VALUES", (counts > 0).sum() // 4)
    source = source_of(counts)
    store = packed(source)
    found = unpacked(store, 600)
    assert found[["g1", "g3", "g4"]].notna().all(axis=None)
    others = found.drop(columns=["g1", "g3", "g4"])
    assert others.notna().sum().between(149, 150).all()
    truth = log_values(source.adata, list(others)).toarray()
    held = others.notna().to_numpy()
    assert np.abs(others.to_numpy() - truth)[held].max() <= truth.max() / 254


@pytest.mark.parametrize("negative", [True, False])
def test_scaled_values_keep_their_sign(negative):
    values = np.random.default_rng(0).normal(size=(50, 9)) + (0 if negative else 9)
    source = source_of(values)
    source.adata.uns["scrcl_graph"] = {"values": "scaled", "layer": ""}
    found = unpacked(packed(source), 50)
    truth = log_values(source.adata, list(found)).toarray()
    span = np.maximum(truth.max(axis=0), 0) - np.minimum(truth.min(axis=0), 0)
    assert (np.abs(found.to_numpy() - truth) <= span / 254 + 1e-5).all()


def test_other_names_of_genes_are_held_in_the_same_order():
    source = source_of(np.ones((30, 6)), gene_symbol=[f"symbol {i}" for i in range(6)])
    index = packed(source).index
    assert index["aliases"] == [name.replace("g", "symbol ") for name in index["names"]]


def test_five_thousand_cells_and_eight_thousand_genes_fit_in_the_budget():
    counts = sparse.random(5000, 8000, density=0.1, format="csr", random_state=0, dtype=np.float32)
    counts.data = np.ceil(3 * counts.data)
    source = source_of(np.ones((5000, 6)))
    adata = ad.AnnData(counts, obs=source.adata.obs, obsm=source.adata.obsm)
    source = _source.read(adata, "scrcl", None, 200_000, 0)
    assert sum(map(len, packed(source).blocks)) < 15e6  # beside 5 MB of Plotly and 3 of the rest

"""What the numbers of a matrix are, told from the numbers."""

import logging

import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo._features.values import detect_values


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    return rng.poisson(rng.gamma(0.5, 8.0, (80, 1)) * rng.gamma(0.5, 2.0, 60)).astype(np.float64)


def normalized(counts):
    return counts * 1e4 / counts.sum(axis=1, keepdims=True).clip(1)


def less_background(counts):
    share = counts.sum(axis=0) / counts.sum()
    return np.maximum(counts - 0.1 * counts.sum(axis=1, keepdims=True) * share, 0)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda x: x, "counts"),
        (lambda x: x * (1 + 1e-7), "counts"),
        (lambda x: x.astype(np.float32) * np.float32(1 + 1e-6), "counts"),
        (less_background, "counts"),
        (normalized, "normalized"),
        (lambda x: normalized(x)[:, :30], "normalized"),
        (lambda x: np.log1p(normalized(x)), "log"),
        (lambda x: x - x.mean(axis=0) + 0.5, "scaled"),
    ],
    ids=["counts", "rounded", "float32", "less background", "normalised", "some genes", "log", "centred"],
)
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix])
def test_kinds_are_told(counts, make, kind, form):
    assert detect_values(form(make(counts))) == kind


@pytest.mark.parametrize("value", [-1e-9, -0.3])
def test_a_stray_negative_value_is_refused_by_name(counts, value):
    adata = sg.datasets.toy(n_slides=1, n_cells=100)
    adata.X = sparse.csr_matrix(adata.X)
    adata.X.data[3] = value
    with pytest.raises(
        ValueError, match=rf"negative: found 1 of .*, the smallest {value:g}; set them to zero"
    ):
        sg.pp.select_genes(adata)
    sg.pp.select_genes(adata, values="scaled")
    assert adata.uns["scrcl_graph"]["values"] == "scaled"


def test_the_evidence_is_said(counts, caplog):
    adata = sg.datasets.toy(n_slides=1, n_cells=100)
    adata.X = less_background(adata.X.toarray() * 20)
    with caplog.at_level(logging.INFO, logger="scrcl_geo"):
        sg.pp.select_genes(adata)
    assert "look like counts (fractions, library sizes differ" in caplog.text
    assert "target_sum" in adata.uns["scrcl_graph"]

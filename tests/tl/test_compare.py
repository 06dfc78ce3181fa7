"""Conditions: a doubled domain is found, nothing is found in nothing, and cells are never replicates."""

import logging

import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg
from benchmarks.compare import samples
from scrcl_geo.tl._shares import log_ratios, pvalues, relabellings, statistics


def compare(adata):
    return sg.tl.compare(adata, "condition", "sample", groupby="domain").set_index("group")


def test_a_doubled_domain_is_found_and_it_alone():
    adata = samples(0, fold=2.0, spread=0.1)
    table = compare(adata)
    assert table.index[table["pvals_adj"] < 0.05].tolist() == ["d0"]
    assert table.loc["d0", "pvals_adj"] == pytest.approx(2 / 70)
    assert table.loc["d0", "log2_change"] == pytest.approx(1, abs=0.3)
    assert (table["log2_ratio"].drop("d0") < 0).all()  # the shares of the others fall
    assert table["log2_change"].drop("d0").abs().max() < 0.3  # beside the median, they do not change
    shares = adata.uns["scrcl_shares"]
    assert len(shares) == 8 * 5
    assert shares.groupby("sample")["share"].sum().round(9).eq(1).all()


def test_nothing_planted_is_found_at_most_as_often_as_the_level():
    """All of 200 draws of counts; the exact test calls 2 in 70 of these in the long run."""
    called = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sizes = np.exp(rng.normal(0, 0.2, (8, 5)))
        counts = np.array([rng.multinomial(1500, own / own.sum()) for own in sizes])
        ways = relabellings(np.arange(8) < 4, seed=0)
        called += (pvalues(statistics(log_ratios(counts), ways)[1])[1] < 0.05).any()
    assert called <= 10


def test_relabellings_are_all_or_a_draw_with_the_real_one_first():
    real = np.array([False, True, True, False, True, False, True, False])
    ways = relabellings(real, seed=0)
    assert ways.shape == (70, 8)
    assert (ways[0] == real).all()
    assert len(np.unique(ways, axis=0)) == 70
    many = relabellings(np.arange(30) < 15, seed=1)
    assert many.shape == (10_000, 30)
    assert (many.sum(axis=1) == 15).all()
    assert (many[0] == (np.arange(30) < 15)).all()


def test_adjusted_pvalues_are_of_the_largest_statistic_step_by_step():
    t = np.array([[3.0, -2.0, 0.1], [1.0, 2.5, 0.2], [-0.5, 0.3, -4.0], [0.1, 0.2, 0.05]])
    raw, adjusted = pvalues(t)
    assert raw.tolist() == [0.25, 0.5, 0.75]
    assert adjusted.tolist() == [0.5, 0.75, 0.75]  # 3: twice as large; 2: thrice, without the first; 0.1


def test_the_order_of_cells_and_the_names_of_groups_do_not_matter():
    adata = samples(3, fold=2.0)
    table = compare(adata)
    shuffled = adata[np.random.default_rng(0).permutation(adata.n_obs)].copy()
    pd.testing.assert_frame_equal(compare(shuffled), table)
    swapped = sg.tl.compare(adata, "condition", "sample", groupby="domain", reference="treated")
    swapped = swapped.set_index("group").loc[table.index]
    np.testing.assert_allclose(swapped["log2_change"], -table["log2_change"])
    np.testing.assert_allclose(swapped["pvals_adj"], table["pvals_adj"])


def test_too_few_samples_are_told(caplog):
    adata = samples(0, fold=4.0, n_samples=3)
    with caplog.at_level(logging.WARNING, logger="scrcl_geo"):
        table = compare(adata)
    assert "3 and 3 samples give no p-value below 0.10" in caplog.text
    assert table["pvals_adj"].min() >= 0.1
    with pytest.raises(ValueError, match="cells are no replicates"):
        compare(samples(0, n_samples=1, n_other=4))


def test_what_is_no_comparison_is_refused():
    adata = samples(0)
    with pytest.raises(ValueError, match="must hold two conditions"):
        sg.tl.compare(adata, "domain", "sample", groupby="condition")
    with pytest.raises(ValueError, match="are in both conditions"):
        sg.tl.compare(adata, "condition", "domain", groupby="sample")
    with pytest.raises(ValueError, match="reference is not known: found 'placebo'"):
        sg.tl.compare(adata, "condition", "sample", groupby="domain", reference="placebo")
    adata.obs["one"] = "all"
    with pytest.raises(ValueError, match="nothing to compare"):
        sg.tl.compare(adata, "condition", "sample", groupby="one")

"""Rank sums of genes in clusters: the statistic, and p-values that hold for labels drawn at random."""

from itertools import combinations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

import scrcl_geo as sg
from scrcl_geo._associations import rank_sums as module
from scrcl_geo._associations.rank_sums import rank_sums


def counts(rate, shape, seed=0):
    return sparse.csr_matrix(np.random.default_rng(seed).poisson(rate, shape).astype(float))


def labels_of(n_cells, size, rng):
    """A cluster of ``size`` random cells, the second of two."""
    labels = np.zeros(n_cells, int)
    labels[rng.permutation(n_cells)[:size]] = 1
    return labels


def test_one_sample_gives_the_rank_sum_test():
    x = counts(1.0, (400, 5))  # many ties and zeros
    labels = (np.arange(400) < 150).astype(int)
    found = rank_sums(x, labels, 2)
    dense = x.toarray()
    expected = stats.mannwhitneyu(
        dense[:150], dense[150:], alternative="greater", use_continuity=False, method="asymptotic"
    )
    np.testing.assert_allclose(found.pvalue[:, 1], expected.pvalue, rtol=0.01)
    effect = expected.statistic - 150 * 250 / 2
    np.testing.assert_allclose(found.score[:, 1], effect / np.sqrt(150 * 250 * 401 / 12), rtol=1e-6)


@pytest.mark.parametrize("in_samples", [False, True])
def test_genes_of_many_values_come_some_at_a_time(in_samples, monkeypatch):
    x, labels = counts(1.0, (60, 23)), np.arange(60) % 3
    samples = np.arange(60) // 30 if in_samples else None
    expected = rank_sums(x, labels, 3, samples)
    monkeypatch.setattr(module, "_GENES", 2)
    monkeypatch.setattr(module, "_SORTED", 200)  # of some 870 values
    found = rank_sums(x, labels, 3, samples)
    np.testing.assert_allclose(found.score, expected.score, rtol=1e-12)
    np.testing.assert_allclose(found.pvalue, expected.pvalue, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_few_cells_are_counted_exactly(size):
    x = counts(0.7, (14, 6))
    labels = labels_of(14, size, np.random.default_rng(1))
    ranks = stats.rankdata(x.toarray(), axis=0)
    groups = np.array([ranks[list(group)].sum(axis=0) for group in combinations(range(14), size)])
    expected = (groups >= ranks[labels == 1].sum(axis=0) - 1e-9).mean(axis=0)
    np.testing.assert_allclose(rank_sums(x, labels, 2).pvalue[:, 1], expected, rtol=1e-6)


def test_a_few_cells_of_two_samples_are_counted_within_each():
    x = counts(0.7, (13, 6))
    samples = np.repeat([0, 1], [6, 7])
    labels = np.zeros(13, int)
    labels[[2, 8, 9]] = 1
    ranks = np.concatenate(
        [stats.rankdata(x.toarray()[samples == b], axis=0) / ((samples == b).sum() + 1) for b in (0, 1)]
    )
    groups = np.array(
        [ranks[[i, *pair]].sum(axis=0) for i in range(6) for pair in combinations(range(6, 13), 2)]
    )
    expected = (groups >= ranks[labels == 1].sum(axis=0) - 1e-9).mean(axis=0)
    found = rank_sums(x, labels, 2, samples).pvalue[:, 1]
    np.testing.assert_allclose(found, expected, atol=1.5 / len(groups))  # ranks are rounded


def test_no_pvalue_is_below_one_over_the_number_of_groups():
    x = sparse.csr_matrix(np.eye(700, 3) * 9)
    found = rank_sums(x, (np.arange(700) == 0).astype(int), 2)
    assert found.pvalue.min() == pytest.approx(1 / 700)


@pytest.mark.parametrize("size", [3, 30, 300])
@pytest.mark.parametrize("rate", [0.2, 2.0])
def test_labels_drawn_at_random_are_not_significant(size, rate):
    x = counts(rate, (700, 300))
    rng = np.random.default_rng(1)
    drawn = [rank_sums(x, labels_of(700, size, rng), 2).pvalue[:, 1] for _ in range(20)]
    least = 0.6 if size > 3 or rate > 1 else 0  # few sums of few small counts: between .05 and .01 lies none
    assert 0.05 * least < (np.array(drawn) < 0.05).mean() < 0.07
    assert 0.01 * least < (np.array(drawn) < 0.01).mean() < 0.015
    assert np.mean([(stats.false_discovery_control(p) < 0.05).any() for p in drawn]) <= 0.2


@pytest.mark.parametrize("size", [8, 30, 120])
def test_tails_are_those_of_permuted_labels(size):
    x = counts([[0.05, 0.3, 2.0]], (240, 3))
    labels = labels_of(240, size, np.random.default_rng(2))
    rng = np.random.default_rng(3)
    ranks = stats.rankdata(x.toarray(), axis=0)
    sums = np.array([ranks[rng.permutation(240)[:size]].sum(axis=0) for _ in range(20_000)])
    threshold = np.quantile(sums, 0.99, axis=0)
    moved = x.toarray()
    for gene in range(3):  # a cluster of the draws whose sum is at the threshold
        draws = (rng.permutation(240)[:size] for _ in range(20_000))
        cells = min(draws, key=lambda c: abs(ranks[c, gene].sum() - threshold[gene]))
        labels = np.zeros(240, int)
        labels[cells] = 1
        share = (sums[:, gene] >= ranks[cells, gene].sum() - 1e-9).mean()
        found = rank_sums(sparse.csr_matrix(moved[:, [gene]]), labels, 2).pvalue[0, 1]
        assert 0.4 < found / share < 2.5


def test_samples_that_differ_make_no_gene_significant():
    rng = np.random.default_rng(0)
    samples = np.repeat([0, 1], 300)
    x = sparse.csr_matrix(rng.poisson(np.where(samples[:, None] == 0, 0.5, 2.0), (600, 200)).astype(float))
    labels = (rng.random(600) < np.where(samples == 0, 0.2, 0.8)).astype(int)  # more of the deeper sample
    assert (rank_sums(x, labels, 2).pvalue[:, 1] < 0.05).mean() > 0.9
    assert (rank_sums(x, labels, 2, samples).pvalue[:, 1] < 0.05).mean() < 0.1
    assert (rank_sums(x, samples, 2, samples).pvalue == 1).all()  # clusters that are the samples


def test_planted_genes_are_found_as_surely_as_by_mannwhitneyu():
    rng = np.random.default_rng(0)
    labels = labels_of(500, 40, rng)
    rate = np.where(labels[:, None] & (np.arange(100) < 20), 1.2, 0.6)
    x = sparse.csr_matrix(rng.poisson(rate).astype(float))
    found = stats.false_discovery_control(rank_sums(x, labels, 2).pvalue[:, 1]) < 0.05
    dense = x.toarray()
    theirs = stats.mannwhitneyu(dense[labels == 1], dense[labels == 0], alternative="greater").pvalue
    assert found[:20].sum() >= (stats.false_discovery_control(theirs) < 0.05)[:20].sum() - 1
    assert found[20:].sum() <= 3


def test_clusters_are_tested_on_the_other_half_of_the_counts():
    adata = sg.datasets.toy(n_slides=1, n_cells=300)
    noise = adata.copy()
    noise.X = counts(1.0, adata.shape, seed=5)
    found, tested = sg.pp.split_counts(noise)
    assert abs(found.X + tested.X - noise.X).max() == 0
    sg.pp.graph(found, spatial="no")
    labels = sg.cluster.kmeans(found.obsm["X_scrcl_pca"], 3)
    found.obs["mine"] = pd.Categorical(labels.astype(str))
    circular = sg.tl.associations(found, groupby="mine", use_rep="X_scrcl_pca")
    honest = sg.tl.associations(found, groupby="mine", use_rep="X_scrcl_pca", tested=tested)
    assert (circular["pvals"] < 0.05).mean() > 0.15
    assert (honest["pvals"] < 0.05).mean() < 0.07
    with pytest.raises(ValueError, match="tested has other genes: found"):
        sg.tl.associations(found, groupby="mine", use_rep="X_scrcl_pca", tested=tested[:, :-1].copy())


def test_only_counts_can_be_split():
    adata = sg.datasets.toy(n_slides=1, n_cells=50)
    adata.X = adata.X * 1.37
    with pytest.raises(ValueError, match="only counts can be split: found"):
        sg.pp.split_counts(adata)


def test_many_small_clusters_are_each_as_one_alone():
    x = counts(0.7, (60, 4))
    labels = np.arange(60) % 24
    together = rank_sums(x, labels, 24).pvalue
    for cluster in (0, 13, 23):
        alone = rank_sums(x, (labels == cluster).astype(int), 2).pvalue[:, 1]
        np.testing.assert_allclose(together[:, cluster], alone, rtol=1e-9)


def test_a_file_that_stays_on_disk_is_split_too(tmp_path):
    adata = sg.datasets.toy(n_slides=1, n_cells=100, n_genes=50)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    found, tested = sg.pp.split_counts(ad.read_h5ad(tmp_path / "cells.h5ad", backed="r"))
    assert abs(found.X + tested.X - adata.X).max() == 0

"""Several numbers of clusters of one embedding: what they share and which clusters last."""

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

import scrcl_geo as sg


@pytest.fixture
def groups():
    """Three groups far apart, the first of which is two that touch; obsm["X_scrcl"]."""
    rng = np.random.default_rng(0)
    centers = np.array([[0, 0], [3, 0], [40, 0], [0, 40]])
    labels = np.repeat(np.arange(4), 60)
    adata = AnnData(obs=pd.DataFrame(index=[f"cell_{i}" for i in range(240)]))
    adata.obsm["X_scrcl"] = (centers[labels] + rng.normal(0, 0.5, (240, 2))).astype(np.float32)
    return adata


def test_tree_says_how_clusters_split(groups):
    tree = sg.tl.partitions(groups, [4, 3], method="kmeans", n_repeats=2)
    found = groups.uns["scrcl_partitions"]
    assert found["keys"] == ["scrcl_3", "scrcl_4"]
    assert groups.obs["scrcl"].equals(groups.obs["scrcl_4"].rename("scrcl"))  # the first asked for
    assert tree["n_cells"].sum() == 240
    split = tree[tree["coarse_group"] == "0"]
    assert split["n_cells"].tolist() == [60, 60]
    assert split["share_of_coarse"].tolist() == [0.5, 0.5]
    assert (tree["share_of_fine"] == 1).all()


def test_clusters_that_are_there_last_and_others_do_not(groups):
    sg.tl.partitions(groups, [3, 7], method="kmeans")
    table = groups.uns["scrcl_partitions"]["stability"].set_index("key")
    assert table.loc["scrcl_3", "stability"].min() > 0.99
    assert table.loc["scrcl_7", "stability"].min() < 0.8
    assert table.loc["scrcl_3", "n_cells"].tolist() == [120, 60, 60]


def test_resolutions_give_a_tree_too(groups):
    sg.tl.partitions(groups, resolutions=[0.1, 2.0], n_repeats=2)
    assert groups.obs["scrcl_r0.1"].nunique() < groups.obs["scrcl_r2"].nunique()
    assert groups.obs["scrcl"].nunique() == groups.obs["scrcl_r0.1"].nunique()


def test_an_earlier_call_leaves_nothing_behind(groups):
    groups.uns["scrcl_colors"] = ["red"]
    sg.tl.partitions(groups, [3, 5], method="kmeans", n_repeats=1)
    sg.tl.partitions(groups, [4], method="kmeans", n_repeats=1)
    assert sorted(groups.obs) == ["scrcl", "scrcl_4"]
    assert len(groups.uns["scrcl_colors"]) == 4
    assert "scrcl_5_colors" not in groups.uns
    assert len(groups.uns["scrcl_partitions"]["tree"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "what to cluster into is not clear"),
        ({"n_clusters": [3], "resolutions": [1.0]}, "what to cluster into is not clear"),
        ({"n_clusters": [3, 3]}, "partitions are not unique"),
        ({"n_clusters": [1]}, "n_clusters is too small"),
        ({"n_clusters": [999]}, "fewer cells than clusters"),
        ({"resolutions": [0.0]}, "resolution is not positive"),
    ],
)
def test_bad_requests_are_named_and_leave_no_trace(groups, arguments, message):
    with pytest.raises(ValueError, match=message):
        sg.tl.partitions(groups, **arguments)
    assert list(groups.obs) == []


def test_a_column_of_the_users_is_neither_removed_nor_overwritten(groups):
    sg.tl.partitions(groups, [3, 4], method="kmeans", n_repeats=2)
    named = groups.obs["scrcl_3"].cat.rename_categories(["tumour", "stroma", "blood"])
    groups.obs["scrcl_3"] = named
    sg.tl.partitions(groups, [2], method="kmeans", n_repeats=2)
    assert "scrcl_4" not in groups.obs
    assert groups.obs["scrcl_3"].equals(named)
    with pytest.raises(ValueError, match=r"obs\['scrcl_3'\] is taken"):
        sg.tl.partitions(groups, [3], method="kmeans", n_repeats=2)
    assert groups.obs["scrcl_3"].equals(named)


def test_resolutions_that_would_share_a_column_are_refused(groups):
    with pytest.raises(sg._validate.ScrclInputError, match="six digits"):
        sg.tl.partitions(groups, resolutions=[0.12345671, 0.12345672])

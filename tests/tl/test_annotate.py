"""Names for clusters: right where markers stand out, unknown where none does, and kept as given by hand."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg

MARKERS = {f"outer {d}": [f"marker_{d}_{10 * (d - 1) + g}" for g in range(5)] for d in range(1, 6)}


@pytest.fixture(scope="module")
def toy():
    return sg.datasets.toy(n_slides=1, n_cells=300, n_genes=150)


def truth(adata):
    return adata.obs["domain"].astype(str).str.replace("layer_", "outer ")


def test_each_cluster_gets_the_name_of_its_markers(toy):
    adata = toy.copy()
    table = sg.tl.annotate(adata, MARKERS, groupby="domain")
    assert (adata.obs["scrcl_name"].astype(str) == truth(adata)).all()
    assert (table["score"] > table["runner_up_score"] + 2).all()
    assert table["markers"].iloc[0].split(", ")[0].startswith("marker_1_")
    scores = adata.uns["scrcl_annotation_scores"]
    assert len(scores) == 25
    assert (scores["n_markers"] == 5).all()


def test_a_cluster_whose_name_is_not_offered_is_unknown(toy):
    adata = toy.copy()
    offered = {name: MARKERS[name] for name in ("outer 1", "outer 2")}
    table = sg.tl.annotate(adata, offered, groupby="domain")
    assert table["name"].tolist() == ["outer 1", "outer 2", "unknown", "unknown", "unknown"]
    assert set(table["best"]) <= set(offered)
    forced = sg.tl.annotate(adata, {"outer 1": MARKERS["outer 1"]}, groupby="domain", max_pvalue=1)
    assert forced["name"].iloc[0] == "outer 1"
    assert (forced["runner_up"] == "").all()


def test_random_markers_name_a_cluster_no_more_often_than_stated(toy):
    rng = np.random.default_rng(0)
    named = 0
    for seed in range(40):
        table = {f"type {t}": rng.choice(toy.var_names, 6, replace=False).tolist() for t in range(4)}
        found = sg.tl.annotate(toy.copy(), table, groupby="domain", n_permutations=100, seed=seed)
        named += int((found["name"] != "unknown").sum())
    assert 10 <= named <= 0.2 * 200 + 12  # two standard errors of the clusters' 200 chances


def test_genes_that_should_be_absent_count_against_a_name(toy):
    adata = toy.copy()
    against = dict.fromkeys(MARKERS["outer 2"], -1.0)
    markers = {"first": MARKERS["outer 1"], "not the second": against}
    table = sg.tl.annotate(adata, markers, groupby="domain", max_pvalue=1)
    scores = adata.uns["scrcl_annotation_scores"].pivot(index="group", columns="name", values="score")
    assert scores["not the second"].idxmin() == "layer_2"
    assert table["name"].iloc[0] == "first"


@pytest.mark.parametrize("form", ["dict", "frame", "csv", "tsv", "gmt", "decoupler"])
def test_all_forms_of_markers_say_the_same(toy, tmp_path, form):
    rows = pd.DataFrame([(name, gene) for name, genes in MARKERS.items() for gene in genes])
    markers = MARKERS
    if form == "frame":
        markers = rows.set_axis(["name", "gene"], axis=1)
    elif form in ("csv", "tsv"):
        markers = tmp_path / f"markers.{form}"
        separator = "," if form == "csv" else "\t"
        rows.set_axis(["cell_type", "Gene"], axis=1).to_csv(markers, sep=separator, index=False)
    elif form == "gmt":
        markers = tmp_path / "markers.gmt"
        lines = ("\t".join([name, "where from", *genes]) for name, genes in MARKERS.items())
        markers.write_text("\n".join(lines) + "\n")
    elif form == "decoupler":
        markers = rows.set_axis(["source", "target"], axis=1).assign(weight=1.0)
    found = sg.tl.annotate(toy.copy(), markers, groupby="domain", n_permutations=50)
    expected = sg.tl.annotate(toy.copy(), MARKERS, groupby="domain", n_permutations=50)
    pd.testing.assert_frame_equal(found, expected)


def test_the_order_of_cells_and_the_form_of_values_do_not_matter(toy):
    shuffled = toy[np.random.default_rng(0).permutation(toy.n_obs)].copy()
    dense = toy.copy()
    dense.X = dense.X.toarray()
    expected = sg.tl.annotate(toy.copy(), MARKERS, groupby="domain")
    for other in (shuffled, dense):
        pd.testing.assert_frame_equal(sg.tl.annotate(other, MARKERS, groupby="domain"), expected)


def test_results_survive_a_file(toy, tmp_path):
    adata = toy.copy()
    table = sg.tl.annotate(adata, {"L2/3": MARKERS["outer 1"], "b": MARKERS["outer 2"]}, groupby="domain")
    adata.write_h5ad(tmp_path / "out.h5ad")
    again = ad.read_h5ad(tmp_path / "out.h5ad")
    pd.testing.assert_frame_equal(
        again.uns["scrcl_annotation"].astype(object), table.astype(object), check_dtype=False
    )
    table = sg.tl.rename(again, {"layer_5": "innermost"}, groupby="domain")
    assert table["name"].tolist() == ["L2/3", "b", "unknown", "unknown", "innermost"]
    assert table["source"].tolist() == ["markers"] * 4 + ["by hand"]
    inner = again.obs["domain"] == "layer_5"
    assert (again.obs.loc[inner, "scrcl_name"] == "innermost").all()


def test_names_go_with_their_clusters(toy, caplog):
    adata = toy.copy()
    adata.obsm["X_own"] = np.eye(5)[adata.obs["domain"].astype("category").cat.codes]
    sg.tl.cluster(adata, 5, use_rep="X_own", method="kmeans")
    sg.tl.annotate(adata, MARKERS)
    sg.tl.cluster(adata, 5, use_rep="X_own", method="kmeans")
    assert "scrcl_name" in adata.obs  # the same clusters
    sg.tl.partitions(adata, [2, 3], use_rep="X_own", method="kmeans", n_repeats=1)
    assert "scrcl_name" not in adata.obs
    assert not {"scrcl_annotation", "scrcl_annotation_scores"} & set(adata.uns)
    assert caplog.text.count("the names of the clusters before are gone") == 1


def test_cells_without_a_cluster_have_no_name(toy):
    adata = toy.copy()
    adata.obs.loc[adata.obs_names[:7], "domain"] = np.nan
    sg.tl.annotate(adata, MARKERS, groupby="domain")
    assert adata.obs["scrcl_name"].isna().sum() == 7


def test_what_cannot_be_used_is_told(toy, tmp_path, caplog):
    with pytest.raises(ValueError, match="upper and lower case"):
        sg.tl.annotate(toy.copy(), {"a": ["MARKER_1_0"]}, groupby="domain")
    with pytest.raises(ValueError, match="in no known form: found list"):
        sg.tl.annotate(toy.copy(), ["marker_1_0"], groupby="domain")
    bad = pd.DataFrame({"name": ["a"], "gene": ["marker_1_0"], "weight": ["heavy"]})
    with pytest.raises(ValueError, match="weight that is no number"):
        sg.tl.annotate(toy.copy(), bad, groupby="domain")
    with pytest.raises(ValueError, match="has no column 'gene': found 'name', 'markers'"):
        sg.tl.annotate(toy.copy(), pd.DataFrame({"name": ["a"], "markers": ["b"]}), groupby="domain")
    (tmp_path / "long.csv").write_text("name,gene\na,b,c\n")
    for path, message in (("none.csv", "No such file"), ("long.csv", "is no table")):
        with pytest.raises(ValueError, match=message):
            sg.tl.annotate(toy.copy(), tmp_path / path, groupby="domain")
    with pytest.raises(ValueError, match="no cluster 'layer_9' to name"):
        sg.tl.rename(toy.copy(), {"layer_9": "x"}, groupby="domain")
    with pytest.raises(ValueError, match="name of cluster 'layer_1' is empty"):
        sg.tl.rename(toy.copy(), {"layer_1": " "}, groupby="domain")
    sg.tl.annotate(toy.copy(), {**MARKERS, "elsewhere": ["Xist"]}, groupby="domain", n_permutations=5)
    assert "no marker is measured of 'elsewhere'" in caplog.text


@pytest.mark.realdata
def test_layers_of_a_cortex_get_their_names(real_data):
    from benchmarks.annotate import BASS, PREFRONTAL

    adata = ad.read_h5ad(real_data / "STARmap_mPFC_BZ9.h5ad")
    adata.obs["layer"] = adata.obs["domain"].astype(object).map(BASS).astype("category")
    sg.tl.annotate(adata, PREFRONTAL, groupby="layer")
    assert (adata.obs["scrcl_name"].astype(str) == adata.obs["layer"].astype(str)).mean() >= 0.8


def test_one_gene_may_be_given_by_its_name_and_names_may_be_na(toy, tmp_path):
    one = sg.tl.annotate(toy.copy(), {"A": "marker_1_0", "B": ["marker_2_10"]}, groupby="domain")
    listed = sg.tl.annotate(toy.copy(), {"A": ["marker_1_0"], "B": ["marker_2_10"]}, groupby="domain")
    pd.testing.assert_frame_equal(one, listed)
    (tmp_path / "markers.csv").write_text("name,gene\nNA,marker_1_0\nNone,marker_2_10\n")
    found = sg.tl.annotate(toy.copy(), tmp_path / "markers.csv", groupby="domain")
    assert set(found["best"]) == {"NA", "None"}


@pytest.mark.parametrize("weight", [float("nan"), "much"])
def test_a_weight_that_is_no_number_is_told(toy, weight):
    with pytest.raises(sg._validate.ScrclInputError, match="a weight that is no number"):
        sg.tl.annotate(toy.copy(), {"A": {"marker_1_0": weight}}, groupby="domain")

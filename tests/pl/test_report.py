"""The report as a file: whole, small, self-contained, escaped, and honest about what it draws."""

import base64
import io
import json
import re
import zlib

import numpy as np
import pandas as pd
import pytest
from pl.conftest import EVIL, planted
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo.cli import main

pytestmark = pytest.mark.filterwarnings("ignore")  # deprecations inside plotting libraries


def read(path):
    """Text of the page without Plotly's own code, and the data it carries."""
    page = path.read_text(encoding="utf-8")
    own = re.sub(r"<script>/\*\*\n\* plotly.js.*?</script>", "", page, flags=re.DOTALL)
    assert len(own) < len(page) - 1_000_000
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return own, json.loads(found.group(1))


def inflated(code):
    return zlib.decompress(base64.b64decode(code))


def array(code, dtype):
    return np.frombuffer(base64.b64decode(code), dtype)


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    return read(sg.pl.report(result, tmp_path_factory.mktemp("report") / "report.html"))


def test_holds_every_figure_for_which_there_are_data(page):
    _, data = page
    assert set(data["figures"]) == {
        *("sizes", "samples", "counts", "genes", "connectivity", "tree"),
        *("stability", "losses", "heatmap", "dotplot"),
    }
    assert [view["id"] for view in data["views"]] == ["tissue", "umap"]


def test_leaves_out_what_is_not_there(result, tmp_path):
    bare = sg.datasets.toy(n_slides=1, n_cells=60, n_genes=60)
    bare.obs["scrcl"] = bare.obs.pop("domain")
    bare.obsm["X_scrcl_umap"] = np.random.default_rng(0).normal(size=(60, 2))
    del bare.obsm["spatial"]
    own, data = read(sg.pl.report(bare, tmp_path / "report.html"))
    assert set(data["figures"]) == {"sizes", "counts", "genes"}
    assert [view["id"] for view in data["views"]] == ["umap"]
    assert "Training" not in own


def test_says_where_the_cells_are_and_what_they_express(result, page):
    _, data = page
    umap = data["views"][1]
    assert np.array_equal(array(umap["x"], "<f4"), result.obsm["X_scrcl_umap"][:, 0].astype("f4"))
    assert data["cells"] == list(result.obs_names)
    columns = {column["name"]: column for column in data["columns"]}
    assert np.array_equal(array(columns["scrcl"]["codes"], "<u2"), result.obs["scrcl"].cat.codes)
    counts = columns["counts per cell"]
    step = (counts["high"] - counts["low"]) / 254
    shown = counts["low"] + array(counts["values"], "u1") * step
    assert np.abs(shown - result.X.sum(axis=1).A1).max() <= step / 2 + 1e-3


def test_a_layout_of_the_embedding_comes_before_one_of_an_earlier_analysis(result, tmp_path):
    adata = result.copy()
    adata.obsm["X_umap"] = adata.obsm["X_scrcl_umap"] + 7
    _, data = read(sg.pl.report(adata, tmp_path / "report.html"))
    assert np.array_equal(array(data["views"][1]["x"], "<f4"), adata.obsm["X_scrcl_umap"][:, 0].astype("f4"))


def test_tables_are_held_as_csv(result, page):
    _, data = page
    tables = {
        name: pd.read_csv(io.BytesIO(inflated(code)), dtype={"cluster": str})
        for name, code in data["tables"].items()
    }
    assert set(data["figures"]) | {"associations", "parameters"} == set(tables)
    assert all(len(table) for table in tables.values())
    sizes = result.obs["scrcl"].value_counts(sort=False)
    assert tables["sizes"]["cells"].tolist() == sizes.tolist()
    assert tables["samples"]["cells"].sum() == result.n_obs
    ranked = result.uns["scrcl_associations"]
    assert tables["associations"]["gene"].tolist() == ranked["names"].tolist()
    assert np.allclose(tables["associations"]["scores"], ranked["scores"], rtol=1e-4)
    assert tables["tree"]["cells"].sum() == result.n_obs


def test_names_of_clusters_are_the_commonest_of_their_cells(result, tmp_path):
    adata = result.copy()
    names = adata.obs["scrcl"].map({"0": "a", "1": "b", "2": "b"}).astype(object)
    names.iloc[np.flatnonzero(adata.obs["scrcl"] == "0")[:3]] = "b"
    adata.obs["scrcl_name"] = pd.Categorical(names)
    _, data = read(sg.pl.report(adata, tmp_path / "report.html"))
    assert data["clusters"]["given"] == ["a", "b", "b", "", ""]


def test_samples_lie_side_by_side(result, page):
    _, data = page
    x = array(data["views"][0]["x"], "<f4")
    slide = result.obs["slide"].cat.codes.to_numpy()
    assert x[slide == 0].max() < x[slide == 1].min()
    assert [label["text"] for label in data["views"][0]["labels"]] == ["slide_1", "slide_2"]


def test_dots_and_boxes_show_all_cells(result, page):
    _, data = page
    sizes = data["figures"]["sizes"]["data"][0]["y"]
    assert array(sizes["bdata"], np.dtype(sizes["dtype"])).sum() == result.n_obs


def test_more_cells_than_are_drawn(result, tmp_path):
    own, data = read(sg.pl.report(result, tmp_path / "report.html", max_cells=100))
    assert len(data["cells"]) == 100
    assert "100 of 300 cells" in own
    sizes = data["figures"]["sizes"]["data"][0]["y"]
    assert array(sizes["bdata"], np.dtype(sizes["dtype"])).sum() == 300


def test_needs_nothing_from_outside(page):
    own, _ = page
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", own)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|sendBeacon|WebSocket", own)
    # pages of genes, which open by a click
    assert set(re.findall(r"https?://[^/]+", own)) == {
        "https://www.ncbi.nlm.nih.gov",
        "https://www.ensembl.org",
    }
    assert "default-src 'none'" in own


def test_names_are_escaped(evil, tmp_path):
    own, data = read(sg.pl.report(evil, tmp_path / "report.html", title=EVIL))
    assert EVIL not in own
    assert "<img" not in own
    assert "&lt;script&gt;window.hacked=1" in own
    assert data["clusters"]["names"][0] == EVIL
    labels = data["figures"]["heatmap"]["layout"]["yaxis"]["ticktext"]
    assert labels[0].startswith("&lt;script")  # Plotly reads tags in labels


def test_small_at_5000_cells(tmp_path):
    adata = planted(n_slides=2, n_cells=2500)
    path = sg.pl.report(adata, tmp_path / "report.html", n_genes=10)
    assert path.stat().st_size < 15e6


def test_missing_values_do_not_break_the_page(result, tmp_path):
    adata = result.copy()
    adata.obs["scrcl"] = adata.obs["scrcl"].cat.set_categories(list("0123"))
    adata.obs["scrcl_confidence"] = np.where(np.arange(adata.n_obs) % 3, 0.5, np.nan)
    adata.obs["slide"] = adata.obs["slide"].where(np.arange(adata.n_obs) % 7 != 0)
    _, data = read(sg.pl.report(adata, tmp_path / "report.html"))
    codes = array(data["columns"][0]["codes"], "<u2")
    assert (codes == 4).sum() == adata.obs["scrcl"].isna().sum()
    confidence = next(c for c in data["columns"] if c["name"] == "scrcl_confidence")
    assert (array(confidence["values"], "u1") == 255).sum() == 100


def test_cells_without_a_cluster_in_a_partition_are_left_out_of_the_tree(result, tmp_path):
    adata = result.copy()
    adata.obs.loc[adata.obs_names[:20], "scrcl_3"] = np.nan
    adata.obs["scrcl_99"] = np.full(adata.n_obs, np.nan)
    _, data = read(sg.pl.report(adata, tmp_path / "report.html"))
    links = data["figures"]["tree"]["data"][0]["link"]["value"]
    values = (
        np.frombuffer(base64.b64decode(links["bdata"]), links["dtype"]) if isinstance(links, dict) else links
    )
    assert sum(values) == adata.n_obs - 20


def test_clusters_without_ties_have_no_lines(result, tmp_path):
    adata = result.copy()
    for key in {"scrcl_connectivities", "scrcl_expression_connectivities"} & set(adata.obsp):
        adata.obsp[key] = sparse.csr_matrix(adata.obsp[key].shape, dtype=np.float32)
    _, data = read(sg.pl.report(adata, tmp_path / "report.html"))
    assert len(data["figures"]["connectivity"]["data"]) == 1  # the clusters alone


def test_edits_nothing(result, tmp_path):
    before = result.copy()
    sg.pl.report(result, tmp_path / "report.html")
    assert set(result.uns) == set(before.uns)
    assert set(result.obsm) == set(before.obsm)
    pd.testing.assert_frame_equal(result.obs, before.obs)
    assert (result.X != before.X).nnz == 0


def test_without_clusters_the_remedy_is_named(result, tmp_path):
    adata = result.copy()
    del adata.obs["scrcl"]
    with pytest.raises(ValueError, match=r"run sg.tl.cluster\(adata\)"):
        sg.pl.report(adata, tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


def test_command_reads_only_and_writes_whole(result, tmp_path, capsys):
    source, html = tmp_path / "out.h5ad", tmp_path / "report.html"
    result.write_h5ad(source)
    before = source.read_bytes()
    assert main(["report", str(source), "--html", str(html)]) == 0
    assert "written:" in capsys.readouterr().out
    assert source.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"out.h5ad", "report.html"}
    assert "<title>out.h5ad</title>" in html.read_text(encoding="utf-8")


@pytest.mark.parametrize("extra", [["--groupby", "nothing"], ["--batch-key", "nothing"], ["--n-genes", "0"]])
def test_command_refuses_with_one_line(result, tmp_path, capsys, extra):
    source, html = tmp_path / "out.h5ad", tmp_path / "report.html"
    result.write_h5ad(source)
    html.write_text("precious")
    assert main(["report", str(source), "--html", str(html), *extra]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert html.read_text() == "precious"


def test_command_never_overwrites_its_input(result, tmp_path, capsys):
    source = tmp_path / "out.h5ad"
    result.write_h5ad(source)
    before = source.read_bytes()
    assert main(["report", str(source), "--html", str(source)]) == 2
    assert "names the input itself" in capsys.readouterr().err
    assert source.read_bytes() == before

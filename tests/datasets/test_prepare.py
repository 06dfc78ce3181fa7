"""Each converter on a small file of the published format; unsafe archives."""

import gzip
import tarfile
from types import SimpleNamespace

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from datasets.r_objects import single_cell_experiment
from readers import make
from scipy import sparse

from scrcl_geo.datasets.prepare import prepare
from scrcl_geo.datasets.prepare.__main__ import main

COUNTS = np.array([[0, 2, 1], [3, 0, 0], [1, 1, 0], [0, 0, 4]])  # cells × genes
CELLS, GENES = ["w", "x", "y", "z"], ["A", "B", "C"]
LABELS = ["t", "u", "t", "u"]
PLACE = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8]])


def assert_right(adata, key, labels=LABELS, *, place=False, genes=GENES):
    assert adata.X.format == "csr"
    assert adata.X.dtype == np.float32
    assert np.array_equal(adata.X.toarray(), COUNTS)
    assert list(adata.var_names) == genes
    assert adata.obs[key].astype(object).where(adata.obs[key].notna(), None).tolist() == labels
    if place:
        assert np.array_equal(adata.obsm["spatial"], PLACE)


def test_xy_h5(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["X"], file["Y"] = COUNTS.astype(float), [1.0, 2.0, 1.0, 2.0]
    adata = prepare("xy_h5", [tmp_path / "x.h5"])
    assert_right(adata, "cell_type", ["c1", "c2", "c1", "c2"], genes=["g0", "g1", "g2"])


def test_tables(tmp_path):
    pd.DataFrame(COUNTS.T, GENES, CELLS).to_csv(tmp_path / "counts.csv.gz")
    table = pd.DataFrame({"line": LABELS, "doublet": "no"}, CELLS).iloc[::-1]
    table.to_csv(tmp_path / "cells.tsv", sep="\t")
    files = [tmp_path / "counts.csv.gz", tmp_path / "cells.tsv"]
    adata = prepare("tables", files, label="line", keep=["doublet"])
    assert_right(adata, "cell_type")
    assert (adata.obs["doublet"] == "no").all()


def test_st_tsv(tmp_path):
    names = ["1x2", "3x4", "5x6", "7x8", "9x9"]  # the last one is outside of the tissue
    counts = pd.DataFrame(np.vstack([COUNTS, COUNTS[:1]]), names, GENES)
    (tmp_path / "c.tsv.gz").write_bytes(gzip.compress(counts.to_csv(sep="\t").encode()))
    spots = pd.DataFrame(
        {"x": PLACE[:, 0] + 0.03, "y": PLACE[:, 1] - 0.2, "label": ["t", "u", "t", "undetermined"]}
    )
    spots["pixel_x"], spots["pixel_y"] = PLACE.T
    spots.iloc[::-1].to_csv(tmp_path / "l.tsv", sep="\t")
    adata = prepare("st_tsv", [tmp_path / "c.tsv.gz", tmp_path / "l.tsv"])
    assert_right(adata, "domain", ["t", "u", "t", None], place=True)
    assert adata.obs["array_y"].tolist() == [2, 4, 6, 8]


def rda(path, **objects):
    import rdata

    rdata.write_rda(path, objects)
    return path


def matrix(values, genes):
    import xarray as xr

    return xr.DataArray(values, dims=["dim_0", "dim_1"], coords={"dim_0": genes, "dim_1": CELLS})


def test_r_lists(tmp_path, monkeypatch):
    """The writer of rdata gives matrices no names, so the reader's result is put in its place."""
    info = pd.DataFrame({"x": PLACE[:, 0], "y": PLACE[:, 1], "z": LABELS}, CELLS)
    stored = {"set": {"high": matrix(COUNTS.T[:2], GENES[:2]), "low": matrix(COUNTS.T[1:], GENES[1:])}}
    rda(tmp_path / "x.rda", info=info)
    from scrcl_geo.datasets.prepare import r_lists

    read = r_lists.read_r
    monkeypatch.setattr(r_lists, "read_r", lambda path: read(path) | stored)
    adata = prepare(
        "r_lists",
        [tmp_path / "x.rda"],
        counts=["set/high", "set/low"],
        labels={"domain": "info/z"},
        spatial=["info/x", "info/y"],
    )
    assert_right(adata, "domain", place=True)
    assert list(adata.obs_names) == CELLS
    with pytest.raises(ValueError, match=r"R object\['nothing'\] is missing: found 'high', 'low'"):
        prepare("r_lists", [tmp_path / "x.rda"], counts="set/nothing", labels={})


def test_r_lists_of_a_sparse_matrix_with_symbols(tmp_path, monkeypatch):
    from scrcl_geo.datasets.prepare import r_lists

    counts = sparse.csc_matrix(COUNTS.T)  # genes × cells
    stored = SimpleNamespace(
        i=counts.indices, p=counts.indptr, x=counts.data, Dim=counts.shape, Dimnames=[np.array(GENES), CELLS]
    )
    info = pd.DataFrame({"z": LABELS}, CELLS)
    symbols = [GENES[1], *GENES[1:]]  # two genes of one name
    monkeypatch.setattr(r_lists, "read_r", lambda path: {"m": stored, "info": info, "symbols": symbols})
    adata = prepare("r_lists", [tmp_path], counts="m", labels={"domain": "info/z"}, symbols="symbols")
    np.testing.assert_array_equal(adata.X.toarray(), COUNTS)
    assert list(adata.var["gene_ids"]) == GENES
    assert list(adata.var_names[:2]) == [GENES[1], f"{GENES[1]}-1"]


def test_r_lists_of_an_object_with_cells_to_leave_out(tmp_path, monkeypatch):
    """As an ExpressionSet is read; two wells are of another kind, one is empty but for what was added."""
    from scrcl_geo.datasets.prepare import r_lists

    genes = [*GENES, "ERCC-1"]
    counts = np.hstack([COUNTS, np.full((4, 1), 9)])
    counts[1, :-1] = 0
    table = pd.DataFrame({"wells": ["1", "1", "2", "1"], "type": LABELS}, CELLS)
    stored = SimpleNamespace(
        assayData={"exprs": matrix(counts.T, genes)}, phenoData=SimpleNamespace(data=table)
    )
    monkeypatch.setattr(r_lists, "read_r", lambda path: {"set": stored})
    adata = prepare(
        "r_lists",
        [tmp_path],
        counts="set/assayData/exprs",
        labels={"cell_type": "set/phenoData/data/type"},
        only={"set/phenoData/data/wells": ["1"]},
        spike_ins="ERCC-",
        min_counts=1,
    )
    assert list(adata.obs_names) == [CELLS[0], CELLS[3]]
    assert list(adata.var_names) == GENES
    np.testing.assert_array_equal(adata.X.toarray(), COUNTS[[0, 3]])


@pytest.mark.parametrize("cells_in_rows", [False, True])
def test_r_lists_of_a_matrix_whose_cells_are_named_by_their_class(tmp_path, monkeypatch, cells_in_rows):
    from scrcl_geo.datasets.prepare import r_lists

    genes = [GENES[0], *GENES[:-1]]  # one matrix may hold a name twice
    stored = matrix(COUNTS.T, genes).assign_coords(dim_1=["t", "u", "t", "u"])
    stored = stored.T.rename(dim_0="dim_1", dim_1="dim_0") if cells_in_rows else stored
    monkeypatch.setattr(r_lists, "read_r", lambda path: {"m": stored})
    adata = prepare(
        "r_lists",
        [tmp_path],
        counts="m",
        labels={"cell_type": f"m/dim_{int(not cells_in_rows)}"},
        cells_in_rows=cells_in_rows,
    )
    np.testing.assert_array_equal(adata.X.toarray(), COUNTS)
    assert adata.obs["cell_type"].tolist() == ["t", "u", "t", "u"]
    assert list(adata.obs_names) == ["cell0", "cell1", "cell2", "cell3"]
    assert list(adata.var_names) == [GENES[0], f"{GENES[0]}-1", *GENES[1:-1]]


def test_banksy(tmp_path, monkeypatch):
    from scrcl_geo.datasets.prepare import banksy

    library = np.array([10, 20, 30, 40])
    names = [f"{name}_151673" for name in CELLS]
    scaled = matrix(COUNTS.T[:2] / library * 17.0, GENES[:2]).assign_coords(dim_1=names)
    stored = {"a.rda": {"s": {"expression": scaled}}, "b.rda": {"s": {"expression": matrix(COUNTS.T, GENES)}}}
    monkeypatch.setattr(banksy, "read_r", lambda path: stored[path.name])
    for name in stored:
        (tmp_path / name).touch()
    table = pd.DataFrame({"barcode": CELLS, "layer_guess_reordered": ["t", "u", "t", None]})
    table.assign(sum_umi=library, sum_gene=1).to_csv(tmp_path / "m.tsv", sep="\t", index=False)
    place = pd.DataFrame([[1, 0, 0, y, x] for x, y in PLACE], CELLS)
    place.to_csv(tmp_path / "p.csv", header=False)
    files = [tmp_path / name for name in ("a.rda", "b.rda", "m.tsv", "p.csv")]
    assert_right(prepare("banksy", files), "domain", ["t", "u", "t", None], place=True)


def test_h5ad_and_mosta(tmp_path):
    obs = pd.DataFrame({"annotation": LABELS, "cell": "n"}, CELLS)
    published = ad.AnnData(np.log1p(COUNTS), obs, pd.DataFrame(index=GENES), layers={"count": COUNTS})
    published.obsm["spatial"] = PLACE
    published.write_h5ad(tmp_path / "x.h5ad")
    adata = prepare("h5ad", [tmp_path / "x.h5ad"], layer="count", keep={"cell": "cell_type"})
    assert_right(adata, "domain", place=True)
    assert (adata.obs["cell_type"] == "n").all()


def test_loom(tmp_path):
    with h5py.File(tmp_path / "x.loom", "w") as file:
        file["matrix"] = np.vstack([COUNTS, COUNTS[:2]]).T
        file["row_attrs/Gene"] = np.array(GENES, "S")
        file["col_attrs/CellID"] = np.array([*CELLS, "q", "r"], "S")
        file["col_attrs/Region"] = np.array([*LABELS, "Excluded", "t"], "S")
        file["col_attrs/Valid"] = [1, 1, 1, 1, 1, 0]
        for axis, name in enumerate("XY"):
            file[f"col_attrs/{name}"] = [*PLACE[:, axis], 0, 0]
    options = {"labels": {"domain": "Region"}, "only": {"Valid": 1}, "without": {"Region": "Excluded"}}
    adata = prepare("loom", [tmp_path / "x.loom"], spatial=["X", "Y"], **options)
    assert_right(adata, "domain", place=True)


@pytest.mark.parametrize("kind", ["sparse", "dense", "h5ad"])
def test_cellblast(tmp_path, kind):
    path = tmp_path / "x.h5"
    if kind == "h5ad":
        obs = pd.DataFrame({"cell_ontology_class": LABELS, "cell_type1": "?"}, CELLS)
        ad.AnnData(COUNTS, obs, pd.DataFrame(index=GENES)).write_h5ad(path)
    else:
        with h5py.File(path, "w") as file:
            if kind == "sparse":
                stored = ad.AnnData(COUNTS).X
                from scipy import sparse

                stored = sparse.csr_matrix(stored)
                for name in ("data", "indices", "indptr", "shape"):
                    file[f"exprs/{name}"] = np.asarray(getattr(stored, name))
            else:
                file["exprs"] = COUNTS
            file["obs_names"], file["var_names"] = np.array(CELLS, "S"), np.array(GENES, "S")
            file["obs/cell_type1"] = np.array([*LABELS[:3], ""], "S")
    labels = LABELS if kind == "h5ad" else [*LABELS[:3], None]
    assert_right(prepare("cellblast", [path]), "cell_type", labels)


@pytest.mark.parametrize("is_sparse", [True, False])
def test_sce_rds(tmp_path, is_sparse):
    path = tmp_path / "x.rds"
    single_cell_experiment(path, COUNTS.T, GENES, CELLS, LABELS, is_sparse=is_sparse)
    adata = prepare("sce_rds", [path])
    assert_right(adata, "cell_type")
    assert list(adata.obs_names) == CELLS
    with pytest.raises(ValueError, match=r"no column 'nothing' in .*found 'counts', 'cell_type1'"):
        prepare("sce_rds", [path], label="nothing")


@pytest.mark.parametrize("packed", [True, False])
def test_visium(tmp_path, packed):
    cells = make.cells(make.SPOT)
    folder = make.visium(cells, tmp_path / "outs", images=False)
    labels = pd.DataFrame({"barcode": cells.obs_names[1:], "ground_truth": cells.obs["domain"][1:]})
    labels.to_csv(tmp_path / "metadata.tsv", sep="\t", index=False)
    parts = [folder]
    if packed:
        with tarfile.open(tmp_path / "spatial.tar.gz", "w:gz") as archive:
            archive.add(folder / "spatial", "spatial")
        parts = [folder / "filtered_feature_bc_matrix.h5", tmp_path / "spatial.tar.gz"]
    adata = prepare("visium", [*parts, tmp_path / "metadata.tsv"])
    assert adata.obs["domain"].isna().tolist() == [True] + [False] * (cells.n_obs - 1)
    np.testing.assert_allclose(adata.obsm["spatial"], cells.obsm["spatial"])


def test_command_line(tmp_path, capsys):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["X"], file["Y"] = COUNTS, [0, 1, 0, 1]
    output = tmp_path / "out.h5ad"
    assert main(["xy_h5", str(tmp_path / "x.h5"), "--output", str(output)]) == 0
    assert ad.read_h5ad(output).shape == (4, 3)
    (tmp_path / "y.h5").write_text("rubbish")
    assert main(["xy_h5", str(tmp_path / "y.h5"), "--output", str(tmp_path / "no.h5ad")]) == 2
    assert capsys.readouterr().err.startswith("prepare: cannot convert 'y.h5' as 'xy_h5'")
    assert not (tmp_path / "no.h5ad").exists()

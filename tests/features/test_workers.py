"""Workers of Dask hand back, bit for bit, what one process reads; whoever is lost on the way is told."""

import numpy as np
import pytest
from distributed import Client, LocalCluster

import scrcl_geo as sg
from scrcl_geo._features import rows, values, workers
from scrcl_geo._features.place import place_of
from scrcl_geo._files import h5ad
from scrcl_geo._validate import ScrclInputError

N_CELLS, N_GENES, STEP = 300, 60, 70


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """Writes toy cells and opens them so that X stays in the file."""

    def write(ending=".h5ad", change=lambda adata: None):
        monkeypatch.setattr(h5ad, "IN_MEMORY", 0)
        monkeypatch.setattr(rows, "_READ_ENTRIES", N_GENES * STEP)
        adata = sg.datasets.toy(n_slides=1, n_cells=N_CELLS, n_genes=N_GENES)
        change(adata)
        path = tmp_path / f"in{ending}"
        if not path.exists():
            (adata.write_zarr if ending == ".zarr" else adata.write_h5ad)(path)
        return sg.read(path)

    return write


def dense(adata):
    adata.X = adata.X.toarray()


def fractions(adata):
    adata.X = adata.X * 0.37


@pytest.mark.parametrize(
    ("ending", "change"),
    [(".h5ad", lambda adata: None), (".h5ad", dense), (".h5ad", fractions), (".zarr", lambda adata: None)],
    ids=["sparse", "dense", "fractions", "zarr"],
)
@pytest.mark.parametrize("sample", [values.SAMPLE, 100])
def test_workers_give_the_same_bits(client, stored, monkeypatch, ending, change, sample):
    monkeypatch.setattr(values, "SAMPLE", sample)
    here, there = stored(ending, change), stored(ending, change)
    sg.pp.graph(here, n_top_genes=40)
    asked = []
    submit = client.submit
    monkeypatch.setattr(client, "submit", lambda *a, **k: (asked.append(a[2]), submit(*a, **k))[1])
    with sg.pp.on_workers(client):
        sg.pp.graph(there, n_top_genes=40)
        np.testing.assert_array_equal(rows.column_sums(there.X), rows.column_sums(here.X))
    assert len(asked) >= 2 * -(-N_CELLS // STEP)
    np.testing.assert_array_equal(there.var["scrcl_used"], here.var["scrcl_used"])
    np.testing.assert_array_equal(there.obsm["X_scrcl_pca"], here.obsm["X_scrcl_pca"])
    assert there.uns["scrcl_graph"] == here.uns["scrcl_graph"]


def test_what_is_in_memory_stays_here(client, monkeypatch):
    monkeypatch.setattr(client, "submit", None)
    adata = sg.datasets.toy(n_slides=1, n_cells=N_CELLS, n_genes=N_GENES)
    with sg.pp.on_workers(client):
        sg.pp.select_genes(adata)
    assert workers.client_at_hand() is None


@pytest.mark.parametrize("ending", [".h5ad", ".zarr"])
def test_a_place_reads_what_the_matrix_reads(stored, ending):
    matrix = stored(ending).X
    place = place_of(matrix)
    for part in (slice(0, 1), slice(5, 80), slice(290, 300)):
        assert (place.read(part) != matrix[part]).nnz == 0
        assert place.read(part).shape == matrix[part].shape
    assert place_of(np.ones((2, 2))) is None


def test_a_fault_in_the_file_is_told_as_without_workers(client, stored):
    def spoil(adata):
        adata.X.data[-1] = np.nan

    adata = stored(change=spoil)
    with sg.pp.on_workers(client), pytest.raises(ScrclInputError, match="1 NaN"):
        sg.pp.select_genes(adata)


def test_few_parts_are_under_way(client, stored, monkeypatch):
    monkeypatch.setattr(rows, "_READ_ENTRIES", N_GENES * 5)
    submitted, finished = [], []
    submit, finish = client.submit, workers._finished

    def counted(*arguments, **options):
        submitted.append(arguments[2])
        assert len(submitted) - len(finished) <= workers._IN_FLIGHT * 2
        return submit(*arguments, **options)

    monkeypatch.setattr(client, "submit", counted)
    monkeypatch.setattr(workers, "_finished", lambda *a: (finish(*a), finished.append(a[2]))[0])
    with sg.pp.on_workers(client):
        rows.column_sums(stored().X)
    assert finished == submitted

"""Downloads against a local server: checksums, cuts, no connection, the cache; and the registry itself."""

import hashlib
import re

import h5py
import numpy as np
import pytest
from datasets.server import Server

import scrcl_geo as sg
from scrcl_geo.datasets import _download, _registry, prepare
from scrcl_geo.datasets._load import load_entry

FACTS = {
    "title": "toy",
    "cells": 500,
    "genes": 40,
    "classes": 2,
    "label_key": "cell_type",
    "licence": "CC0-1.0",
    "citation": "nobody",
    "published": "https://example.org",
    "format": "xy_h5",
}


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between attempts
    monkeypatch.setattr(_download, "_SCHEMES", ("http",))
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def published(server, tmp_path):
    """A published file, on the server, and its entry in a registry."""
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["X"], file["Y"] = rng.random((500, 40)), rng.integers(0, 2, 500)
    content = (tmp_path / "x.h5").read_bytes()
    server.files["/x.h5"] = content
    return entry(server.url("/x.h5"), content)


def entry(url, content, **changes):
    source = {"url": url, "sha256": hashlib.sha256(content).hexdigest()}
    return _registry.parse("toy", {**FACTS, "sources": [source], **changes})


def load(known, tmp_path):
    return load_entry(known, tmp_path / "cache", progress=False)


def refused(known, tmp_path, message):
    with pytest.raises(sg._validate.ScrclInputError, match=message) as error:
        load(known, tmp_path)
    assert len(str(error.value).splitlines()) == 1
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix != ".part"]


def test_downloads_once_and_then_reads_the_cache(server, published, tmp_path):
    adata = load(published, tmp_path)
    assert adata.shape == (500, 40)
    assert adata.uns["scrcl_dataset"]["licence"] == "CC0-1.0"
    assert list(adata.obs["cell_type"].cat.categories) == ["c0", "c1"]
    load(published, tmp_path)
    assert len(server.requests) == 1
    server.files.clear()  # offline
    assert load(published, tmp_path).shape == (500, 40)


def test_resumes_after_a_cut(server, published, tmp_path):
    server.cuts = [70_000, 50_000]
    assert load(published, tmp_path).shape == (500, 40)
    assert server.requests[0][1] is None
    first, second = (int(wanted[6:-1]) for _, wanted in server.requests[1:])  # bytes=…-
    assert 50_000 < first <= 70_000
    assert first < second <= 120_000
    assert not list(tmp_path.rglob("*.part"))


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(server, published, tmp_path):
    server.cuts = [20_000] * 4  # more cuts than attempts
    refused(published, tmp_path, "no connection")
    there = next(tmp_path.rglob("*.part")).stat().st_size
    assert there >= 4 * 16_384
    assert load(published, tmp_path).shape == (500, 40)
    assert server.requests[-1][1] == f"bytes={there}-"


def test_starts_anew_where_the_server_knows_no_ranges(server, published, tmp_path):
    server.ranges, server.cuts = False, [70_000]
    assert load(published, tmp_path).shape == (500, 40)


def test_a_file_with_another_checksum_is_refused_and_not_kept(server, published, tmp_path):
    server.files["/x.h5"] = b"something else" * 100
    refused(published, tmp_path, "is not the file that was published: found another checksum")


def test_a_damaged_cache_is_mended(server, published, tmp_path):
    load(published, tmp_path)
    cached = tmp_path / "cache" / "toy" / "x.h5"
    cached.write_bytes(b"damaged")
    assert load(published, tmp_path).shape == (500, 40)


def test_a_rest_of_another_file_does_not_spoil_the_download(server, published, tmp_path):
    part = tmp_path / "cache" / "toy" / "x.h5.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"?" * 1_000_000)  # longer than the file: the server refuses the range
    assert load(published, tmp_path).shape == (500, 40)


def test_gone_and_offline_name_the_place_for_a_copy(server, published, tmp_path):
    server.files.clear()
    refused(published, tmp_path, r"found the answer 404; copy the file to .*toy/x\.h5")
    server.shutdown()
    server.server_close()
    refused(published, tmp_path, r"no connection .*copy the file to .*toy/x\.h5")


@pytest.mark.parametrize("url", ["http://example.org/x.h5", "ftp://127.0.0.1/x.h5", "file:///etc/passwd"])
def test_only_https(url, tmp_path):
    refused(entry(url, b""), tmp_path, "only https is used")


def test_redirections_to_other_schemes_are_refused(server, tmp_path):
    server.moved["/x.h5"] = "ftp://127.0.0.1/x.h5"
    refused(entry(server.url("/x.h5"), b""), tmp_path, "cannot download")


def test_sets_without_a_verified_file_tell_where_they_are(tmp_path):
    with pytest.raises(
        ValueError, match=r"get it from https://cblast.*prepare cellblast FILE\.\.\. --output"
    ):
        sg.datasets.load("Baron_human", cache_dir=tmp_path)
    with pytest.raises(ValueError, match=r"data sets\['nothing'\] is missing"):
        sg.datasets.load("nothing")


def test_another_size_than_promised_is_refused(server, published, tmp_path):
    changed = entry(server.url("/x.h5"), server.files["/x.h5"], cells=501)
    with pytest.raises(ValueError, match="found 500 cells and 40 genes"):
        load(changed, tmp_path)


def test_the_cache_is_named_by_a_variable(server, published, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRCL_GEO_CACHE", str(tmp_path / "mine"))
    load_entry(published, None, progress=False)
    assert (tmp_path / "mine" / "toy" / "x.h5").exists()


def test_the_registry_is_complete():
    known = _registry.entries()
    assert len(known) == 56
    assert sum(entry.paper for entry in known.values()) == 14
    for name, found in known.items():
        assert found.format in prepare.FORMATS, name
        assert found.licence, name
        assert found.citation, name
        assert found.published.startswith("http"), name
        assert found.label_key in ("cell_type", "domain"), name
        assert found.downloads != found.paper, name  # none of the paper's could be verified
        for source in found.sources:
            assert source.url.startswith("https://"), name
            assert re.fullmatch("[0-9a-f]{64}", source.sha256), name
    table = sg.datasets.available()
    assert list(table.index) == list(known)
    assert table.loc["STARmap_mPFC_BZ5", "classes"] == 4


@pytest.mark.realdata
def test_the_registry_tells_the_truth(real_data):
    import anndata as ad

    held = {path.stem for path in real_data.glob("*.h5ad")}
    known = {name: found for name, found in _registry.entries().items() if name in held}
    assert len(known) >= 25
    for name, found in known.items():
        if found.downloads:
            adata = ad.read_h5ad(real_data / f"{name}.h5ad", backed="r")
            assert adata.shape == (found.cells, found.genes), name
            assert adata.obs[found.label_key].nunique() == found.classes, name

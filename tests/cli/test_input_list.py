"""``scrcl-geo run --input-list``: many files as the samples of one."""

import anndata as ad
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo._features import rows
from scrcl_geo._files import h5ad, joined
from scrcl_geo.cli import main

FILES = ("a.h5ad", "b.h5ad", "c.zarr")


@pytest.fixture
def samples(tmp_path):
    """Three slides of their own; the second lacks some genes, the third has a column more."""
    whole = sg.datasets.toy(n_slides=3, n_cells=60, n_genes=60)
    folder = tmp_path / "samples"
    folder.mkdir()
    slides = [whole[whole.obs["slide"] == slide].copy() for slide in whole.obs["slide"].cat.categories]
    slides[1] = slides[1][:, 5:].copy()
    slides[2].obs["mine"] = 1.0
    for slide, name in zip(slides, FILES, strict=True):
        slide.obs_names = [f"cell{i}" for i in range(slide.n_obs)]
        getattr(slide, f"write_{name.partition('.')[2]}")(folder / name)
    return folder


def run(source, output, *options):
    argv = ["run", *source, "--output", str(output), "--n-clusters", "3", "--max-epochs", "2", *options]
    return main([str(word) for word in argv])


def stacked(folder):
    files = {name[0]: getattr(ad, f"read_{name.partition('.')[2]}")(folder / name) for name in FILES}
    return ad.concat(files, label="scrcl_file", index_unique="-", merge="same")


def test_a_list_gives_what_one_file_with_all_cells_gives(samples, tmp_path):
    stacked(samples).write_h5ad(tmp_path / "one.h5ad")
    assert run([tmp_path / "one.h5ad"], tmp_path / "one_out.h5ad", "--batch-key", "scrcl_file") == 0
    assert run(["--input-list", samples], tmp_path / "out.h5ad") == 0
    one, many = (ad.read_h5ad(tmp_path / name) for name in ("one_out.h5ad", "out.h5ad"))
    np.testing.assert_array_equal(many.X.toarray(), one.X.toarray())
    np.testing.assert_array_equal(many.obsm["X_scrcl"], one.obsm["X_scrcl"])
    assert many.obs["scrcl"].tolist() == one.obs["scrcl"].tolist()
    assert many.obs_names.tolist() == one.obs_names.tolist()
    assert many.obs["scrcl_file"].value_counts().to_dict() == {"a": 60, "b": 60, "c": 60}
    assert {path.name for path in tmp_path.iterdir()} == {"samples", "one.h5ad", "one_out.h5ad", "out.h5ad"}


@pytest.mark.parametrize("output", ["out.h5ad", "out.zarr"])
def test_files_that_stay_on_disk_are_read_by_blocks(samples, tmp_path, monkeypatch, output):
    assert run(["--input-list", samples], tmp_path / "small.h5ad") == 0
    monkeypatch.setattr(h5ad, "IN_MEMORY", 0)
    monkeypatch.setattr(rows, "_READ_ENTRIES", 60 * 7)
    blocks = []
    written = joined.write_blocks
    monkeypatch.setattr(
        joined, "write_blocks", lambda *given: written(*given[:2], map(seen(blocks), given[2]), *given[3:])
    )
    assert run(["--input-list", samples], tmp_path / output) == 0
    assert len(blocks) == 3 * 9
    assert max(blocks) == 7
    small = ad.read_h5ad(tmp_path / "small.h5ad")
    large = ad.read_zarr(tmp_path / output) if output.endswith("zarr") else ad.read_h5ad(tmp_path / output)
    np.testing.assert_array_equal(large.X.toarray(), small.X.toarray())
    np.testing.assert_allclose(large.obsm["X_scrcl_pca"], small.obsm["X_scrcl_pca"], atol=1e-4)
    assert set(large.obs) == set(small.obs)


def seen(blocks):
    def look(block):
        blocks.append(block.shape[0])
        return block

    return look


def test_what_not_all_files_have_is_told(samples, tmp_path, caplog):
    assert run(["--input-list", samples], tmp_path / "out.h5ad") == 0
    assert "obs that not all files have are left out: 'mine'" in caplog.text
    assert caplog.text.count("read AnnData .zarr") == 1
    assert "mine" not in ad.read_h5ad(tmp_path / "out.h5ad").obs


def test_the_report_shows_the_list(samples, tmp_path):
    assert run(["--input-list", samples], tmp_path / "out.h5ad", "--quiet") == 0
    assert main(["report", str(tmp_path / "out.h5ad"), "--html", str(tmp_path / "page.html"), "--quiet"]) == 0
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "scrcl-geo run --input-list samples --output out.h5ad" in page


def changed(name, change):
    def apply(folder):
        adata = ad.read_h5ad(folder / name)
        change(adata)
        adata.write_h5ad(folder / name)

    return apply


def other_genes(adata):
    adata.var_names = [f"other{i}" for i in range(adata.n_vars)]


def logged(adata):
    adata.X = adata.X.log1p()


def broken(adata):
    adata.X[0, 0] = np.nan


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (changed("b.h5ad", other_genes), "the files have no genes in common: found 0 of 60 in a"),
        (changed("b.h5ad", logged), "several kinds of values: found counts in a, log in b"),
        (changed("b.h5ad", broken), "b.h5ad: X holds values that are not finite"),
        (lambda folder: (folder / "b.h5ad").write_bytes(b"\x89HDF"), "b.h5ad"),
    ],
)
def test_a_file_that_does_not_fit_is_named_and_nothing_stays(samples, tmp_path, capsys, spoil, line):
    spoil(samples)
    assert run(["--input-list", samples], tmp_path / "out.h5ad", "--quiet") == 2
    told = capsys.readouterr().err
    assert line in told
    assert told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["samples"]


def test_one_source_is_named(samples, tmp_path, capsys):
    assert run([], tmp_path / "out.h5ad") == 2
    assert "a run takes INPUT or --input-list: found neither" in capsys.readouterr().err
    assert run([samples / "a.h5ad", "--input-list", samples], tmp_path / "out.h5ad") == 2
    assert "name one of the two" in capsys.readouterr().err


def test_what_a_killed_run_left_is_removed(samples, tmp_path):
    left = tmp_path / ".out.h5ad.abcd1234.scrcl.part"
    left.mkdir()
    (left / "joined.h5ad").write_text("half")
    assert run(["--input-list", samples], tmp_path / "out.h5ad", "--quiet") == 0
    assert not left.exists()

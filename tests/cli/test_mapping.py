"""``run --save-model`` and ``map`` as their users run them."""

import anndata as ad
import numpy as np
import pytest
from scipy import sparse

import scrcl_geo as sg
from scrcl_geo.cli import main


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "in.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=120, n_genes=80).write_h5ad(path)
    return path


def run(source, output, *extra):
    return main(["run", str(source), "--output", str(output), "--quiet", "--max-epochs", "3", *extra])


def assert_refused(code, folder, capsys, message):
    captured = capsys.readouterr()
    assert code == 2
    assert message in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert not (folder / "out.h5ad").exists()
    assert not list(folder.glob(".*"))


def test_saved_model_maps_new_cells(source, tmp_path, capsys):
    folder, mapped = tmp_path / "model", tmp_path / "mapped.h5ad"
    assert run(source, tmp_path / "o.h5ad", "--n-clusters", "5", "--save-model", str(folder)) == 0
    new = ad.read_h5ad(source)[:, 10:].copy()
    new.write_h5ad(tmp_path / "new.h5ad")
    arguments = ["map", str(folder), str(tmp_path / "new.h5ad"), "--output", str(mapped)]
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert "70 of the model's 80" in captured.out
    result = ad.read_h5ad(mapped)
    assert {"scrcl", "scrcl_confidence", "scrcl_unknown"} <= set(result.obs)
    assert result.obsm["X_scrcl"].shape[0] == result.n_obs
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mapped.h5ad", "model", "new.h5ad", "o.h5ad"]


@pytest.mark.parametrize("case", ["missing", "empty", "foreign", "cut", "swapped", "text"])
def test_bad_models_get_one_line_and_code_2(source, tmp_path, capsys, case):
    folder = tmp_path / "model"
    if case != "missing":
        folder.mkdir()
    if case == "foreign":
        (folder / "config.json").write_text('{"model_type": "bert"}')
    elif case == "text":
        (folder / "config.json").write_text("not JSON")
    elif case in ("cut", "swapped"):
        adata = ad.read_h5ad(source)
        sg.pp.graph(adata)
        model = sg.ScRCL(max_epochs=1)
        sg.tl.embed(adata, model=model, progress=False)
        sg.tl.cluster(adata, 3)
        model.remember(adata).save(folder)
        weights = (folder / "weights.safetensors").read_bytes()
        broken = "weights" if case == "cut" else "reference"
        cut = weights[:-100] if case == "cut" else weights
        (folder / f"{broken}.safetensors").write_bytes(cut)
    code = main(["map", str(folder), str(source), "--output", str(tmp_path / "out.h5ad"), "--quiet"])
    assert_refused(code, tmp_path, capsys, "model in")


def test_model_folders_are_checked_before_the_work(source, tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("precious")
    output = tmp_path / "out.h5ad"
    code = run(source, output, "--save-model", str(tmp_path))
    assert_refused(code, tmp_path, capsys, "a folder with other things in it")
    code = run(source, output, "--save-model", str(tmp_path / "model"), "--preset", "paper")
    assert_refused(code, tmp_path, capsys, "--save-model is not for --preset paper")


def test_the_published_method_has_no_batches(source, tmp_path, capsys):
    code = run(source, tmp_path / "out.h5ad", "--preset", "paper", "--batch-size", "64")
    assert_refused(code, tmp_path, capsys, "trains on all cells at once")


def test_one_cluster_leaves_no_model_and_the_run_ends_well(tmp_path, capsys):
    noise = np.random.default_rng(0).poisson(1, (300, 80)).astype(np.float32)
    source, output, model = tmp_path / "noise.h5ad", tmp_path / "o.h5ad", tmp_path / "model"
    ad.AnnData(sparse.csr_matrix(noise)).write_h5ad(source)
    assert (
        main(["run", str(source), "--output", str(output), "--max-epochs", "2", "--save-model", str(model)])
        == 0
    )
    assert ad.read_h5ad(output).obs["scrcl"].nunique() == 1
    assert "written" in capsys.readouterr().out
    assert not model.exists()

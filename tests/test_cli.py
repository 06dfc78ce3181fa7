"""The command line as its users run it: exit codes, one clear line, no partial output."""

import anndata as ad
import numpy as np
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "in.h5ad"
    sg.datasets.toy(n_slides=1, n_cells=120, n_genes=80).write_h5ad(path)
    return path


def run(source, output, *extra):
    return main(["run", str(source), "--output", str(output), "--quiet", "--max-epochs", "3", *extra])


def test_run_writes_everything_it_promises(source, tmp_path):
    output = tmp_path / "out.h5ad"
    assert run(source, output, "--n-clusters", "5") == 0
    result = ad.read_h5ad(output)
    assert list(result.obs["scrcl"].cat.categories) == ["0", "1", "2", "3", "4"]
    assert result.obs["scrcl"].cat.ordered
    sizes = result.obs["scrcl"].value_counts(sort=False).to_numpy()
    assert (np.diff(sizes) <= 0).all()
    assert result.obsm["X_scrcl"].dtype == np.float32
    assert result.varm["scrcl"].shape[0] == result.n_vars
    assert {"params", "losses", "seed", "versions", "stopped"} <= set(result.uns["scrcl"])
    assert set(result.uns["scrcl_associations"]["group"]) == {"0", "1", "2", "3", "4"}
    assert [p.name for p in tmp_path.iterdir()] == ["out.h5ad"]


def test_number_of_clusters_may_be_left_out(source, tmp_path):
    assert run(source, tmp_path / "out.h5ad") == 0
    result = ad.read_h5ad(tmp_path / "out.h5ad")
    found = result.uns["scrcl_n_clusters"]
    assert result.obs["scrcl"].nunique() == found["n_clusters"]
    assert found["n_clusters"] in set(found["table"]["n_clusters"])


def test_a_known_number_leaves_no_estimate(source, tmp_path):
    assert run(source, tmp_path / "one.h5ad") == 0
    assert run(tmp_path / "one.h5ad", tmp_path / "two.h5ad", "--n-clusters", "5") == 0
    assert "scrcl_n_clusters" not in ad.read_h5ad(tmp_path / "two.h5ad").uns


def test_labels_never_reach_the_result(source, tmp_path):
    """Removing and permuting all of obs changes no bit of the output."""
    blind, shuffled = ad.read_h5ad(source), ad.read_h5ad(source)
    blind.obs = blind.obs[[]]
    order = np.random.default_rng(0).permutation(shuffled.n_obs)
    for column in shuffled.obs:
        shuffled.obs[column] = shuffled.obs[column].to_numpy()[order]
    results = []
    for name, adata in {
        "as is": ad.read_h5ad(source),
        "blind": blind,
        "shuffled": shuffled,
    }.items():
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
        assert run(tmp_path / f"{name}.h5ad", tmp_path / "out.h5ad", "--n-clusters", "5") == 0
        results.append(ad.read_h5ad(tmp_path / "out.h5ad"))
    for other in results[1:]:
        assert np.array_equal(results[0].obsm["X_scrcl"], other.obsm["X_scrcl"])
        assert results[0].obs["scrcl"].equals(other.obs["scrcl"])
        assert results[0].uns["scrcl_associations"].equals(other.uns["scrcl_associations"])


def test_prints_a_summary(source, tmp_path, capsys):
    arguments = ["run", str(source), "--output", str(tmp_path / "o.h5ad"), "--n-clusters", "5"]
    assert main([*arguments, "--max-epochs", "3"]) == 0
    out = capsys.readouterr().out
    for word in ("cells", "edges near", "seconds in all", "peak memory", "top genes", "written:"):
        assert word in out


def test_info_tells_what_a_run_would_use(source, capsys):
    assert main(["info", str(source)]) == 0
    out = capsys.readouterr().out
    for word in ("120", "counts", "in space", "estimate", "seconds embed"):
        assert word in out


def edited(source, path, change):
    adata = ad.read_h5ad(source)
    adata.X = adata.X.toarray()
    change(adata)
    adata.write_h5ad(path)
    return path


def value(number):
    return lambda adata: adata.X.__setitem__((3, 3), number)


BAD_DATA = {
    "NaN": (value(np.nan), [], "not finite"),
    "infinite": (value(np.inf), [], "not finite"),
    "negative counts": (value(-2), [], "counts are negative"),
    "one gene": (None, [], "1 genes"),
    "no cells": (None, [], "0 cells"),
    "empty": (lambda a: setattr(a, "X", np.zeros(a.shape, np.float32)), [], "all zero"),
    "duplicate names": (lambda a: setattr(a, "obs_names", ["x"] * a.n_obs), [], "not unique"),
    "no coordinates": (lambda a: a.obsm.clear(), ["--spatial", "yes"], "is missing"),
    "constant coordinates": (
        lambda a: a.obsm.__setitem__("spatial", np.ones((a.n_obs, 2))),
        ["--spatial", "yes"],
        "is constant",
    ),
    "unknown layer": (value(1), ["--layer", "nothing"], "layers['nothing'] is missing"),
    "unknown batch": (value(1), ["--batch-key", "nothing"], "obs['nothing'] is missing"),
    "too many clusters": (value(1), ["--n-clusters", "121"], "fewer cells than clusters"),
    "one cluster": (value(1), ["--n-clusters", "1"], "too small: found 1"),
}


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_gets_one_line_and_code_2(source, tmp_path, capsys, case):
    change, extra, message = BAD_DATA[case]
    path = tmp_path / "bad.h5ad"
    if change is None:
        adata = ad.read_h5ad(source)
        (adata[:, :1] if case == "one gene" else adata[:0]).copy().write_h5ad(path)
    else:
        edited(source, path, change)
    assert_refused(run(path, tmp_path / "out.h5ad", *extra), tmp_path, capsys, message)


def test_scaled_input_with_fractions_is_fine(source, tmp_path):
    def scale(adata):
        adata.X = ((adata.X - adata.X.mean(0)) / (adata.X.std(0) + 1)).astype(np.float32)

    path = edited(source, tmp_path / "scaled.h5ad", scale)
    assert run(path, tmp_path / "out.h5ad", "--n-clusters", "5") == 0


@pytest.mark.parametrize("case", ["missing", "folder", "text", "truncated"])
def test_bad_files_get_one_line_and_code_2(source, tmp_path, capsys, case):
    path = tmp_path / "bad.h5ad"
    if case == "folder":
        path.mkdir()
    elif case == "text":
        path.write_text("not a file of this kind")
    elif case == "truncated":
        path.write_bytes(source.read_bytes()[:5000])
    assert_refused(run(path, tmp_path / "out.h5ad"), tmp_path, capsys, "cannot read")


@pytest.mark.parametrize("output", ["missing/out.h5ad", "."])
def test_unwritable_output_is_refused_before_the_work(source, tmp_path, capsys, output):
    assert_refused(run(source, tmp_path / output), tmp_path, capsys, "cannot write")


def test_a_folder_that_is_not_there_is_told_once(source, tmp_path, capsys):
    run(source, tmp_path / "missing" / "out.h5ad")
    assert capsys.readouterr().err.count("cannot write") == 1


def assert_refused(code, folder, capsys, message):
    captured = capsys.readouterr()
    assert code == 2
    assert message in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.out == ""
    assert not (folder / "out.h5ad").exists()
    assert not list(folder.glob("*.part"))


def test_an_earlier_output_survives_a_failed_run(source, tmp_path):
    output = tmp_path / "out.h5ad"
    output.write_text("precious")
    assert run(edited(source, tmp_path / "bad.h5ad", value(np.nan)), output) == 2
    assert output.read_text() == "precious"


def test_usage_errors_are_code_2():
    with pytest.raises(SystemExit) as error:
        main(["run", "x.h5ad"])
    assert error.value.code == 2


def test_paper_preset_runs(source, tmp_path, monkeypatch):
    from scrcl_geo.model._paper import table

    monkeypatch.setitem(table()["cells"], "hidden_channels", 16)  # the full setting takes minutes
    more = ("--n-clusters", "5", "--preset", "paper", "--max-epochs", "2", "--spatial", "no")
    assert run(source, tmp_path / "out.h5ad", *more) == 0
    result = ad.read_h5ad(tmp_path / "out.h5ad")
    assert result.uns["scrcl"]["params"]["preset"] == "paper"
    assert result.obsm["X_scrcl_refined"].shape == (120, 10)
    assert result.obs["scrcl"].nunique() == 5

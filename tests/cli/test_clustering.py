"""``cluster``: updates an output in place, whole or not at all."""

import anndata as ad
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    sg.datasets.toy(n_slides=1, n_cells=120, n_genes=80).write_h5ad(folder / "in.h5ad")
    assert (
        main(
            [
                "run",
                str(folder / "in.h5ad"),
                "--output",
                str(folder / "o.h5ad"),
                "--n-clusters",
                "4",
                "--max-epochs",
                "3",
                "--quiet",
            ]
        )
        == 0
    )
    return folder / "o.h5ad"


@pytest.fixture
def output(written, tmp_path):
    path = tmp_path / "out.h5ad"
    path.write_bytes(written.read_bytes())
    return path


@pytest.mark.parametrize("what", [["--n-clusters", "5,3"], ["--estimate"], ["--resolution", "0.5,1"]])
def test_clusters_anew_in_place(output, capsys, what):
    before = ad.read_h5ad(output)
    assert main(["cluster", str(output), *what]) == 0
    assert "stability of each" in capsys.readouterr().out
    after = ad.read_h5ad(output)
    assert (after.obsm["X_scrcl"] == before.obsm["X_scrcl"]).all()
    groups = set(after.obs["scrcl"].cat.categories)
    assert set(after.uns["scrcl_associations"]["group"]) == groups
    assert set(after.obs) >= set(after.uns["scrcl_partitions"]["keys"])
    if "5,3" in what:
        assert len(groups) == 5
        assert after.obs["scrcl_3"].nunique() == 3
    assert [p.name for p in output.parent.iterdir()] == ["out.h5ad"]


def test_bad_requests_leave_the_file_as_it_was(output, tmp_path, capsys):
    before = output.read_bytes()
    assert main(["cluster", str(output), "--n-clusters", "5,999"]) == 2
    assert "fewer cells than clusters" in capsys.readouterr().err
    assert output.read_bytes() == before
    sg.datasets.toy(n_slides=1, n_cells=50).write_h5ad(tmp_path / "raw.h5ad")
    assert main(["cluster", str(tmp_path / "raw.h5ad"), "--estimate"]) == 2
    assert "name a file that scrcl-geo run wrote" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["cluster", str(output)])

"""``annotate`` and ``compare``: an output is updated in place, whole or not at all."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg
from scrcl_geo.cli import main

MARKERS = {f"outer {d}": [f"marker_{d}_{10 * (d - 1) + g}" for g in range(5)] for d in range(1, 6)}


@pytest.fixture
def output(tmp_path):
    """Eight slides with clusters, in a folder of its own."""
    adata = sg.datasets.toy(n_slides=8, n_cells=60, n_genes=100)
    adata.obs["scrcl"] = pd.Categorical(adata.obs["domain"].cat.codes.astype(str), ordered=True)
    slide = adata.obs["slide"].cat.codes.to_numpy()
    adata.obs["treatment"] = pd.Categorical(np.where(slide < 4, "no", "yes"))
    folder = tmp_path / "outputs"
    folder.mkdir()
    adata.write_h5ad(folder / "out.h5ad")
    return folder / "out.h5ad"


def test_names_from_markers_then_by_hand(output, tmp_path, capsys):
    table = pd.DataFrame([(n, g) for n, genes in MARKERS.items() for g in genes], columns=["name", "gene"])
    table.to_csv(tmp_path / "markers.csv", index=False)
    assert main(["annotate", str(output), "--markers", str(tmp_path / "markers.csv")]) == 0
    assert "outer 1  (outer 1 " in capsys.readouterr().out
    named = ad.read_h5ad(output)
    assert (named.obs["scrcl_name"].astype(str).str[-1] == named.obs["domain"].astype(str).str[-1]).all()
    (tmp_path / "names.csv").write_text("cluster;name\n0;cortex, outermost\n")
    assert main(["annotate", str(output), "--names", str(tmp_path / "names.csv"), "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    renamed = ad.read_h5ad(output).uns["scrcl_annotation"]
    assert renamed["name"].tolist() == ["cortex, outermost", *(f"outer {d}" for d in range(2, 6))]
    assert [p.name for p in output.parent.iterdir()] == ["out.h5ad"]


def test_comparison_is_printed_kept_and_written(output, tmp_path, capsys):
    csv = tmp_path / "table.csv"
    asked = ["compare", str(output), "--condition", "treatment", "--sample", "slide", "--csv", str(csv)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "yes (4 samples) against no (4 samples)" in said
    assert "differ at .05: " in said
    kept = ad.read_h5ad(output).uns["scrcl_comparison"]
    written = pd.read_csv(csv, dtype={"group": str})
    assert written["group"].tolist() == kept["group"].tolist()
    np.testing.assert_allclose(written["pvals_adj"], kept["pvals_adj"])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["annotate", "--names", "bad.csv"], "no cluster '9'"),
        (["annotate", "--names", "twice.csv"], "are not unique"),
        (["annotate", "--markers", "none.csv"], "No such file"),
        (["annotate", "--markers", "bad.csv"], "has no column 'gene'"),
        (["annotate", "--names", "bad.csv", "--max-pvalue", "7"], "--max-pvalue is out of range"),
        (["compare", "--condition", "slide", "--sample", "slide"], "must hold two conditions"),
        (["compare", "--condition", "treatment", "--sample", "nothing"], "obs['nothing'] is missing"),
    ],
)
def test_bad_requests_leave_the_file_as_it_was(output, tmp_path, capsys, monkeypatch, asked, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("cluster,name\n9,x\n")
    (tmp_path / "twice.csv").write_text("cluster,name\n1,x\n1,y\n")
    before = output.read_bytes()
    assert main([asked[0], str(output), *asked[1:]]) == 2
    assert told in capsys.readouterr().err
    assert output.read_bytes() == before


def test_a_table_does_not_replace_the_output(output, capsys):
    asked = ["compare", str(output), "--condition", "treatment", "--sample", "slide", "--csv", str(output)]
    assert main(asked) == 2
    assert "--csv names the output itself" in capsys.readouterr().err

"""What the package writes reads back from .h5ad identical."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scrcl_geo as sg
from scrcl_geo._files.atomic import write_h5ad


@pytest.fixture
def result(adata):
    sg.tl.embed(adata, max_epochs=2, progress=False)
    sg.tl.cluster(adata, 5)
    sg.tl.associations(adata, cell_scores=True)
    return adata


def assert_same(a, b):
    if isinstance(a, dict):
        assert set(a) == set(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
    elif isinstance(a, list):
        assert list(a) == list(b)
    elif hasattr(a, "nnz"):
        assert (a != b).nnz == 0
    else:
        assert np.array_equal(a, b)


def test_h5ad_reads_back_identical(result, tmp_path):
    write_h5ad(result, tmp_path / "x.h5ad")
    back = ad.read_h5ad(tmp_path / "x.h5ad")
    for slot in ("obsm", "obsp", "varm", "varp", "layers", "uns"):
        assert_same(dict(getattr(result, slot)), dict(getattr(back, slot)))
    pd.testing.assert_frame_equal(result.obs, back.obs)
    pd.testing.assert_frame_equal(result.var, back.var)


def test_a_failed_write_keeps_the_old_file(result, tmp_path):
    target = tmp_path / "x.h5ad"
    target.write_text("precious")
    result.uns["unwritable"] = object()
    with pytest.raises(Exception, match="object"):
        write_h5ad(result, target)
    assert target.read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["x.h5ad"]


def test_new_files_have_the_usual_permissions(result, tmp_path):
    write_h5ad(result, tmp_path / "x.h5ad")
    (tmp_path / "plain").touch()
    assert (tmp_path / "x.h5ad").stat().st_mode == (tmp_path / "plain").stat().st_mode

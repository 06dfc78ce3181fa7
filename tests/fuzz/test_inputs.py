"""Whatever the AnnData: a finite result, or one line that says what is wrong and what to do."""

import numpy as np
import pytest
from fuzz.inputs import inputs
from hypothesis import HealthCheck, given, settings

from scrcl_geo import _pipeline
from scrcl_geo._validate import ScrclInputError

pytestmark = pytest.mark.filterwarnings("ignore")  # about names that are not unique, on purpose


def outcome(adata, how):
    """``"worked"`` or ``"refused"``; anything else is an error."""
    try:
        _pipeline.run(adata, _pipeline.Job(progress=False, **how))
    except ScrclInputError as error:
        message = str(error)
        assert ": found " in message
        assert "; " in message
        assert "\n" not in message
        return "refused"
    for key in ("X_scrcl_pca", "X_scrcl", "X_scrcl_refined"):
        assert np.isfinite(adata.obsm[key]).all(), key
    assert adata.obs["scrcl"].notna().all()
    table = adata.uns["scrcl_associations"]
    assert np.isfinite(table.select_dtypes("number").to_numpy()).all()
    return "worked"


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(inputs())
def test_a_finite_result_or_one_line(made):
    adata, how, _ = made
    assert outcome(adata.copy() if adata.is_view else adata, how) in ("worked", "refused")

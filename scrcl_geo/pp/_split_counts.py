"""Two independent halves of the counts of the same cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features import checks
from scrcl_geo._features.values import COUNTS, detect_values

if TYPE_CHECKING:
    from anndata import AnnData


def split_counts(
    adata: AnnData, *, layer: str | None = None, share: float = 0.5, seed: int = 0
) -> tuple[AnnData, AnnData]:
    """Split the counts of each cell at random in two: one half to cluster, one to test the clusters on.

    Every molecule goes to the first half with probability ``share``. Where counts are Poisson given the
    cell, the halves are independent, so that p-values from the second hold for clusters found in the first;
    where they vary more, nearly so. The price is depth: what few molecules tell is found less often.

    Parameters
    ----------
    adata
        Whole counts in ``X`` or a layer.
    layer
        Layer with the counts.
    share
        Of the molecules in the first half.
    seed
        Of the draw.

    Returns
    -------
    tuple
        Two copies of ``adata``, whose ``X`` or layer add up to the counts.

    Raises
    ------
    ScrclInputError
        The values are no counts, or ``share`` is not between 0 and 1.

    Source: Neufeld et al., Inference after latent variable estimation for single-cell RNA sequencing data
    (Biostatistics 2024).

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> found, tested = sg.pp.split_counts(adata)
    >>> bool(abs(found.X + tested.X - adata.X).max() == 0)
    True
    """
    _validate.within("share", share, 0.01, 0.99)
    adata = adata.to_memory() if adata.isbacked else adata
    matrix = checks.data_matrix(adata, layer)
    kind = detect_values(matrix)
    if kind != COUNTS:
        raise _validate.fail(
            "only counts can be split", f"{kind} values", "pass whole counts in X or a layer"
        )
    counts = sparse.csr_matrix(matrix)
    first = counts.copy()
    first.data[:] = np.random.default_rng(seed).binomial(np.rint(counts.data).astype(np.int64), share)
    halves = []
    for half in (first, counts - first):
        copy = adata.copy()
        half.eliminate_zeros()
        if layer is None:
            copy.X = half
        else:
            copy.layers[layer] = half
        halves.append(copy)
    return halves[0], halves[1]

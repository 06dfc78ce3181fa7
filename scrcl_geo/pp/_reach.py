"""The reach of a tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scrcl_geo import _keys, _validate
from scrcl_geo._features.composition import types_of
from scrcl_geo._features.inputs import InputMap
from scrcl_geo._neighbors.reach import REACHES, information_by_reach

if TYPE_CHECKING:
    from anndata import AnnData


def reach(adata: AnnData, *, n_types: int = 8, seed: int = 0) -> int:
    """Measure within how many hops the cells of a tissue are alike; reads no label.

    Cells are sorted into a few coarse types, some are hidden, and their types are predicted by those around
    them: the reach is the number of hops at which that succeeds best. It is 1 to 3 where domains are thin
    or spots are wide, and 16 or more where single cells make large domains.

    Parameters
    ----------
    n_types
        Types per transform of the input.
    seed
        Of the sorting and of the cells that are hidden.

    Returns
    -------
    int
        The reach. Also writes ``uns["scrcl_reach"]``, a dict: ``reach`` int, ``hops`` int64 (R,), and
        ``information`` float64 (R,), the gain in nats at each.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy()
    >>> sg.pp.select_genes(adata); sg.pp.pca(adata)
    >>> sg.pp.spatial_neighbors(adata, batch_key="slide")
    >>> sg.pp.reach(adata) > 1
    True
    """
    _validate.at_least("n_types", n_types, 2)
    remedy = "run sg.pp.spatial_neighbors(adata) first"
    adjacency = _validate.key(adata.obsp, _keys.SPATIAL_CONNECTIVITIES, slot="obsp", do=remedy)
    x = np.asarray(_validate.key(adata.obsm, _keys.PCA, slot="obsm", do="run sg.pp.pca(adata) first"))
    n_types = min(n_types, adata.n_obs)
    types = [types_of(block, n_types, seed) for block in InputMap.of(adata).blocks(x)]
    information = information_by_reach(types, adjacency.tocsr(), seed=seed)
    found = int(REACHES[int(np.argmax(information))])
    adata.uns[_keys.REACH] = {"reach": found, "hops": np.array(REACHES), "information": information}
    return found

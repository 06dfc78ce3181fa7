"""From a trained, clustered AnnData to what mapping needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _keys, _validate
from scrcl_geo._features.expression import used_expression
from scrcl_geo._features.rows import column_sums
from scrcl_geo._mapping.classifier import calibrated, fit_classifier, regions
from scrcl_geo._mapping.reference import Genes, Reference

if TYPE_CHECKING:
    from anndata import AnnData

_REMEDY = "run sg.tl.embed(adata) and sg.tl.cluster(adata) first"


def remember(adata: AnnData, *, groupby: str, n_cells: int, seed: int) -> Reference:
    """The reference in training cells with ``X_scrcl`` and clusters.

    Raises
    ------
    ScrclInputError
        No embedding or no clusters.
    """
    key = _keys.EMBEDDING
    results = _validate.key(adata.uns, _keys.RESULTS, slot="uns", do=_REMEDY)
    embedding = np.asarray(_validate.key(adata.obsm, key, slot="obsm", do=_REMEDY))
    groups = _validate.key(adata.obs, groupby, slot="obs", do=_REMEDY).astype("category")
    groups = groups.cat.remove_unused_categories()
    n_groups = len(groups.cat.categories)
    if n_groups < 2:
        raise _validate.fail(f"obs[{groupby!r}] is no clustering", f"{n_groups} clusters", "name another")
    codes = groups.cat.codes.to_numpy()
    known = np.flatnonzero(codes >= 0)
    if len(known) > 10 * n_cells:  # a linear classifier gains nothing from more
        known = np.sort(np.random.default_rng(seed).choice(known, 10 * n_cells, replace=False))
    sample = np.sort(np.random.default_rng(seed).permutation(adata.n_obs)[:n_cells])
    in_space = _keys.SPATIAL_CONNECTIVITIES in adata.obsp
    used = np.flatnonzero(adata.var[_keys.USED_GENES].to_numpy(dtype=bool))
    classifier = fit_classifier(embedding[known], codes[known], n_groups)
    judged = sample[codes[sample] >= 0]
    places = regions((adata.obsm[_keys.SPATIAL] if in_space else embedding)[judged], seed)
    return Reference(
        genes=_genes(adata),
        clusters=groups.cat.categories.astype(str).tolist(),
        reading={name: _plain(value) for name, value in adata.uns[_keys.GRAPH_PARAMS].items()},
        neighbors={
            name: int(adata.uns[name]["params"]["n_neighbors"])
            for name in (_keys.NEIGHBORS, *([_keys.SPATIAL_NEIGHBORS] if in_space else []))
        },
        from_network=bool(_validate.key(results, "from_network", slot="uns['scrcl']", do=_REMEDY)),
        n_hops=int(results["n_hops"]),
        features=np.asarray(adata.obsm[_keys.PCA])[sample].astype(np.float16),
        expression=_rounded(used_expression(adata[sample])),
        classifier=calibrated(classifier, embedding[judged], codes[judged], places),
        coexpression=adata.varp[_keys.COEXPRESSION_CONNECTIVITIES][used][:, used].tocsr(),
    )


def _genes(adata: AnnData) -> Genes:
    layer = adata.uns[_keys.GRAPH_PARAMS]["layer"]
    sums = column_sums(adata.layers[layer] if layer else adata.X)
    shares = sums / max(sums.sum(), np.finfo(np.float32).tiny)
    used = adata.var[_keys.USED_GENES].to_numpy(dtype=bool)
    return Genes(adata.var_names.astype(str).tolist(), used, shares.astype(np.float32))


def _rounded(x: sparse.csr_matrix) -> sparse.csr_matrix:
    """In the precision that is saved, so that a saved model maps alike."""
    return sparse.csr_matrix((x.data.astype(np.float16).astype(np.float32), x.indices, x.indptr), x.shape)


def _plain(value: Any) -> Any:
    """A number or string as JSON knows it."""
    return value.item() if isinstance(value, np.generic) else value

"""Synthetic slides of layered tissue with everything planted that the package should find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from scrcl_geo import _keys, _validate

if TYPE_CHECKING:
    from anndata import AnnData


def toy(
    n_slides: int = 2,
    n_cells: int = 1500,
    n_genes: int = 200,
    *,
    n_domains: int = 5,
    n_markers: int = 10,
    fold_change: float = 4.0,
    dropout: float = 0.3,
    spatial: bool = True,
    overlap: bool = False,
    seed: int = 0,
) -> AnnData:
    """Counts of layered tissue: domains, marker genes, dropout and a library-size effect.

    Parameters
    ----------
    n_slides
        Slides, stacked.
    n_cells, n_genes
        Cells per slide and genes in all. By default the layers are about eight cells thick, as the cortical
        layers of a Visium slide are.
    n_domains
        Layers per slide, of unequal thickness, with wavy borders.
    n_markers
        Marker genes per domain, expressed ``fold_change`` times as much in it.
    dropout
        Share of counts set to zero at random.
    spatial
        False leaves out the coordinates and shuffles the cells.
    overlap
        Give all slides the same range of coordinates instead of putting them side by side.
    seed
        Seed of the random generator.

    Returns
    -------
    AnnData
        ``X`` counts as float32 CSR (n_slides * n_cells, n_genes); ``obs["domain"]`` and
        ``obs["slide"]`` categorical; ``obsm["spatial"]`` in microns; ``var["marker_of"]`` the domain of a
        marker gene, or "".

    Examples
    --------
    >>> toy(n_slides=1, n_cells=100).shape
    (100, 200)
    """
    from anndata import AnnData

    _validate.at_least("n_genes", n_genes, n_domains * n_markers)
    _validate.at_least("n_cells", n_cells, n_domains)
    rng = np.random.default_rng(seed)
    spacing = 50.0  # microns between neighbouring spots

    width = int(np.ceil(np.sqrt(n_cells)))
    grid = np.stack(np.divmod(np.arange(n_cells), width), axis=1).astype(float)  # (n, 2)
    base = rng.gamma(0.5, 1.0, n_genes) + 0.05
    marker_of = np.repeat(
        [*range(n_domains), -1], [*[n_markers] * n_domains, n_genes - n_domains * n_markers]
    )
    base[marker_of >= 0] = rng.uniform(0.4, 1.2, (marker_of >= 0).sum())
    rates = np.where(marker_of[None] == np.arange(n_domains)[:, None], fold_change, 1.0) * base

    counts, domains, positions = [], [], []
    for slide in range(n_slides):
        # layers between random quantiles of depth, the depth bent by a wave
        depth = grid[:, 0] + 0.06 * width * np.sin(2 * np.pi * grid[:, 1] / width + rng.uniform(0, 6))
        thickness = rng.dirichlet(np.full(n_domains, 20.0))
        borders = np.quantile(depth, np.cumsum(thickness)[:-1])
        domain = np.searchsorted(borders, depth, side="right")
        library = rng.lognormal(0.0, 0.4, (n_cells, 1))
        mean = library * rates[domain] * rng.gamma(4.0, 0.25, (n_cells, n_genes))
        counts.append(rng.poisson(mean) * (rng.random(mean.shape) >= dropout))
        domains.append(domain)
        position = grid + rng.normal(0, 0.1, grid.shape)
        position[:, 1] += 0 if overlap else slide * (width + 5)
        positions.append(position * spacing)

    domain = np.concatenate(domains)
    obs = pd.DataFrame(
        {
            "domain": pd.Categorical([f"layer_{d + 1}" for d in domain]),
            "slide": pd.Categorical(np.repeat([f"slide_{s + 1}" for s in range(n_slides)], n_cells)),
        },
        index=[f"cell_{i}" for i in range(len(domain))],
    )
    var = pd.DataFrame(
        {"marker_of": [f"layer_{d + 1}" if d >= 0 else "" for d in marker_of]},
        index=[f"gene_{g}" if d < 0 else f"marker_{d + 1}_{g}" for g, d in enumerate(marker_of)],
    )
    adata = AnnData(sparse.csr_matrix(np.concatenate(counts).astype(np.float32)), obs=obs, var=var)
    if spatial:
        adata.obsm[_keys.SPATIAL] = np.concatenate(positions)
        return adata
    return adata[rng.permutation(adata.n_obs)].copy()

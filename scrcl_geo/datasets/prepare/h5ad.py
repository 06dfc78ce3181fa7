"""AnnData as others publish it: the annotation renamed, the rest left out. Also for MOSTA's embryos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._files.h5ad import read_h5ad
from scrcl_geo.datasets.prepare._layout import layout

if TYPE_CHECKING:
    from anndata import AnnData


def convert(
    files: Sequence[Path],
    *,
    label: str = "annotation",
    label_key: str = "domain",
    keep: Mapping[str, str] | None = None,
    layer: str | None = None,
    spatial: str = _keys.SPATIAL,
) -> AnnData:
    """One file; ``label`` becomes ``label_key``, and other columns of labels to ``keep`` are renamed, too.

    Counts come from ``layer`` where there is one of that name, else from ``X``.
    """
    source = read_h5ad(files[0])
    columns = {**{new: old for old, new in (keep or {}).items()}, label_key: label}
    return layout(
        source.layers[layer] if layer is not None and layer in source.layers else source.X,
        cells=source.obs_names,
        genes=source.var_names,
        labels={new: _validate.key(source.obs, old, slot="obs") for new, old in columns.items()},
        spatial=source.obsm[spatial][:, :2] if spatial in source.obsm else None,
    )

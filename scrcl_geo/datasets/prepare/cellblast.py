"""Cell BLAST's collection: ``.h5`` with ``exprs``, ``obs``, ``obs_names`` and ``var_names``, or ``.h5ad``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo.datasets.prepare import h5ad
from scrcl_geo.datasets.prepare._layout import layout

if TYPE_CHECKING:
    from anndata import AnnData

# names of the annotation over the years, the best one first
_LABELS = ("cell_ontology_class", "cell_type1", "cell_type")


def convert(files: Sequence[Path], *, label: str | None = None, label_key: str = "cell_type") -> AnnData:
    """One file of either form; the annotation is ``label`` or the usual column there is."""
    import h5py

    with h5py.File(files[0]) as file:
        columns = _validate.key(file, "obs", slot=files[0].name, do="take the file as published")
        label = label or next((name for name in _LABELS if name in columns), _LABELS[0])
        if "exprs" in file:
            annotation = _validate.key(columns, label, slot="obs")[()]
            return layout(
                _matrix(file["exprs"]),
                cells=_text(file["obs_names"][()]),
                genes=_text(file["var_names"][()]),
                labels={label_key: _text(annotation)},
            )
    return h5ad.convert(files, label=label, label_key=label_key)


def _matrix(stored: Any) -> Any:
    """Cells × genes, dense or as the parts of a CSR matrix."""
    if not hasattr(stored, "keys"):
        return stored[()]
    parts = (stored["data"][()], stored["indices"][()], stored["indptr"][()])
    return sparse.csr_matrix(parts, shape=tuple(stored["shape"][()]))


def _text(values: Any) -> list[str | None]:
    """Names as text; empty ones count as missing."""
    names = [v.decode() if isinstance(v, bytes) else str(v) for v in values]
    return [name if name not in ("", "nan") else None for name in names]

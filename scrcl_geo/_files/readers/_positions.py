"""A table with a row per cell joined to counts: what Space Ranger and Xenium write beside each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _keys, _validate
from scrcl_geo._files.readers import _tenx

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData


def read_counts(folder: Path, name: str) -> AnnData:
    """Counts in ``name.h5`` or in the .mtx folder ``name``.

    Raises
    ------
    ScrclInputError
        Neither is there.
    """
    if (folder / f"{name}.h5").exists():
        return _tenx.read_h5(folder / f"{name}.h5")
    if (folder / name).is_dir():
        return _tenx.read_mtx(folder / name)
    found = _validate.shown([entry.name for entry in sorted(folder.iterdir())])
    raise _validate.fail(f"no {name}.h5 in {folder}", found, "copy it there")


def add_positions(
    adata: AnnData, table: pd.DataFrame, xy: tuple[str, str], *, units: str, obs: list[str]
) -> None:
    """Write the columns ``xy`` of the table to ``obsm["spatial"]``, the columns ``obs`` to ``obs``.

    Raises
    ------
    ScrclInputError
        A cell has no row in the table.
    """
    missing = ~adata.obs_names.isin(table.index)
    if missing.any():
        raise _validate.fail(
            "positions are missing",
            f"{missing.sum()} of {adata.n_obs} cells without one",
            "take counts and positions of the same run",
        )
    table = table.loc[adata.obs_names]
    adata.obsm[_keys.SPATIAL] = table[list(xy)].to_numpy("float64")
    for column in obs:
        adata.obs[column] = table[column].to_numpy()
    adata.uns[_keys.UNITS] = units

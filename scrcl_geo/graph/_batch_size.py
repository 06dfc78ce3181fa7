"""How many cells one training step takes."""

from __future__ import annotations

from scrcl_geo import _validate

CELLS = 2048


def resolve_batch_size(batch_size: int | str, n_cells: int) -> int | str:
    """Cells per training step: a number below ``n_cells``, or ``"full"``, which is also what a graph of up to
    one and a half batches is for ``"auto"``.

    Raises
    ------
    ScrclInputError
        Neither ``"auto"`` nor ``"full"`` nor a number of at least 2.
    """
    if isinstance(batch_size, str):
        _validate.one_of("batch_size", batch_size, ("auto", "full"))
        return "full" if batch_size == "full" or round(n_cells / CELLS) < 2 else CELLS
    _validate.at_least("batch_size", batch_size, 2)
    return "full" if batch_size >= n_cells else batch_size

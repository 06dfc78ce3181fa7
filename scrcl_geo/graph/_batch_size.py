"""How many cells one training step takes."""

from __future__ import annotations

from scrcl_geo import _validate

CELLS = 2048
CELLS_IN_SPACE = 8192  # a batch must hold whole surroundings, 16 hops wide


def resolve_batch_size(batch_size: int | str, n_cells: int, *, in_space: bool) -> int | str:
    """Cells per training step: a number below ``n_cells``, or ``"full"``, which is also what a graph of up to
    two batches is for ``"auto"``.

    Raises
    ------
    ScrclInputError
        Neither ``"auto"`` nor ``"full"`` nor a number of at least 2.
    """
    if isinstance(batch_size, str):
        _validate.one_of("batch_size", batch_size, ("auto", "full"))
        size = CELLS_IN_SPACE if in_space else CELLS
        return "full" if batch_size == "full" or n_cells <= 2 * size else size
    _validate.at_least("batch_size", batch_size, 2)
    return "full" if batch_size >= n_cells else batch_size

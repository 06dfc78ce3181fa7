"""Expression of new cells with the genes of the training cells, in their order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features.expression import Expression
from scrcl_geo._features.rows import in_memory, row_sums
from scrcl_geo._features.values import COUNTS, NORMALIZED, SCALED, detect_values

if TYPE_CHECKING:
    import pandas as pd

    from scrcl_geo._mapping.reference import Genes

logger = logging.getLogger(__name__)

_LEAST_SHARE = 0.1  # of the genes in use; with fewer, names are likely of another kind or species


class Alignment:
    """Where new cells have the genes in use; ``present`` (n_used,) says which of these they have.

    Shapes: ``names`` the G' genes of the new cells.

    Raises
    ------
    ScrclInputError
        Fewer than a tenth of the genes in use.
    """

    def __init__(self, names: pd.Index, genes: Genes, reading: dict[str, Any]) -> None:
        column = names.get_indexer(genes.names)  # (G,), -1 where missing
        measured = column >= 0
        self.present = measured[genes.used]
        _enough(self.present, names, genes)
        self._common = np.zeros(len(names), dtype=bool)
        self._common[column[measured]] = True
        position = np.cumsum(self._common) - 1  # column of each gene among the common ones
        rows = position[column[genes.used][self.present]]
        entries = (np.ones(len(rows), np.float32), (rows, np.flatnonzero(self.present)))
        self._pick = sparse.csr_matrix(entries, (int(self._common.sum()), len(self.present)))
        share = float(genes.shares[measured].sum())
        by_size = reading["values"] in (COUNTS, NORMALIZED) and share > 0
        self._share, self._reading = share if by_size else 1.0, reading

    def expression(self, matrix: Any) -> Expression:
        """Columns of the genes in use, zero where missing, and library sizes over the genes of training.

        Where genes were not measured, library sizes grow by the share that these have in the training counts.
        Shapes: ``matrix`` (N, G'), in memory or on disk.

        Raises
        ------
        ScrclInputError
            Values of another kind.
        """
        kind, trained = detect_values(matrix), self._reading["values"]
        if kind != trained and {kind, trained} & {COUNTS, SCALED}:
            raise _validate.fail(
                "expression values are of another kind than the model's",
                f"{kind} here, {trained} in training",
                f"name a layer that holds {trained} values",
            )
        values, _ = in_memory(
            matrix[:, self._common] if not self._common.all() else matrix, np.ones(self._common.sum(), bool)
        )
        totals = row_sums(values) / self._share
        return Expression(values @ self._pick, totals, trained, self._reading.get("target_sum"))


def _enough(present: np.ndarray, names: pd.Index, genes: Genes) -> None:
    n_used, n_missing = len(present), int((~present).sum())
    if present.sum() < max(2, _LEAST_SHARE * n_used):
        raise _validate.fail(
            f"{n_missing} of the {n_used} genes of the model are missing",
            _validate.shown(names, 3),
            f"name genes as in training, such as {_validate.shown(genes.names, 3)}",
        )
    if n_missing:
        logger.warning("%d of the %d genes of the model are missing in the new cells", n_missing, n_used)

"""Expression of new cells with the genes of the training cells, in their order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import sparse

from scrcl_geo import _validate
from scrcl_geo._features import checks
from scrcl_geo._features.expression import Expression
from scrcl_geo._features.rows import in_memory, row_sums
from scrcl_geo._features.values import COUNTS, NORMALIZED, SCALED, detect_values

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo._mapping.reference import Genes

logger = logging.getLogger(__name__)

_LEAST_SHARE = 0.1  # of the genes in use; with fewer, names are likely of another kind or species


class Aligned(NamedTuple):
    """New cells in the genes in use, and which of these they have, (n_used,)."""

    expression: Expression
    present: np.ndarray


def align(adata: AnnData, genes: Genes, reading: dict[str, Any], layer: str | None) -> Aligned:
    """Columns of the genes in use, zero where missing, and library sizes over the genes of training.

    Where genes were not measured, library sizes grow by the share that these have in the training counts.

    Raises
    ------
    ScrclInputError
        Values of another kind, or fewer than a tenth of the genes.
    """
    matrix = checks.data_matrix(adata, layer)
    kind, trained = detect_values(matrix), reading["values"]
    if kind != trained and {kind, trained} & {COUNTS, SCALED}:
        raise _validate.fail(
            "expression values are of another kind than the model's",
            f"{kind} here, {trained} in training",
            f"name a layer that holds {trained} values",
        )
    column = adata.var_names.get_indexer(genes.names)  # (G,), -1 where missing
    measured = column >= 0
    present = measured[genes.used]
    _enough(present, adata, genes)

    common = np.zeros(adata.n_vars, dtype=bool)
    common[column[measured]] = True
    values, _ = in_memory(matrix[:, common] if not common.all() else matrix, np.ones(common.sum(), bool))
    position = np.cumsum(common) - 1  # column of each gene among the common ones
    rows = position[column[genes.used][present]]
    pick = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, np.flatnonzero(present))), (int(common.sum()), len(present))
    )
    share = float(genes.shares[measured].sum())
    totals = row_sums(values) / (share if trained in (COUNTS, NORMALIZED) and share > 0 else 1.0)
    return Aligned(Expression(values @ pick, totals, trained, reading.get("target_sum")), present)


def _enough(present: np.ndarray, adata: AnnData, genes: Genes) -> None:
    n_used, n_missing = len(present), int((~present).sum())
    if present.sum() < max(2, _LEAST_SHARE * n_used):
        raise _validate.fail(
            f"{n_missing} of the {n_used} genes of the model are missing",
            _validate.shown(adata.var_names, 3),
            f"name genes as in training, such as {_validate.shown(genes.names, 3)}",
        )
    if n_missing:
        logger.warning("%d of the %d genes of the model are missing in the new cells", n_missing, n_used)

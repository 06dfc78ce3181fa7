"""Tables with a row per gene, which would be read as cells."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from scrcl_geo import _validate

if TYPE_CHECKING:
    from anndata import AnnData

_BARCODE = re.compile(r"([A-Za-z0-9]+[_:-])?[ACGT]{8,}([_-].*)?")
_GENE = re.compile(r"ENS[A-Z]*G\d{6,}.*|mt-.+|gapdh|actb|malat1|rp[ls]\d+[a-z]*", re.IGNORECASE)
_LOOKED_AT = 10_000  # names
_SURE = 2  # names of genes, beside none among the columns


def refuse_sideways(adata: AnnData) -> None:
    """Fail where the names of the cells are those of genes, or the names of the genes barcodes.

    Raises
    ------
    ScrclInputError
        They are; the message shows some.
    """
    rows, columns = adata.obs_names, adata.var_names
    genes, barcodes = _like(_GENE, rows), _like(_BARCODE, columns)
    if len(barcodes) > len(columns) / 2 or (len(genes) >= _SURE and not _like(_GENE, columns)):
        found = f"cells named {_validate.shown(rows[:2])}, genes named {_validate.shown(columns[:2])}"
        raise _validate.fail("the table has a row for each gene", found, "transpose it: a row for each cell")


def _like(form: re.Pattern[str], names: Iterable[object]) -> list[str]:
    return [name for name in map(str, islice(names, _LOOKED_AT)) if form.fullmatch(name)]

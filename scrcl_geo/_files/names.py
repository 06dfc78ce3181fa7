"""Tables of names that people keep: marker genes of cell types, and names of clusters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrcl_geo import _validate

if TYPE_CHECKING:
    import pandas as pd

_NAME = ("name", "cell_type", "celltype", "type", "layer", "source")  # source, target: decoupler's
_GENE = ("gene", "marker", "symbol", "target")
_CLUSTER = ("cluster", "group")
Markers = dict[str, dict[str, float]]


def read_markers(path: str | Path) -> Markers:
    """Marker genes and their weights by name, from ``.gmt`` or from a table of text with a header.

    A table has a row for each name and gene, columns ``name`` and ``gene`` (or decoupler's ``source`` and
    ``target``), and may have ``weight``: below 0 for a gene that should be absent.

    Raises
    ------
    ScrclInputError
        No such file, no such columns, or a weight that is no number.
    """
    path = Path(path)
    if path.suffix.lower() == ".gmt":
        rows = [line.split("\t") for line in _text(path).splitlines() if line.strip()]
        return {row[0].strip(): {gene.strip(): 1.0 for gene in row[2:] if gene.strip()} for row in rows}
    return markers_of(_table(path), str(path))


def markers_of(table: pd.DataFrame, what: str) -> Markers:
    """Marker genes and their weights by name, from a table; see :func:`read_markers`."""
    import pandas as pd

    columns = {str(column).strip().lower(): column for column in table.columns}
    name, gene = _column(columns, _NAME, what), _column(columns, _GENE, what)
    weights = pd.Series(1.0, index=table.index)
    if "weight" in columns:
        weights = pd.to_numeric(table[columns["weight"]], errors="coerce")
    found: Markers = {}
    for one, symbol, weight in zip(table[name], table[gene], weights, strict=True):
        if pd.isna(one) or pd.isna(symbol):
            continue
        if pd.isna(weight):
            raise _validate.fail(f"{what} has a weight that is no number", f"for {symbol}", "correct it")
        found.setdefault(str(one).strip(), {})[str(symbol).strip()] = float(weight)
    return found


def read_names(path: str | Path) -> dict[str, str]:
    """Names of clusters, from a table of text with columns ``cluster`` and ``name``."""
    path = Path(path)
    table = _table(path)
    columns = {str(column).strip().lower(): column for column in table.columns}
    clusters, names = _column(columns, _CLUSTER, str(path)), _column(columns, _NAME, str(path))
    known = table.dropna(subset=[clusters, names])
    _validate.unique(f"clusters of {path}", list(known[clusters]))
    return {
        str(cluster).strip(): str(name).strip()
        for cluster, name in zip(known[clusters], known[names], strict=True)
    }


def _column(columns: dict[str, str], accepted: tuple[str, ...], what: str) -> str:
    for column in accepted:
        if column in columns:
            return columns[column]
    raise _validate.fail(f"{what} has no column {accepted[0]!r}", _validate.shown(columns), "name one so")


def _table(path: Path) -> pd.DataFrame:
    import io
    import warnings

    import pandas as pd

    text = _text(path)
    head = text.split("\n", 1)[0]
    separator = max("\t;,", key=head.count)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than the header has columns
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                index_col=False,
                skipinitialspace=True,
                keep_default_na=False,  # "NA" and "None" are names
                na_values=[""],
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        found = " ".join(str(error).split())
        raise _validate.fail(f"{path} is no table", found, "write a header and a row for each") from error


def _text(path: Path) -> str:
    remedy = "name a .gmt file or a table of text"
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _validate.fail(f"cannot read {path}", "bytes that are no text", remedy) from error
    except OSError as error:
        raise _validate.fail(f"cannot read {path}", error.strerror or str(error), remedy) from error

"""The report: one page, everything in it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrcl_geo import _keys
from scrcl_geo._files.atomic import check_writable, write_text
from scrcl_geo._version import __version__

if TYPE_CHECKING:
    from anndata import AnnData

    from scrcl_geo.pl._report._source import Source

# in the order in which the page runs them
SCRIPTS = (
    *("theme.js", "state.js", "genes.js", "colour.js", "views.js", "hover.js", "select.js", "slides.js"),
    *("figures.js", "names.js", "search.js", "save.js", "svg.js", "print.js", "share.js", "page.js"),
)


def report(
    adata: AnnData,
    path: str | Path,
    *,
    title: str = "scrcl_geo report",
    groupby: str = _keys.CLUSTERS,
    batch_key: str | None = None,
    n_genes: int = 5,
    max_cells: int = 200_000,
    seed: int = 0,
    output: str = "OUT.h5ad",
) -> Path:
    """Write a result as one web page that needs no network: linked views, genes, quality, parameters.

    Shows what the AnnData holds and leaves out what it does not. Every gene can be sought, cells are selected
    and taken along as CSV, clusters renamed, tables saved as CSV and figures as SVG; the address holds the
    view. Drawn is ``obsm["X_scrcl_umap"]``, else ``obsm["X_umap"]``; where neither is there, the cells are
    laid out for the page. Names of clusters are those of ``obs["scrcl_name"]``. The AnnData is never edited.

    Parameters
    ----------
    adata
        As ``scrcl-geo run`` wrote it, or :func:`scrcl_geo.tl.cluster` left it.
    path
        File to write, completely or not at all.
    title
        Heading of the page.
    groupby
        Column of ``obs`` with the clusters.
    batch_key
        Column of ``obs`` with the sample or slide: samples are drawn side by side. By default the one that
        the run recorded.
    n_genes
        Genes per cluster in the heat map and the dot plot; twice as many are listed to colour the cells by.
    max_cells
        Cells drawn in the linked views; of more, a random sample. All numbers are of all cells. Of many
        cells, genes other than the clusters' own are drawn in a sample too, and the page says so.
    seed
        Of the layout and of the sample.
    output
        Name of the AnnData's file, for the commands that the page shows.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ScrclInputError
        No clusters, no embedding, or a path that cannot be written.

    Examples
    --------
    >>> import scrcl_geo as sg
    >>> adata = sg.datasets.toy(n_slides=1, n_cells=100)
    >>> sg.pp.graph(adata)
    >>> sg.tl.umap(adata, use_rep="X_scrcl_pca")
    >>> table = sg.tl.associations(adata, groupby="domain", use_rep="X_scrcl_pca")
    >>> import tempfile
    >>> page = sg.pl.report(adata, tempfile.mkdtemp() + "/report.html", groupby="domain")
    >>> page.name
    'report.html'
    """
    from scrcl_geo.pl._report import _source

    check_writable(path)
    source = _source.read(adata, groupby, batch_key, max_cells, seed)
    write_text(render(source, title, n_genes, output), path)
    return Path(path)


def render(source: Source, title: str, n_genes: int, output: str) -> str:
    """The page as text."""
    import jinja2
    from jinja2.utils import htmlsafe_json_dumps
    from plotly.offline import get_plotlyjs

    from scrcl_geo.pl._log_values import depth
    from scrcl_geo.pl._report import _all_genes, _cells, _content, _places

    assets = resources.files("scrcl_geo.pl._report") / "assets"

    def asset(name: str) -> str:
        return (assets / name).read_text(encoding="utf-8")

    counted = depth(source.adata)
    panels = _content.panels(source, n_genes, counted)
    views = _places.views(source)
    words = _content.words(source, counted, output)
    expression = _all_genes.store(source, 2 * n_genes, counted)
    data = {
        "title": title,
        "cells": [str(name) for name in source.adata.obs_names[source.drawn]],
        "columns": _cells.columns(source, counted),
        "views": views,
        "genes": expression.index,
        "clusters": {
            "names": source.clusters,
            "given": source.given,
            "colors": source.colors,
            "sizes": source.sizes.tolist(),
            "genes": list(source.top_genes(n_genes).values()),
        },
        "figures": {name: json.loads(figure.to_json()) for name, (figure, _) in panels.items()},
        "tables": _content.tables(source, panels, words["parameters"]),
    }
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(asset("page.html")).render(
        title=title,
        version=__version__,
        plotly=get_plotlyjs(),
        style=asset("page.css"),
        scripts=[asset(name) for name in SCRIPTS],
        data=htmlsafe_json_dumps(data, dumps=_strict_json),
        blocks=expression.blocks,
        has=set(panels),
        ties=bool({"connectivity", "tree", "stability"} & set(panels)),
        tissue=any(view["tissue"] for view in views),
        image=any(view["images"] for view in views),
        samples=next((view["samples"]["names"] for view in views if view["samples"]), []),
        **words,
    )


def _strict_json(value: Any, **kwargs: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), **kwargs)

"""Run the tutorials on the real data and write their pages: ``make tutorials``, or with names of scripts.

Scripts are in ``docs/tutorials``, cells divided by ``# %%``; comments at the head of a cell are text. Code,
what it printed and the pictures it drew go to a page beside the script, which is committed, so that the docs
are built without the data. A set is read from the folder that ``SCRCL_GEO_DATA`` names, or downloaded.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
SCRIPTS = HERE / "tutorials"
PICTURES = HERE / "images" / "tutorials"
_COLOURS = 96  # of a committed picture
_DPI = 80


class Cell(NamedTuple):
    """One step of a tutorial: what is said, then what is run."""

    text: str
    code: str


def cells(script: Path) -> list[Cell]:
    """Steps of a script; the first one's text is the docstring."""
    head, *rest = script.read_text(encoding="utf-8").split("\n# %%\n")
    title = ast.get_docstring(ast.parse(head)) or ""
    found = [Cell(title, "")]
    for part in rest:
        lines = part.splitlines()
        n_text = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:n_text])
        found.append(Cell(text, "\n".join(lines[n_text:]).strip()))
    return found


def execute(code: str, space: dict[str, Any]) -> str:
    """Run one step; what it printed, and the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside libraries
        exec(compile(tree, "<tutorial>", "exec"), space)  # noqa: S102 - our own scripts
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "<tutorial>", "eval"), space)  # noqa: S307
            if value is not None and not _drawn(value):
                print(value)  # noqa: T201
    return printed.getvalue().rstrip()


def _drawn(value: Any) -> bool:
    """Whether a value is axes, which are seen as a picture."""
    return hasattr(value, "figure") or (isinstance(value, list) and any(map(_drawn, value)))


def run(script: Path, load: Any) -> Iterator[tuple[Cell, str, list[Any]]]:
    """Each step with its text and its figures; ``load`` stands in for ``sg.datasets.load``."""
    import matplotlib.pyplot as plt
    import pandas as pd

    import scrcl_geo as sg

    space: dict[str, Any] = {"__name__": "tutorial"}
    published = sg.datasets.load
    sg.datasets.load = load
    try:
        with pd.option_context("display.width", 100, "display.max_columns", 12, "display.precision", 3):
            for cell in cells(script):
                printed = execute(cell.code, space)
                figures = [plt.figure(number) for number in plt.get_fignums()]
                yield cell, printed, figures
                plt.close("all")
    finally:
        sg.datasets.load = published


def from_folder(folder: Path | None) -> Any:
    """A ``sg.datasets.load`` that reads a folder where it holds the set."""
    import anndata

    import scrcl_geo as sg

    published = sg.datasets.load

    def load(name: str, **kwargs: Any) -> Any:
        path = folder / f"{name}.h5ad" if folder else None
        return anndata.read_h5ad(path) if path and path.exists() else published(name, **kwargs)

    load.__signature__ = inspect.signature(published)  # type: ignore[attr-defined]
    return load


def write(script: Path, load: Any) -> None:
    """Run a script and write its page and pictures."""
    for old in PICTURES.glob(f"{script.stem}_*.png"):
        old.unlink()
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = []
    n_pictures = 0
    for cell, printed, figures in run(script, load):
        parts.append(page_of(cell))
        if printed:
            parts.append(f"```text\n{printed}\n```\n")
        for figure in figures:
            n_pictures += 1
            name = f"{script.stem}_{n_pictures}.png"
            save(figure, PICTURES / name)
            parts.append(f"![]({os.path.relpath(PICTURES, SCRIPTS)}/{name})\n")
    script.with_suffix(".md").write_text("\n".join(parts), encoding="utf-8")


def page_of(cell: Cell) -> str:
    """What a page holds of a step before its output."""
    code = f"\n```python\n{cell.code}\n```\n" if cell.code else ""
    return f"{cell.text.strip()}\n{code}"


def save(figure: Any, path: Path) -> None:
    """A small picture: few colours, no more pixels than the page shows."""
    from PIL import Image

    figure.savefig(path, dpi=_DPI, bbox_inches="tight")
    Image.open(path).convert("RGB").quantize(_COLOURS).save(path, optimize=True)


def main(names: list[str]) -> None:
    """Write the pages of all tutorials, or of those named."""
    import matplotlib as mpl

    mpl.use("Agg")
    folder = os.environ.get("SCRCL_GEO_DATA")
    load = from_folder(Path(folder) if folder else None)
    scripts = [SCRIPTS / f"{name}.py" for name in names] or sorted(SCRIPTS.glob("*.py"))
    for script in scripts:
        print(script.stem, flush=True)  # noqa: T201
        write(script, load)


if __name__ == "__main__":
    main(sys.argv[1:])

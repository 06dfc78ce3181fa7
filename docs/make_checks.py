"""Writes docs/checks.md: every check of input in the package with its message, read from the source.

python docs/make_checks.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE.parent / "scrcl_geo"
AREAS = {
    "Files and formats": ("_files", "cli"),
    "Expression, coordinates and settings": ("_validate", "_features", "_neighbors", "_pipeline", "pp"),
    "Graph and network": ("_messages", "graph", "nn", "losses", "train"),
    "Training, clusters and results": ("model", "cluster", "tl", "metrics"),
    "Saved models and mapping": ("model/_saving", "_mapping", "_schema"),
    "Plots and report": ("pl",),
    "Data sets": ("datasets",),
}
HEAD = """# Every check of input

What is wrong ends in a `ScrclInputError`, on the command line in exit code 2, with one line: what is wrong,
what was found, what to do. `…` stands for names and numbers of the case at hand. This page is read from the
source by `docs/make_checks.py`, and a test compares them.
"""


def checks(path: Path) -> Iterator[tuple[str, str, str]]:
    """Wrong, found and remedy of each check in a module, in the order of its lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = _assigned(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "fail":
            inside = [f for f in functions if f.lineno <= node.lineno <= (f.end_lineno or 0)]
            known = named | {k: v for f in inside for k, v in _assigned(f).items()}
            parts = [*node.args, *(keyword.value for keyword in node.keywords)]
            calls.append((node.lineno, tuple(_text(part, known) for part in parts)))
    for _, (wrong, found, do) in sorted(calls):
        yield wrong, found, do


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _assigned(tree: ast.AST) -> dict[str, ast.expr]:
    """Names that stand for one text."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _text(node: ast.expr, known: dict[str, ast.expr]) -> str:
    """A message with its variable parts as dots."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (part if isinstance(part, ast.Constant) else None for part in node.values)
        return "".join("…" if part is None else str(part.value) for part in parts)
    if isinstance(node, ast.IfExp):
        return _either(node.body, node.orelse, known=known)
    if isinstance(node, ast.BoolOp):
        return _either(*node.values, known=known)
    if isinstance(node, ast.Name) and node.id in known:
        return _text(known[node.id], {k: v for k, v in known.items() if k != node.id})
    return "…"


def _either(*nodes: ast.expr, known: dict[str, ast.expr]) -> str:
    return " / ".join(dict.fromkeys(_text(node, known) for node in nodes))


def _area(module: str) -> str:
    """Area of the module or, where it is not named, of its room."""
    areas = {name: area for area, names in AREAS.items() for name in names}
    return areas.get(module) or areas[module.split("/")[0]]


def page() -> str:
    """The page as Markdown."""
    rows = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for check in checks(path):
            area = _area(module)
            rows.append((list(AREAS).index(area), area, check))
    rows.sort(key=lambda row: row[0])
    lines = [HEAD]
    for area, group in groupby(dict.fromkeys(rows), key=lambda row: row[1]):
        lines += [f"## {area}", "", "| wrong | found | do |", "|---|---|---|"]
        lines += [
            "| " + " | ".join(part.replace("|", "\\|") for part in check) + " |" for _, _, check in group
        ]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "checks.md").write_text(page(), encoding="utf-8")

"""Reads the imports of a package's folder and says what breaks its layers."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TYPES, LATER, AT_ONCE = "for types", "inside a function", "when imported"


@dataclass
class Tree:
    """The modules of a package and what each of them imports, by when it does."""

    folder: Path
    paths: dict[str, Path] = field(default_factory=dict)
    imports: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in sorted(self.folder.rglob("*.py")):
            parts = (self.folder.name, *path.relative_to(self.folder).with_suffix("").parts)
            self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        for name, path in self.paths.items():
            self.imports[name] = dict(self._of(name, path))

    def _of(self, name: str, path: Path) -> Iterator[tuple[str, str]]:
        """Modules that a module imports; the earliest moment counts."""
        found: dict[str, str] = {}
        order = (TYPES, LATER, AT_ONCE)
        for target, when in _imports(ast.parse(path.read_text(encoding="utf-8")), AT_ONCE):
            # ``from a import b`` names a module or something in one
            owned = target if target in self.paths else target.rpartition(".")[0]
            own = target.split(".")[0] == self.folder.name
            module = owned if own else target.split(".")[0]
            if module != name and order.index(when) >= order.index(found.get(module, TYPES)):
                found[module] = when
        yield from found.items()

    def room(self, module: str) -> str:
        """Folder or file in the package's root that a module belongs to; empty for the root itself."""
        return [*module.split("."), ""][1]

    def own(self, module: str, *when: str) -> list[str]:
        """Modules of the package that a module imports."""
        return [m for m, moment in self.imports[module].items() if m in self.paths and moment in when]

    def reached(self, starts: list[str], *when: str) -> dict[str, list[str]]:
        """Everything that importing modules brings along, own and foreign, with the way there."""
        ways = {start: [start] for start in starts}
        waiting = list(starts)
        while waiting:
            module = waiting.pop()
            for target in [*self._parents(module), *self.imports.get(module, {})]:
                moment = self.imports[module].get(target, AT_ONCE)
                if target in ways or moment not in when:
                    continue
                ways[target] = [*ways[module], target]
                if target in self.paths:
                    waiting.append(target)
        return ways

    def _parents(self, module: str) -> Iterator[str]:
        """Packages whose ``__init__`` runs before a module does."""
        while "." in module:
            module = module.rpartition(".")[0]
            yield module


def _imports(node: ast.AST, when: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, when) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{alias.name}", when) for alias in child.names)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _imports(ast.Module([part], []), TYPES)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imports(child, TYPES if when == TYPES else LATER)
        else:
            yield from _imports(child, when)


def upward(tree: Tree, layers: list[set[str]]) -> list[str]:
    """Imports, whenever they run, of a room above; and rooms that no layer names."""
    level = {room: i for i, rooms in enumerate(layers) for room in rooms}
    rooms = {tree.room(module) for module in tree.paths} - {""}
    found = [f"{room} is in no layer" for room in sorted(rooms - set(level))]
    for module in tree.paths:
        if tree.room(module) not in level:
            continue
        for target in tree.own(module, AT_ONCE, LATER, TYPES):
            if level.get(tree.room(target), -1) > level[tree.room(module)]:
                found.append(f"{module} imports {target}, which is above it")
    return found


def sideways(tree: Tree, rooms: set[str]) -> list[str]:
    """Rooms of one layer that need each other, on whatever way."""
    found = []
    for room in sorted(rooms):
        starts = [module for module in tree.paths if tree.room(module) == room]
        for target, way in tree.reached(starts, AT_ONCE, LATER).items():
            if tree.room(target) in rooms - {room} and target in tree.paths:
                found.append(f"{room} reaches {tree.room(target)}: {' > '.join(way)}")
    return found


def circles(tree: Tree) -> list[str]:
    """Ways of imports that end where they began, among modules when imported and among rooms at any time."""
    of_modules = {module: tree.own(module, AT_ONCE) for module in tree.paths}
    of_rooms: dict[str, list[str]] = {}
    for module in tree.paths:
        targets = {tree.room(target) for target in tree.own(module, AT_ONCE, LATER)}
        if room := tree.room(module):
            of_rooms[room] = sorted({*of_rooms.get(room, []), *targets} - {room, ""})
    return [f"circle: {' > '.join(way)}" for graph in (of_modules, of_rooms) for way in _circles(graph)]


def _circles(graph: dict[str, list[str]]) -> Iterator[list[str]]:
    """One circle for each arrow that leads back, by depth-first search."""
    done: set[str] = set()

    def visit(node: str, way: list[str]) -> Iterator[list[str]]:
        if node in way:
            yield [*way[way.index(node) :], node]
        elif node not in done:
            for target in graph.get(node, []):
                yield from visit(target, [*way, node])
            done.add(node)

    for node in graph:
        yield from visit(node, [])


def foreign(tree: Tree, rooms: set[str], allowed: set[str]) -> list[str]:
    """Libraries beyond the standard one that rooms bring along, on whatever way."""
    starts = [module for module in tree.paths if tree.room(module) in rooms]
    return [
        f"{' > '.join(way)}"
        for target, way in tree.reached(starts, AT_ONCE, LATER).items()
        if target not in tree.paths and target not in allowed and target not in sys.stdlib_module_names
    ]


def names_taken_twice(tree: Tree, commands: set[str]) -> list[str]:
    """Files of inner folders with one name, underscores aside; a verb may be named as what it calls.

    Verbs are what the ``__init__`` of a room hands out, and all files of the folders in ``commands``.
    """
    places: dict[str, list[str]] = {}
    for module, path in tree.paths.items():
        folder = path.parent.relative_to(tree.folder).as_posix()
        if folder == "." or path.stem in ("__init__", "__main__") or folder in commands:
            continue
        if folder in ("pp", "tl", "pl") and module in tree.imports[module.rpartition(".")[0]]:
            continue
        places.setdefault(path.stem.strip("_"), []).append(folder)
    return [f"{name} stands in {folders}" for name, folders in sorted(places.items()) if len(folders) > 1]

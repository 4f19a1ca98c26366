"""What imports what, read from source: module-level, type-only and in-function imports alike."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import NamedTuple

Graph = Mapping[str, set[str]]


def module_of(path: str) -> str:
    """The dotted name of a source file: "core/model/budget.py" is core.model.budget."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: no function bodies, nothing for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


@cache
def statements(tree: ast.Module) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a file, those inside functions too."""
    return tuple(node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))


class Imported(NamedTuple):
    """A name that a file binds by an import: ``from core.model import budget as b`` binds b.

    Where the thing is a module, `module` names it and `name` is ""; else it is `name` in `module`.
    """

    path: str
    line: int
    bound: str
    module: str
    name: str
    said: bool  # from core.model import budget as budget


def imported_names(trees: Mapping[str, ast.Module]) -> Iterator[Imported]:
    """Every name that an import binds, those inside functions too."""
    known = {module_of(path) for path in trees}
    for path, tree in trees.items():
        home, package = module_of(path).split("."), path.endswith("__init__.py")
        for node in statements(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.partition(".")[0]
                    yield Imported(path, node.lineno, alias.asname or whole, whole, "", False)
            elif isinstance(node, ast.ImportFrom):
                above = home[: len(home) - node.level + package] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    bound, said = alias.asname or alias.name, alias.asname == alias.name
                    inside = f"{base}.{alias.name}"
                    place = (inside, "") if inside in known else (base, alias.name)
                    yield Imported(path, node.lineno, bound, *place, said)


def imports(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, str, str]]:
    """(path with line, importing module, imported module) of every import of a module among those given.

    A package stands for its ``__init__``. A name taken from a package that is none of its modules counts as
    an import of the package.
    """
    known = {module_of(path) for path in trees}
    for path, tree in trees.items():
        source, package = module_of(path), path.endswith("__init__.py")
        home = source.split(".") if package else source.split(".")[:-1]
        for node in statements(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = home[: len(home) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                names = [
                    inside if (inside := f"{base}.{alias.name}") in known else base for alias in node.names
                ]
            for name in names:
                if name in known and name != source:
                    yield f"{path}:{getattr(node, 'lineno', 0)}", source, name


def circles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Groups of two and more that reach each other, each in sorted order (Tarjan, 1972)."""
    graph: dict[str, set[str]] = {}
    for one, other in edges:
        graph.setdefault(one, set()).add(other)
        graph.setdefault(other, set())
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            at = stack.index(node)
            group = sorted(stack[at:])
            del stack[at:]
            if len(group) > 1:
                found.append(group)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found

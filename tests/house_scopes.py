"""What the names in a file stand for: what its module makes, what it imports, what its functions bind."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tests.imports import imported_names, module_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Thing = tuple[str, str]  # module and name in it: ("core.model.budget", "Budget"), (…, "Budget.parse")


@dataclass
class Module:
    """What the names of a module stand for."""

    name: str
    own: frozenset[str]
    foreign: set[str]
    taken: dict[str, set[Thing]]  # names imported from our modules; the name is "" for a module itself

    def handed_on(self) -> set[str]:
        """Names that others find in it and that it only imports."""
        return (self.foreign | set(self.taken)) - self.own


@cache
def own_names(tree: ast.Module) -> frozenset[str]:
    """What a module itself makes on its top level, whatever stands around it."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif not isinstance(node, SCOPES):
            waiting.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def modules_of(trees: Mapping[str, ast.Module]) -> dict[str, Module]:
    """Every module by its path."""
    found = {path: Module(module_of(path), own_names(tree), set(), {}) for path, tree in trees.items()}
    known = {module.name for module in found.values()}
    for one in imported_names(trees):
        module = found[one.path]
        if one.module in known:
            module.taken.setdefault(one.bound, set()).add((one.module, one.name))
        else:
            module.foreign.add(one.bound)
    return found


def bound_in(function: Function | ast.Lambda) -> set[str]:
    """Parameters and what is assigned in a function, less what is assigned in the functions inside it."""
    arguments = function.args
    names = {one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    names |= {one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None}
    waiting: list[ast.AST] = list(function.body) if isinstance(function, FUNCTIONS) else [function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Global):
            names.difference_update(node.names)
        elif not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return names

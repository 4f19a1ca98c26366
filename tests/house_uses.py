"""Who uses what: which functions, classes and methods the program can reach from what runs on import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.imports import imported_names, module_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
BLOCKS = (ast.If, ast.Try, ast.With, ast.ExceptHandler)
SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
Thing = tuple[str, str]  # module and name in it: ("core.model.budget", "Budget"), (…, "Budget.parse")

# A function below one of these is taken into a registry, which offers it by its id.
REGISTERS = {"declare", "declare_metric"}
# Functions whose text argument names what is taken.
FINDERS = {"getattr": 1, "hasattr": 1, "attrgetter": 0, "methodcaller": 0}
WORK = re.compile(r"([\w.]+):(\w+)")  # "package.module:name", as a child process is told
FOUND_BY_PYTHON = re.compile(r"__\w+__|_repr_html_|_missing_")


@dataclass
class Uses:
    """What a piece of code names."""

    things: set[Thing] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


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


class Reader:
    """Reads what code of one module names."""

    def __init__(self, module: Module, uses: Uses) -> None:
        self.module, self.uses = module, uses

    def read(self, node: ast.AST, local: frozenset[str] = frozenset()) -> None:
        """A node and all inside it; `local` names are variables of the functions around it."""
        kind = type(node)
        if kind in FUNCTIONS or kind is ast.Lambda:
            self._function(node, local)
            return
        if kind is ast.Name:
            if isinstance(node.ctx, ast.Load) and node.id not in local:
                self._name(node.id)
            return
        if kind is ast.Attribute:
            self._attribute(node, local)
        elif kind is ast.MatchClass:
            self.uses.attributes.update(node.kwd_attrs)
        elif kind is ast.Call:
            self._finder(node)
        elif kind is ast.JoinedStr:
            self._work(node)
        elif kind is ast.Constant:
            if place := WORK.fullmatch(str(node.value)):
                self.uses.things.add((place[1], place[2]))
            return
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr_context):
                self.read(child, local)

    def _function(self, node: Function | ast.Lambda, local: frozenset[str]) -> None:
        for around in [*getattr(node, "decorator_list", []), node.args]:
            self.read(around, local)
        if isinstance(node, FUNCTIONS) and node.returns is not None:
            self.read(node.returns, local)
        inside = local | bound_in(node)
        for child in node.body if isinstance(node, FUNCTIONS) else [node.body]:
            self.read(child, inside)

    def _name(self, name: str) -> None:
        if name in self.module.own:
            self.uses.things.add((self.module.name, name))
        self.uses.things.update(self.module.taken.get(name, ()))

    def _attribute(self, node: ast.Attribute, local: frozenset[str]) -> None:
        if not isinstance(node.ctx, ast.Load):
            return
        base: ast.expr = node.value
        if isinstance(base, ast.Name) and base.id not in local:
            places = {module for module, name in self.module.taken.get(base.id, ()) if not name}
            self.uses.things.update((module, node.attr) for module in places)
            if places:
                return
        while isinstance(base, ast.Attribute):
            base = base.value
        # numpy's `random` is no method of ours.
        if not (isinstance(base, ast.Name) and base.id in self.module.foreign and base.id not in local):
            self.uses.attributes.add(node.attr)

    def _work(self, node: ast.JoinedStr) -> None:
        """Work for a child process, f"{__name__}:name" or f"{module.__name__}:name"."""
        match node.values:
            case [ast.FormattedValue(value=ast.Name(id="__name__")), ast.Constant(value=str(after))]:
                places = {(self.module.name, "")}
            case [
                ast.FormattedValue(value=ast.Attribute(value=ast.Name(id=name), attr="__name__")),
                ast.Constant(value=str(after)),
            ]:
                places = self.module.taken.get(name, set())
            case _:
                return
        self.uses.things.update((module, after.removeprefix(":")) for module, name in places if not name)

    def _finder(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        at = FINDERS.get(called)
        if at is not None and len(node.args) > at:
            wanted = node.args[at]
            if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str):
                self.uses.attributes.update(wanted.value.split("."))


def registers(node: Definition) -> bool:
    """Whether one of a function's marks takes it into a registry."""
    marks = [mark.func for mark in node.decorator_list if isinstance(mark, ast.Call)]
    return any(isinstance(mark, ast.Name) and mark.id in REGISTERS for mark in marks)


@dataclass
class Part:
    """A definition: where it stands, the class that it belongs to, and what its code names."""

    where: str
    owner: Thing | None
    uses: Uses


class House:
    """All definitions of the modules given, and what runs when they are imported.

    What runs on import reaches what it names; what is reached reaches what its own code names. A method is
    reached where its class is and something reached asks any object, but a foreign module, for its name.
    """

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.parts: dict[Thing, list[Part]] = {}
        self.start = Uses()
        modules = modules_of(trees)
        for path, tree in trees.items():
            for node in tree.body:
                self._add(modules[path], path, node, None, self.start)
        if "core/__init__.py" in trees:  # what a notebook finds
            for taken in modules["core/__init__.py"].taken.values():
                self.start.things |= taken

    def _add(self, module: Module, path: str, node: ast.AST, owner: Thing | None, uses: Uses) -> None:
        if isinstance(node, DEFINITIONS):
            thing = (module.name, f"{owner[1]}.{node.name}" if owner else node.name)
            part = Part(f"{path}:{node.lineno}", owner, Uses())
            self.parts.setdefault(thing, []).append(part)
            if registers(node):
                self.start.things.add(thing)
            if isinstance(node, ast.ClassDef):
                for around in [*node.decorator_list, *node.bases, *node.keywords]:
                    Reader(module, part.uses).read(around)
                for child in node.body:
                    self._add(module, path, child, thing, part.uses)
            else:
                Reader(module, part.uses).read(node)
        elif isinstance(node, BLOCKS):
            for child in ast.iter_child_nodes(node):
                self._add(module, path, child, owner, uses)
        else:
            Reader(module, uses).read(node)

    def lonely(self, doors: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(name, where) of functions, classes and methods that nothing reaches; `doors` are reached."""
        things, attributes = set(self.start.things), set(self.start.attributes)
        open_to_all, reached = set(doors), set[Thing]()

        def wanted(thing: Thing, owner: Thing | None) -> bool:
            if owner is not None and owner not in reached:
                return False
            name = thing[1].rpartition(".")[2]
            asked = thing in things if owner is None else name in attributes
            return asked or thing[1] in open_to_all or FOUND_BY_PYTHON.fullmatch(name) is not None

        while new := {
            thing
            for thing, found in self.parts.items()
            if thing not in reached and any(wanted(thing, part.owner) for part in found)
        }:
            reached |= new
            for thing in new:
                for part in self.parts[thing]:
                    things |= part.uses.things
                    attributes |= part.uses.attributes
        for thing, found in self.parts.items():
            # Of a lonely class the name is enough.
            if thing not in reached and (found[0].owner is None or found[0].owner in reached):
                yield thing[1], ", ".join(part.where for part in found)

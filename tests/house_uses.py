"""Who uses what: which functions, classes and methods the program can reach from what runs on import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tests.house_scopes import (
    DEFINITIONS,
    FUNCTIONS,
    Definition,
    Function,
    Module,
    Thing,
    bound_in,
    modules_of,
)
from tests.house_types import Known, Types

BLOCKS = (ast.If, ast.Try, ast.With, ast.ExceptHandler)

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
    attributes: set[str] = field(default_factory=set)  # asked of an object of any class
    members: set[tuple[Thing, str]] = field(default_factory=set)  # asked of an object of this class


class Reader:
    """Reads what code of one module names.

    Args:
        types: Which class an expression is of, as far as annotations tell.
        owner: The class around the code.
    """

    def __init__(self, module: Module, uses: Uses, types: Types, owner: Thing | None = None) -> None:
        self.module, self.uses, self.types, self.owner = module, uses, types, owner

    def read(self, node: ast.AST, local: frozenset[str] = frozenset(), known: Known | None = None) -> None:
        """A node and all inside it.

        Args:
            node: What to read.
            local: Variables of the functions around it.
            known: Those of them whose class is known.
        """
        known = known or {}
        kind = type(node)
        if kind in FUNCTIONS or kind is ast.Lambda:
            self._function(node, local, known)
            return
        if kind is ast.Name:
            if isinstance(node.ctx, ast.Load) and node.id not in local:
                self._name(node.id)
            return
        if kind is ast.Attribute:
            self._attribute(node, local, known)
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
                self.read(child, local, known)

    def _function(self, node: Function | ast.Lambda, local: frozenset[str], known: Known) -> None:
        for around in [*getattr(node, "decorator_list", []), node.args]:
            self.read(around, local, known)
        if isinstance(node, FUNCTIONS) and node.returns is not None:
            self.read(node.returns, local, known)
        bound = bound_in(node)
        owner = self.owner if not local else None
        inside = {name: made for name, made in known.items() if name not in bound}
        inside |= self.types.variables(node, self.module, owner, local | bound, inside)
        for child in node.body if isinstance(node, FUNCTIONS) else [node.body]:
            self.read(child, local | bound, inside)

    def _name(self, name: str) -> None:
        if name in self.module.own:
            self.uses.things.add((self.module.name, name))
        self.uses.things.update(self.module.taken.get(name, ()))

    def _attribute(self, node: ast.Attribute, local: frozenset[str], known: Known) -> None:
        if not isinstance(node.ctx, ast.Load):
            return
        base: ast.expr = node.value
        if isinstance(base, ast.Name) and base.id not in local:
            places = {module for module, name in self.module.taken.get(base.id, ()) if not name}
            self.uses.things.update((module, node.attr) for module in places)
            if places:
                return
        made = self.types.of(base, self.module, local, known)
        if made is not None:
            self.uses.members.add((made, node.attr))
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
    reached where its class is and something reached asks an object for its name: one of this class, of one
    that it is built on or that is built on it, or one of which no annotation tells the class.
    """

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.parts: dict[Thing, list[Part]] = {}
        self.start = Uses()
        modules = modules_of(trees)
        self.types = Types(trees, modules)
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
                    Reader(module, part.uses, self.types).read(around)
                for child in node.body:
                    self._add(module, path, child, thing, part.uses)
            else:
                Reader(module, part.uses, self.types, owner).read(node)
        elif isinstance(node, BLOCKS):
            for child in ast.iter_child_nodes(node):
                self._add(module, path, child, owner, uses)
        else:
            Reader(module, uses, self.types).read(node)

    def lonely(self, doors: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(name, where) of functions, classes and methods that nothing reaches; `doors` are reached."""
        things, attributes = set(self.start.things), set(self.start.attributes)
        members = {(one, name) for made, name in self.start.members for one in self.types.related(made)}
        open_to_all, reached = set(doors), set[Thing]()

        def wanted(thing: Thing, owner: Thing | None) -> bool:
            if owner is not None and owner not in reached:
                return False
            name = thing[1].rpartition(".")[2]
            asked = thing in things if owner is None else name in attributes or (owner, name) in members
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
                    for made, name in part.uses.members:
                        members.update((one, name) for one in self.types.related(made))
        for thing, found in self.parts.items():
            # Of a lonely class the name is enough.
            if thing not in reached and (found[0].owner is None or found[0].owner in reached):
                yield thing[1], ", ".join(part.where for part in found)

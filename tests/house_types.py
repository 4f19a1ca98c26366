"""Which class an expression is of, as far as annotations tell: parameters, fields, what functions return."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.house_scopes import FUNCTIONS, Function, Module, Thing

Known = dict[str, Thing]  # variables and their class
PROPERTIES = {"property", "cached_property"}


@dataclass
class Class:
    """What is known of a class: what it is built on, and what its members are or return."""

    bases: list[ast.expr]
    module: Module
    members: dict[str, ast.expr] = field(default_factory=dict)  # fields and properties
    returns: dict[str, ast.expr] = field(default_factory=dict)  # methods


class Types:
    """The classes and functions of all modules, by what their annotations say.

    Nothing is known of a class that stands for others by its shape (`Protocol`), or that answers for names
    that it does not hold (``__getattr__``).
    """

    def __init__(self, trees: Mapping[str, ast.Module], modules: Mapping[str, Module]) -> None:
        self.classes: dict[Thing, Class] = {}
        self.returns: dict[Thing, tuple[ast.expr, Module]] = {}
        for path, tree in trees.items():
            module = modules[path]
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    self.classes[module.name, node.name] = described(node, module)
                elif isinstance(node, FUNCTIONS) and node.returns is not None and not node.decorator_list:
                    self.returns[module.name, node.name] = node.returns, module
        shapes = [thing for thing, made in self.classes.items() if "Protocol" in map(ast.unparse, made.bases)]
        for thing in shapes:
            del self.classes[thing]
        self.above = {thing: self._above(thing, {}) for thing in self.classes}
        self._related: dict[Thing, frozenset[Thing]] = {}

    def _above(self, thing: Thing, seen: dict[Thing, None]) -> dict[Thing, None]:
        """A class and all that it is built on, itself first."""
        if thing not in seen and thing in self.classes:
            seen[thing] = None
            made = self.classes[thing]
            for base in made.bases:
                plain = base.value if isinstance(base, ast.Subscript) else base  # Registry[E]
                for one in self.named(plain, made.module):
                    self._above(one, seen)
        return seen

    def related(self, thing: Thing) -> frozenset[Thing]:
        """What an object may be that is said to be of a class."""
        if thing not in self._related:
            below = frozenset(one for one, above in self.above.items() if thing in above)
            self._related[thing] = below.union(*(self.above[one] for one in below))
        return self._related[thing]

    def named(self, node: ast.expr, module: Module) -> set[Thing]:
        """What a name or ``module.name`` stands for."""
        if isinstance(node, ast.Name):
            own = {(module.name, node.id)} if node.id in module.own else set()
            return own | module.taken.get(node.id, set())
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return {(one, node.attr) for one, name in module.taken.get(node.value.id, ()) if not name}
        return set()

    def said(self, node: ast.expr | None, module: Module, owner: Thing | None = None) -> Thing | None:
        """The one class of ours that an annotation names, None beside."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        if isinstance(node, ast.BinOp):
            sides = [one for one in (node.left, node.right) if not isinstance(one, ast.Constant)]
            return self.said(sides[0], module, owner) if len(sides) == 1 else None
        if isinstance(node, ast.Name) and node.id == "Self":
            return owner
        found = [] if node is None else [one for one in self.named(node, module) if one in self.classes]
        return found[0] if len(found) == 1 else None

    def of(
        self, node: ast.expr, module: Module, local: frozenset[str] | set[str], known: Known
    ) -> Thing | None:
        """The class of what an expression gives, or the class that it names."""
        if isinstance(node, ast.Name):
            return known.get(node.id) if node.id in local else self.said(node, module)
        if isinstance(node, ast.Attribute):
            made = self.of(node.value, module, local, known)
            return self._member(made, node.attr, "members") if made else None
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                made = self.of(called.value, module, local, known)
                if made:
                    return self._member(made, called.attr, "returns")
            if isinstance(called, ast.Name) and called.id in local:
                return None
            if isinstance(called, ast.Attribute) and getattr(called.value, "id", "") in local:
                return None
            for one in self.named(called, module):
                if one in self.classes:
                    return one
                if one in self.returns:
                    return self.said(*self.returns[one])
        return None

    def _member(self, thing: Thing, name: str, what: str) -> Thing | None:
        for one in self.above[thing]:
            made = self.classes[one]
            if (found := getattr(made, what).get(name)) is not None:
                return self.said(found, made.module, thing)
        return None

    def variables(
        self,
        function: Function | ast.Lambda,
        module: Module,
        owner: Thing | None,
        local: frozenset[str],
        around: Known,
    ) -> Known:
        """Parameters and variables of a function whose class is known: those that are bound once."""
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        nodes = list(ast.walk(function))
        stored = Counter(
            node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
        )
        found = {one.arg: self.said(one.annotation, module, owner) for one in arguments}
        marks = {ast.unparse(mark) for mark in getattr(function, "decorator_list", ())}
        if owner in self.classes and arguments and "staticmethod" not in marks:
            found[arguments[0].arg] = owner
        inner = Counter(node.arg for node in nodes if isinstance(node, ast.arg))
        known = {name: made for name, made in found.items() if made and not stored[name] and inner[name] == 1}
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    made = self.of(value, module, local, around | known)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    made = self.said(annotation, module, owner)
                case _:
                    continue
            if made and stored[name] == 1 and not inner[name]:
                known[name] = made
        return known


def described(node: ast.ClassDef, module: Module) -> Class:
    """What a class says of itself."""
    made = Class(node.bases, module)
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            made.members[one.target.id] = one.annotation
        elif isinstance(one, FUNCTIONS) and one.returns is not None:
            marks = {ast.unparse(mark) for mark in one.decorator_list}
            if marks & PROPERTIES:
                made.members[one.name] = one.returns
            elif marks <= {"classmethod", "staticmethod"}:
                made.returns[one.name] = one.returns
    return made

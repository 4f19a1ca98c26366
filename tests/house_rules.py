"""Rules about what may import what and what may stand where, each a function over parsed trees.

design.md and core/README.md say what each layer is for. Imports below ``TYPE_CHECKING`` and inside functions
count like all others: they tie files together for a reader as much.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from tests.house_scopes import modules_of
from tests.house_uses import House
from tests.imports import at_import, circles, imported_names, imports, module_of

LAYERS = {
    "foundation": 1,
    "model": 2,
    "data": 3,
    "features": 3,
    "groups": 3,
    "strategies": 3,
    "metrics": 3,
    "analysis": 4,
    "study": 5,
    "stories": 5,
    "report": 6,
    "signoff": 6,
    "cli": 7,
    "notebook": 7,
    "__main__": 8,
    "": 8,  # core/__init__.py, the public names
}
FILES_AT_THE_ROOT = {"__init__.py", "__main__.py", "notebook.py"}
Trees = Mapping[str, ast.Module]
Rule = Callable[[Trees], Iterator[str]]


def part(module: str, at: int = 1) -> str:
    """The name at a depth of a dotted name, "" where it ends before."""
    parts = module.split(".")
    return parts[at] if len(parts) > at else ""


def imports_point_down(trees: Trees) -> Iterator[str]:
    """Below are lower numbers; folders with one number are peers and do not know each other."""
    for where, source, target in imports(trees):
        if part(source, 0) == part(target, 0) == "core":
            above, below = part(source), part(target)
            # What stands below `core` may ask its packages' parent for nothing.
            if above != below and LAYERS.get(below, 0) >= LAYERS.get(above, 0):
                yield f"{where}: {source} imports {target}"


def no_circle_of_modules(trees: Trees) -> Iterator[str]:
    for group in circles((source, target) for _, source, target in imports(trees)):
        yield " ↔ ".join(group)


def no_circle_of_folders(trees: Trees) -> Iterator[str]:
    """A package's ``__init__`` may import what is inside it; files beside folders are the folder's own."""
    packages = {module_of(path) for path in trees if path.endswith("__init__.py")}

    def folder(module: str) -> str:
        return module if module in packages else module.rpartition(".")[0]

    edges = {
        (folder(source), folder(target))
        for _, source, target in imports(trees)
        if source not in packages and target not in packages
    }
    for group in circles((one, other) for one, other in edges if one != other):
        yield " ↔ ".join(group)


def core_holds_folders(trees: Trees) -> Iterator[str]:
    for path in trees:
        parts = path.split("/")
        if parts[0] == "core" and len(parts) == 2 and parts[1] not in FILES_AT_THE_ROOT:
            yield f"{path} stands beside the folders"
        if parts[0] == "core" and len(parts) > 2 and parts[1] not in LAYERS:
            yield f"{path} is in no layer"


def pages_keep_to_themselves(trees: Trees) -> Iterator[str]:
    """`pages/ui/<page>` knows `pages/ui/shared` and itself; what pages share knows no page."""
    for where, source, target in imports(trees):
        if source.startswith("pages.ui.") and target.startswith("pages."):
            above, below = part(source, 2), part(target, 2)
            if below not in ("shared", above) or part(target) != "ui":
                yield f"{where}: {source} imports {target}"


def pages_know_no_command_line(trees: Trees) -> Iterator[str]:
    for where, source, target in imports(trees):
        if part(source, 0) in ("pages", "app") and target.startswith("core.cli"):
            yield f"{where}: {source} imports {target}"


def late_imports_save_something(trees: Trees) -> Iterator[str]:
    """What a module imports inside a function or for types only is not imported with it anyway."""
    modules = {module_of(path) for path in trees}
    kinds = (ast.Import, ast.ImportFrom)
    now = {
        path: {node.lineno for node in at_import(tree) if isinstance(node, kinds)}
        for path, tree in trees.items()
    }
    wanted: dict[str, set[str]] = {module: set() for module in modules}
    late = []
    for where, source, target in imports(program(trees)):
        path, _, line = where.rpartition(":")
        if int(line) in now[path]:
            wanted[source].add(target)
        else:
            late.append((where, source, target))
    with_it = {module: reached(module, wanted) for module in modules}
    for where, source, target in late:
        if target in with_it[source]:
            yield f"{where}: {target} is imported with {source} anyway"


def reached(module: str, wanted: Mapping[str, set[str]]) -> set[str]:
    """Modules of ours that are there once a module is imported, the packages around each among them."""
    found, waiting = set[str](), [module]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            package = one.rpartition(".")[0]
            waiting += [*wanted.get(one, ()), *([package] if package in wanted else [])]
    return found


def things_come_from_where_they_are_made(trees: Trees) -> Iterator[str]:
    """A name is taken from the module that makes it, never from one that only imported it.

    Packages hand on nothing: their ``__init__`` imports modules at most, so that these register methods.
    `core/__init__.py` alone names what a notebook finds.
    """
    modules = modules_of(trees).values()
    handed = {module.name: module.handed_on() for module in modules} | {"core": set()}
    own = {module.name: module.own for module in modules if module.name != "core"}
    for one in imported_names(trees):
        where = f"{one.path}:{one.line}"
        if not one.name or one.path == "core/__init__.py":
            continue
        if one.name in handed.get(one.module, ()):
            yield f"{where}: {one.module} only imports {one.name}"
        elif one.module in own and one.name not in own[one.module] and not one.name.startswith("__"):
            yield f"{where}: there is no {one.name} in {one.module}"
        if one.path.startswith(("core/", "pages/")) and one.path.endswith("__init__.py"):
            yield f"{where}: a package hands on {one.name}"
        if one.said:
            yield f"{where}: {one.name} is imported as itself"
    for where, module, name in attributes_of_modules(trees):
        # Tests stand in for what a module calls, by the name that it calls it.
        if not where.startswith("tests/") and name in handed.get(module, ()):
            yield f"{where}: {module} only imports {name}"
    for path, tree in trees.items():
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if path != "core/__init__.py" and "__all__" in {getattr(target, "id", "") for target in targets}:
                yield f"{path}:{node.lineno}: __all__"


def attributes_of_modules(trees: Trees) -> Iterator[tuple[str, str, str]]:
    """(where, module, name) of every ``module.name`` that reads a name of a module of ours."""
    modules = modules_of(trees)
    for path, tree in trees.items():
        taken = {
            bound for bound, things in modules[path].taken.items() if any(not name for _, name in things)
        }
        if not taken:
            continue
        # A parameter or variable of the same name hides the module somewhere in the file: not looked at.
        nodes = list(ast.walk(tree))
        taken -= {node.arg for node in nodes if isinstance(node, ast.arg)}
        taken -= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for node in nodes:
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in taken
            ):
                for module, name in modules[path].taken[node.value.id]:
                    if not name:
                        yield f"{path}:{node.lineno}", module, node.attr


def private_names_stay_in_their_file(trees: Trees) -> Iterator[str]:
    """No module of core and pages takes a ``_name`` of another; tests may look behind the door."""
    known = {module_of(path) for path in trees}
    found = [(f"{one.path}:{one.line}", one.module, one.name) for one in imported_names(trees)]
    for where, module, name in [*found, *attributes_of_modules(trees)]:
        private = name.startswith("_") and not name.startswith("__")
        if private and module in known and where.startswith(("core/", "pages/", "app.py")):
            yield f"{where}: {name} is private to {module}"


def one_class_has_one_name(trees: Trees) -> Iterator[str]:
    """Private ones too: who reads ``_Run`` twice takes one for the other."""
    places: dict[str, list[str]] = {}
    for path, tree in trees.items():
        if path.startswith(("core/", "pages/", "app.py")):
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(path)
    for name, found in places.items():
        # The notebook's study is the study, with what only a notebook does.
        if len(found) > 1 and (name, found) != ("Study", ["core/notebook.py", "core/study/study.py"]):
            yield f"{name}: {', '.join(found)}"


# What only people and other programs call, and why it is there.
DOORS = {
    "RecipeOnData.embed": "of a study in a notebook",
    "RecipeOnData.toward": "of a study in a notebook",
    "Comparison.figure": "of a comparison in a notebook",
    "Study.contrast": "of a study in a notebook",
    "Study.contrast_metrics": "of a study in a notebook",
    "Study.describe_rows": "of a study in a notebook",
    "Study.explain": "of a study in a notebook",
    "Study.export": "of a study in a notebook",
    "Study.maps": "of a study in a notebook",
    "Verification.ok": "of a verification in a notebook",
}


def program(trees: Trees) -> Trees:
    """What runs where nobody tests."""
    return {path: tree for path, tree in trees.items() if path.startswith(("core/", "pages/", "app.py"))}


def everything_is_used(trees: Trees) -> Iterator[str]:
    """Each function, class and method of core and pages is reached from what runs when they are imported."""
    for name, where in House(program(trees)).lonely(DOORS):
        yield f"{name} ({where}) is used by nothing but tests"

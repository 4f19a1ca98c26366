"""Places that texts name: modules and names in them, files and folders, whether they are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from tests.house_uses import own_names
from tests.imports import imported_names, module_of
from tests.syntax import parsed

Texts = Mapping[str, str]  # what a file holds, by its path

ROOTS = "core|pages|tests|sample_data"
DOTTED = re.compile(rf"(?<![\w./\\-])(?:{ROOTS})(?:\.\w+)+(?::\w+)?")
PATH = re.compile(rf"(?<![\w./\\-])(?:{ROOTS})/[\w./-]*\w(?![\w{{<*])")
QUOTED = re.compile(r"`([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?:\([^`]*)?`")


class Places:
    """What can be named: the modules of a tree of files, and the names in each."""

    def __init__(self, texts: Texts) -> None:
        self.files = set(texts)
        self.folders = {
            path.rsplit("/", depth)[0] for path in texts for depth in range(1, path.count("/") + 1)
        }
        trees = {path: parsed(text) for path, text in texts.items() if path.endswith(".py")}
        self.names = {module_of(path): own_names(tree) for path, tree in trees.items()}
        for one in imported_names(trees):
            self.names[module_of(one.path)].add(one.bound)
        self.words = {module_of(path): set(re.findall(r"\w+", texts[path])) for path in trees}
        self.classes: dict[str, set[str]] = {}  # in which modules a class is made
        for path, tree in trees.items():
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    self.classes.setdefault(node.name, set()).add(module_of(path))
        # What `core` hands out when it is asked.
        self.names.setdefault("core", set()).update(
            re.findall(r'^    "(\w+)": "', texts.get("core/__init__.py", ""), re.M)
        )

    def has(self, dotted: str) -> bool:
        """Whether "core.model.budget.Budget.parse", or any beginning of it that is a module, is there."""
        dotted = dotted.replace(":", ".")
        module, rest = dotted, []
        while module and module not in self.names and module.replace(".", "/") not in self.folders:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
        if not rest:
            return True
        if rest[0] not in self.names.get(module, ()):
            return rest[0].startswith("__")
        made = next(iter(self.classes.get(rest[0], ())), module)
        return len(rest) == 1 or rest[1] in self.words[made] or rest[1].startswith("__")


def names_in_texts(texts: Texts, asked: Callable[[str], bool] = lambda path: True) -> Iterator[str]:
    """Every text that names a place of ours names one that is there."""
    places = Places(texts)
    for path, text in texts.items():
        if not asked(path):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for found in DOTTED.findall(line):
                if not places.has(found):
                    yield f"{path}:{number}: {found}"
            for found in PATH.findall(line):
                if found not in places.files and found.rstrip("/") not in places.folders:
                    yield f"{path}:{number}: {found}"
            for first, second in QUOTED.findall(line):
                homes = {name for name in places.names if name.rpartition(".")[2] == first}
                made = places.classes.get(first, set())
                known = [second in places.names[name] or f"{name}.{second}" in places.names for name in homes]
                known += [second in places.words[name] for name in made]
                if known and not any(known):
                    yield f"{path}:{number}: {first}.{second}"

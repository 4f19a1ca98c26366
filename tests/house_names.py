"""Places that texts name: modules and names in them, files and folders, whether they are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from tests.house_scopes import own_names
from tests.imports import imported_names, module_of
from tests.syntax import parsed

Texts = Mapping[str, str]  # what a file holds, by its path

ROOTS = "core|pages|tests|sample_data"
DOTTED = re.compile(rf"(?<![\w./\\-])(?:{ROOTS})(?:\.\w+)+(?::\w+)?")
PATH = re.compile(rf"(?<![\w./\\-])(?:{ROOTS})/[\w./-]*\w(?![\w{{<*])")
PYTHON_FILE = re.compile(r"(?<![\w./{}-])[\w/-]*\w\.py\b")
QUOTED = re.compile(r"`([A-Za-z_]\w*)\.([A-Za-z_]\w*)(?:\([^`]*)?`")
FILE_KINDS = {"py", "md", "json", "jsonl", "csv", "html", "toml", "txt", "npy"}


def variables(tree: ast.Module) -> set[str]:
    """Parameters and what is assigned, anywhere in a file."""
    nodes = list(ast.walk(tree))
    found = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return found | {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


class Places:
    """What can be named: files, folders, modules, and the names in each module.

    Args:
        texts: Of every file what it holds; "" where that names nothing of ours.
    """

    def __init__(self, texts: Texts) -> None:
        self.texts = texts
        self.files = set(texts)
        self.folders = {parent.as_posix() for path in texts for parent in PurePosixPath(path).parents}
        trees = {path: parsed(text) for path, text in texts.items() if path.endswith(".py")}
        self.variables = {path: variables(tree) for path, tree in trees.items()}
        self.names = {module_of(path): set(own_names(tree)) for path, tree in trees.items()}
        for one in imported_names(trees):
            self.names[module_of(one.path)].add(one.bound)
        handed = re.findall(r'^    "(\w+)": "', texts.get("core/__init__.py", ""), re.MULTILINE)
        self.names.setdefault("core", set()).update(handed)
        self.words: dict[str, set[str]] = {}  # of all classes of a name: the words of their source
        self.bases: dict[str, set[str]] = {}
        for tree in trees.values():
            for node in tree.body:
                if isinstance(node, ast.ClassDef):
                    self.words.setdefault(node.name, set()).update(re.findall(r"\w+", ast.unparse(node)))
                    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
                    self.bases.setdefault(node.name, set()).update(bases - {node.name})

    def has(self, dotted: str) -> bool:
        """Whether what "core.model.budget.Budget.parse" names is there, down to the member of a class."""
        module, rest = dotted, list[str]()
        while module not in self.names and module.replace(".", "/") not in self.folders:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
        if not rest or rest[0].startswith("__"):
            return True
        if rest[0] not in self.names.get(module, ()):
            return False
        return len(rest) == 1 or rest[0] not in self.words or self.member(rest[0], rest[1])

    def member(self, name: str, member: str) -> bool:
        """Whether a class, or one that it is built on, has such a member."""
        if member.startswith("__") or member in self.words.get(name, ()):
            return True
        return any(self.member(base, member) for base in self.bases.get(name, ()))

    def quoted(self, path: str, first: str, second: str) -> bool:
        """Whether `first.second` is there, where `first` is a class or the last part of a module's name."""
        if second in FILE_KINDS or first in self.variables.get(path, ()):
            return True
        if first in self.words:
            return self.member(first, second)
        homes = [name for name in self.names if name.rpartition(".")[2] == first]
        known = (second in self.names[name] or f"{name}.{second}" in self.names for name in homes)
        return not homes or any(known)

    def in_line(self, path: str, line: str) -> Iterator[str]:
        """Places that a line of a file names and that are not there."""
        here = self.variables.get(path, ())
        for one in DOTTED.findall(line):
            first, _, last = one.replace(":", ".").partition(".")
            if first not in here and last not in FILE_KINDS and not self.has(f"{first}.{last}"):
                yield one
        paths = [one for one in PATH.findall(line) if one not in self.files and one not in self.folders]
        yield from paths
        for one in PYTHON_FILE.findall(line):
            if one not in paths and not any(f"/{known}".endswith(f"/{one}") for known in self.files):
                yield one
        for one, two in QUOTED.findall(line):
            if not self.quoted(path, one, two):
                yield f"{one}.{two}"


def missing_places(places: Places, made_up: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """(where, what) of places that texts name and that are not there; `made_up` files are not looked at."""
    for path, text in places.texts.items():
        if path not in made_up:
            for number, line in enumerate(text.splitlines(), 1):
                yield from ((f"{path}:{number}", one) for one in places.in_line(path, line))


def spread(pattern: str) -> list[str]:
    """A path with braces, written out: "groups/{centres,density}.py" is two paths."""
    found = re.fullmatch(r"(.*)\{([^{}]*)\}(.*)", pattern)
    if found is None:
        return [pattern]
    before, choices, after = found.groups()
    return [path for choice in choices.split(",") for path in spread(f"{before}{choice}{after}")]


def missing_in_guide(guide: str, places: Places) -> Iterator[str]:
    """What a guide to the engine names in backticks and that is not there.

    A path may leave out its beginning, and `<page>` stands for any name. A name that follows a path is one of
    that module, and a member of a class, such as `Budget.parse`, stands anywhere. Words between commas are
    folders or files of Python.
    """
    everything = [f"/{path}" for path in sorted(places.files | places.folders)]
    stems = {PurePosixPath(path).name.removesuffix(".py") for path in everything}
    module = ""
    for mark in re.finditer(r"(?P<before>[^`]*)`(?P<said>[^`\n]+)`", guide):
        said = mark["said"]
        if re.fullmatch(r"[\w/{},<>]+(?:/|\.py)", said):
            for path in spread(said):
                wanted = re.compile(".*/" + re.sub("<[^>]*>", "[^/]+", path.rstrip("/")))
                found = [one for one in everything if wanted.fullmatch(one)]
                module = module_of(found[0][1:]) if found and path.endswith(".py") else ""
                if not found:
                    yield path
        elif re.fullmatch(r"\w+(?:, \w+)+", said):
            yield from (word for word in said.split(", ") if word not in stems)
        elif re.fullmatch(r"[A-Z]\w*\.\w+", said):
            if not places.member(*said.split(".")):
                yield said
        else:
            follows = module and re.fullmatch(r"\w+", said) and re.fullmatch(r",\s+", mark["before"])
            if follows and said not in places.names[module]:
                yield f"{said} in {module}"

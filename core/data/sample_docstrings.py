"""First paragraphs of the docstrings of installed packages, read as source: nothing is imported or run."""

from __future__ import annotations

import ast
import csv
import inspect
import sys
import warnings
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pandas as pd

from ..foundation.child_process import Arrays, run_child
from ..foundation.progress import SILENT, Progress

WANTED = 10_000
CAP = 12_000
PER_PACKAGE = 600
SHORTEST = 24  # characters
LONGEST = 1_200
_BIG = 2_000_000  # bytes of a source file; above, it is data in disguise
_SKIP = {
    "test",
    "tests",
    "testing",
    "_vendor",
    "vendor",
    "_vendored",
    "conftest",
    "benchmarks",
    "docs",
    "examples",
}
COLUMNS = ("id", "text", "package", "module", "kind", "length")


def _rank(text: str) -> bytes:
    """A fixed pseudo-random order that depends on the name alone."""
    return blake2b(text.encode(), digest_size=8).digest()


def first_paragraph(docstring: str) -> str:
    """The first paragraph with its whitespace collapsed.

    Example:
        >>> first_paragraph("\\n  Return the sum\\n  of all rows.\\n\\n  Details.")
        'Return the sum of all rows.'
    """
    lines: list[str] = []
    for line in inspect.cleandoc(docstring).splitlines():
        if not line.strip():
            break
        lines.append(line)
    return " ".join(" ".join(lines).split())


def _is_prose(text: str) -> bool:
    """Whether a paragraph reads as a sentence rather than a rule of dashes, code or a signature."""
    letters = sum(character.isalpha() or character == " " for character in text)
    return (
        SHORTEST <= len(text) <= LONGEST
        and letters >= 0.75 * len(text)
        and text.count(" ") >= 3
        and not text.startswith((">>>", "@", "..", "Copyright", "SPDX"))
        and not any("\ud800" <= character <= "\udfff" for character in text)  # no file could hold them
    )


def docstrings_of(source: str, module: str) -> Iterator[tuple[str, str, str]]:
    """(qualified name, kind, first paragraph) of everything public and documented in a module's source.

    Kinds are module, class, function and method. Source that does not parse gives nothing.

    Example:
        >>> list(docstrings_of('class A:\\n    "Rows that were chosen."', "toy"))
        [('toy.A', 'class', 'Rows that were chosen.')]
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other people's source: odd escapes are theirs
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from _walk(tree, module, "module")


def _walk(
    node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str, kind: str
) -> Iterator[tuple[str, str, str]]:
    found = ast.get_docstring(node, clean=False)
    if found:
        yield name, kind, first_paragraph(found)
    if kind in ("function", "method"):
        return
    for child in node.body:
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if child.name.startswith("_"):
                continue
            if isinstance(child, ast.ClassDef):
                inner = "class"
            else:
                inner = "method" if kind == "class" else "function"
            yield from _walk(child, f"{name}.{child.name}", inner)


def _listed(distribution: Distribution) -> list[str]:
    """Paths of a distribution's files. RECORD is read as text: objects per file would cost seconds."""
    record = distribution.read_text("RECORD")
    if record is None:
        return [str(entry) for entry in distribution.files or []]
    return [line[0] for line in csv.reader(record.splitlines()) if line and line[0].endswith(".py")]


def _modules(distribution: Distribution) -> list[tuple[str, str]]:
    """(module name, file) of a distribution's Python source, tests and vendored copies left out."""
    found = []
    for entry in _listed(distribution):
        parts = entry.removesuffix(".py").split("/")
        if not entry.endswith(".py"):
            continue
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(
            part.isidentifier() and part.lower() not in _SKIP and not part.startswith("test_")
            for part in parts
        ):
            found.append((".".join(parts), entry))
    return sorted(found, key=lambda item: _rank(item[0]))


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _BIG:
            return ""
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def collect(per_package: int = PER_PACKAGE, cap: int = CAP, progress: Progress = SILENT) -> pd.DataFrame:
    """First paragraphs of the docstrings of the installed packages.

    The rule: packages in the order of their names; a package's modules in the order of a hash of their
    names, until it has given `per_package` paragraphs; of all distinct paragraphs the `cap` whose qualified
    names have the smallest hash, in the order of their names. So no single package fills the data set, and
    the same packages always give the same rows.

    The source is read in a child process. Python counts the depth of a syntax tree for all threads together:
    another thread that parses in the meantime (formatting a traceback does) makes either of them fail
    (CPython issue 106905), and source that is nested deeply enough can end the whole process.

    Args:
        per_package: Most paragraphs of one package.
        cap: Most paragraphs in all.
        progress: Told after each package; may cancel it.

    Returns:
        Columns id (qualified name), text, package, module, kind, length (characters).
    """
    config = {
        "per_package": per_package,
        "cap": cap,
        "paths": [str(Path(path).resolve()) for path in sys.path],
    }
    _, found = run_child("core.data.sample_docstrings:gather", {}, config, progress)
    return pd.DataFrame(found["rows"], columns=list(COLUMNS))


def gather(_: Arrays, config: Mapping[str, Any], progress: Progress) -> tuple[Arrays, Mapping[str, Any]]:
    """The child's side of `collect`.

    Args:
        config: `per_package`, `cap`, and `paths`: the folders in which packages are looked for.
        progress: Told after each package.

    Returns:
        No arrays, and under `rows` one list per paragraph, in the order of `COLUMNS`.
    """
    per_package = int(config["per_package"])
    seen: set[str] = set()
    ids: set[str] = set()
    rows: list[tuple[str, str, str, str, str, int]] = []
    named = {
        str(item.metadata["Name"]).lower().replace("_", "-"): item
        for item in distributions(path=list(config["paths"]))
    }
    for at, package in enumerate(sorted(named)):
        progress(at, len(named), f"reading docstrings of {package}")
        if package == "aliquot":
            continue
        count = 0
        distribution = named[package]
        for module, entry in _modules(distribution):
            if count >= per_package:
                break
            source = _read(Path(str(distribution.locate_file(entry))))
            for name, kind, text in docstrings_of(source, module):
                if count >= per_package:
                    break
                if name in ids or text in seen or not _is_prose(text):
                    continue
                ids.add(name)
                seen.add(text)
                rows.append((name, text, package, module, kind, len(text)))
                count += 1
    kept = sorted(sorted(rows, key=lambda row: _rank(row[0]))[: int(config["cap"])])
    return {}, {"rows": kept}

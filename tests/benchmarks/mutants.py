"""How strong the tests are: small faults are planted in modules, one at a time, and the tests must see them.

    python -m tests.benchmarks.mutants --count 150 --seed 2 core/model/budget.py
    core/analysis/random_band/measure.py

Faults: a comparison, a constant one off, and/or, a `not` left out, a guard left out, swapped arguments,
min/max, a sort left out. Each is run against the module's own examples, the tests named after it and those
that import it, in a copy of the tree. What survives is printed, to be judged by a person: some changes mean
nothing. Tests that no import leads to are named behind a module, MODULE=TEST,TEST.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
PAIRS = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}
SORTS = {"sorted", "sort"}
EITHER_WAY = {*PAIRS, "equal", "not_equal", "isclose", "array_equal"}  # the order of arguments says nothing
MOST_FILES = 6  # test files that are run against one module


@dataclass(frozen=True)
class Mutant:
    """A text that takes the place of another one in a module."""

    module: str
    line: int
    kind: str
    start: int
    stop: int
    new: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.new.encode() + source[self.stop :]


def skipped(node: ast.AST) -> bool:
    """Parts that say nothing about behaviour: words of errors, formatted text, types."""
    return isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)) or (
        isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    )


def walk(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not skipped(child):
                yield child
                yield from walk(child)


def leaves(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], (ast.Raise, ast.Return, ast.Continue, ast.Break))


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
    """(kind, the node whose text goes, what comes in its place)."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        turned = ast.Compare(node.left, [FLIPPED[type(node.ops[0])]()], node.comparators)
        yield "comparison", node, f"({ast.unparse(turned)})"
    if isinstance(node, ast.Constant) and type(node.value) is int:
        for other in (node.value + 1, node.value - 1):
            yield "constant", node, f"({other})"
    if isinstance(node, ast.BoolOp):
        other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and/or", node, f"({ast.unparse(ast.BoolOp(other_op, node.values))})"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", node, f"({ast.unparse(node.operand)})"
    if isinstance(node, ast.If) and leaves(node.body):
        yield "guard", node.test, "False"
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if len(node.args) == 2 and not any(isinstance(arg, ast.Starred) for arg in node.args):
            swapped = ast.Call(node.func, [node.args[1], node.args[0]], node.keywords)
            if name not in EITHER_WAY and ast.dump(node.args[0]) != ast.dump(node.args[1]):
                yield "arguments", node, f"({ast.unparse(swapped)})"
        if name in PAIRS:
            func = (
                ast.Attribute(node.func.value, PAIRS[name])
                if isinstance(node.func, ast.Attribute)
                else ast.Name(PAIRS[name])
            )
            yield "min/max", node, f"({ast.unparse(ast.Call(func, node.args, node.keywords))})"
        if name in SORTS and len(node.args) == 1:
            yield (
                "sort",
                node,
                f"list({ast.unparse(node.args[0])})"
                if name == "sorted"
                else (f"({ast.unparse(node.args[0])})"),
            )


def mutants_of(module: str) -> list[Mutant]:
    source = (ROOT / module).read_bytes()
    starts = [0]
    for line in source.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    for node in walk(ast.parse(source)):
        for kind, old, new in changes(node):
            begin = starts[old.lineno - 1] + old.col_offset  # type: ignore[attr-defined]
            end = starts[old.end_lineno - 1] + old.end_col_offset  # type: ignore[attr-defined]
            found.append(Mutant(module, old.lineno, kind, begin, end, new))  # type: ignore[attr-defined]
    return found


NAMED: dict[str, list[str]] = {}
"""Tests that were named for a module."""


def tests_of(module: str) -> list[str]:
    """The module's own examples, the tests named after it, and those that import it, closest first."""
    if module in NAMED:
        return [module, *NAMED[module]]
    path = Path(module)
    dotted = ".".join(path.with_suffix("").parts)
    stem = path.stem.lstrip("_")
    near, far = [], []
    for test in sorted((ROOT / "tests").rglob("test_*.py")):
        name = test.relative_to(ROOT).as_posix()
        if "/browser/" in name or "/benchmarks/" in name or test.parent == ROOT / "tests":
            continue
        named = test.stem.removeprefix("test_")
        if named == stem or (named == path.parent.name and len(path.parts) > 2):
            near.append(name)
            continue
        modules = set()
        for node in ast.walk(ast.parse(test.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
        if dotted in modules:
            near.append(name)
        elif len(path.parts) > 2 and test.parent == ROOT / "tests" / path.parent:
            far.append(name)
    near.sort(key=lambda name: Path(name).stem.removeprefix("test_") != stem)
    if near:  # what holds for all of a kind stands in its contract
        far = [name for name in far if name.endswith("test_contract.py")]
    return [module, *(near + far)[:MOST_FILES]]


def copy_of_tree(to: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        source = ROOT / name
        if source.is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to / name)
    return to


def run_tests(tree: Path, tests: list[str], seconds: float) -> tuple[bool, float]:
    """Whether all pass, and how long it took; what takes too long does not pass."""
    start = perf_counter()
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return False, perf_counter() - start
    return done.returncode == 0, perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="+", help="files below core, for example core/model/budget.py")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    for at, word in enumerate(args.modules):
        args.modules[at], _, named = word.partition("=")
        if named:
            NAMED[args.modules[at]] = named.split(",")
    each = -(-args.count // len(args.modules))
    draw = random.Random(args.seed)
    drawn = []
    for module in args.modules:
        known = mutants_of(module)
        drawn += draw.sample(known, min(each, len(known)))
    drawn = draw.sample(drawn, min(args.count, len(drawn)))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: Queue[Path] = Queue()
        for worker in range(args.workers):
            trees.put(copy_of_tree(Path(folder) / str(worker)))
        limits: dict[str, float] = {}

        def plain(module: str) -> str:
            tree = trees.get()
            passed, took = run_tests(tree, tests_of(module), 900)
            trees.put(tree)
            if not passed:
                raise SystemExit(f"{module}: its tests do not pass as they are: {' '.join(tests_of(module))}")
            limits[module] = 30 + 4 * took
            return f"{module}: {len(tests_of(module)) - 1} test files, {took:.0f} s"

        def planted(mutant: Mutant) -> bool:
            tree = trees.get()
            path = tree / mutant.module
            source = path.read_bytes()
            path.write_bytes(mutant.apply(source))
            try:
                return run_tests(tree, tests_of(mutant.module), limits[mutant.module])[0]
            finally:
                path.write_bytes(source)
                trees.put(tree)

        counted: dict[str, Counter[bool]] = {module: Counter() for module in args.modules}
        with ThreadPoolExecutor(args.workers) as pool:
            for line in pool.map(plain, args.modules):
                print(line, flush=True)
            for mutant, survived in zip(drawn, pool.map(planted, drawn), strict=True):
                counted[mutant.module][survived] += 1
                if survived:
                    source = (ROOT / mutant.module).read_bytes()
                    old = source[mutant.start : mutant.stop].decode()
                    print(
                        f"survived: {mutant.module}:{mutant.line} {mutant.kind}\n  {old}\n  {mutant.new}",
                        flush=True,
                    )
    for module, seen in counted.items():
        print(f"{module}: {seen[False]} of {seen.total()} seen")
    total = sum((seen for seen in counted.values()), Counter())
    print(f"{total[False]} of {total.total()} seen ({total[False] / max(1, total.total()):.0%})")


if __name__ == "__main__":
    main()

"""The command line: ``aliquot`` and ``python -m core``, derived from the same declarations as the app."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ..foundation import defect_log
from ..foundation.errors import AliquotError, Cancelled, ParameterError
from ..foundation.version import __version__
from . import arguments, check_strategy, commands, curves_command
from .console import complain

BAD, DEFECT = 2, 70
STOPPED, CLOSED = 130, 141
"""No exit codes of ours: `entry` ends the process by the signal that was meant for it; shells show it so."""
_DATA = "a file, or sample:NAME"
_CODES = (
    "Exit codes: 0 done, or verified; 1 does not verify, or breaks the contract; 2 bad input, one line; "
    "3 intact, but replayed differently elsewhere, or made by a version or package that is not here; 70 a "
    "defect of Aliquot, one line that names the file with the details. Nothing else: an interrupted command "
    "ends by its signal."
)


class _Parser(argparse.ArgumentParser):
    """argparse whose complaints are one line like any other."""

    def error(self, message: str) -> NoReturn:
        raise ParameterError("The command cannot be read", message, f"see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after the program's name; those of this process if not given.

    Returns:
        The exit code: 0; 1 and 3 as in Verify; 2 bad input, told in one line; 70 a defect of ours. Beside
        them `STOPPED` and `CLOSED`, which `entry` turns into the end by a signal.

    Example:
        >>> main(["--version"])
        aliquot 0.1.0
        0
    """
    try:
        args = parser().parse_args(argv)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except (KeyboardInterrupt, Cancelled):
        return _told("interrupted; nothing was written.", STOPPED)
    except BrokenPipeError:  # whoever read us has gone; nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except AliquotError as error:
        return _told(str(error), BAD)
    except MemoryError:
        return _told("The memory of this machine is used up. What to do: take fewer rows.", BAD)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _told(f"{error.strerror or error}{where}.", BAD)
    except Exception as error:  # never 1, which would say that a bundle does not verify
        words = ["aliquot", *(sys.argv[1:] if argv is None else argv)]
        return _told(defect_log.told(error, defect_log.keep_details(error, words)), DEFECT)


def entry() -> NoReturn:
    """Run the command of this process and end it with the exit code, which other programs rely on.

    The interpreter is not wound down: a worker thread of pyarrow that lets go of a Python buffer during
    that aborts the process (exit code 134), now and then, after everything has been done and said.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed, or nobody reads it any more
            stream.flush()
    _end_by_signal(code)
    os._exit(code)


def _end_by_signal(code: int) -> None:
    """End as an interrupted process ends, so that shells and their scripts stop too; else do nothing."""
    ends = {STOPPED: getattr(signal, "SIGINT", None), CLOSED: getattr(signal, "SIGPIPE", None)}
    number = ends.get(code)
    if number is not None and os.name != "nt":
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _told(text: str, code: int) -> int:
    complain(text)
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = _Parser(
        prog="aliquot", description="Choose a subset you can defend.", epilog=_CODES, allow_abbrev=False
    )
    root.add_argument("--version", action="version", version=f"aliquot {__version__}")
    found = root.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=_Parser)

    def command(
        name: str, run: Callable[[Any], int], text: str, data: bool = True
    ) -> argparse.ArgumentParser:
        made = found.add_parser(name, help=text, description=text, allow_abbrev=False)
        made.set_defaults(run=run)
        if data:
            made.add_argument("data", metavar="DATA", help=_DATA)
        return made

    info = command(
        "info", commands.run_info, "Show rows, column roles, health and fingerprint of a data set."
    )
    _reading(info)
    _json(info)
    known = command("strategies", commands.run_strategies, "List the strategies and their parameters.", False)
    _json(known)
    select = command("select", commands.run_select, "Choose a subset and write its bundle.")
    select.add_argument(
        "--strategy", metavar="ID", required=True, help="how rows are chosen; see: aliquot strategies"
    )
    _budget(select)
    _common(select)
    _out(select)
    both = command(
        "compare", commands.run_compare, "Compare strategies beside random subsets of the same size."
    )
    both.add_argument("--strategies", metavar="ID,ID,...", required=True, help="see: aliquot strategies")
    _budget(both)
    both.add_argument(
        "--seeds", metavar="M", type=arguments.whole, default=1, help="runs of strategies that use the seed"
    )
    both.add_argument(
        "--band",
        metavar="R",
        type=arguments.whole,
        default=199,
        help="random subsets; below 199 is a preview",
    )
    asked = "what the first line answers (represent, rare, target, spread, quality or label)"
    both.add_argument("--question", metavar="WHICH", type=arguments.question, help=asked)
    _common(both)
    _out(both)
    curve = command("curves", curves_command.run_curves, "Measure strategies at several budgets.")
    curves_command.options(curve)
    _common(curve)
    _out(curve)
    run = command(
        "run", commands.run_recipe, "Repeat what a recipe, manifest or comparison describes.", False
    )
    run.add_argument("recipe", metavar="RECIPE", type=Path, help="a recipe, a manifest, or a comparison")
    run.add_argument("--data", metavar="DATA", required=True, help=_DATA)
    run.add_argument("--target", metavar="FILE", help="rows to resemble, where the recipe has a target")
    _file(run)
    run.add_argument("--quiet", action="store_true", help="no progress bar")
    _out(run)
    check = command(
        "verify", commands.run_verify, "Check a bundle against the data it was drawn from.", False
    )
    check.add_argument(
        "bundle", metavar="DIR|ZIP|manifest.json", type=Path, help="the bundle, or its manifest"
    )
    check.add_argument("--data", metavar="DATA", required=True, help=_DATA)
    check.add_argument("--target", metavar="FILE", help="rows to resemble, where the recipe has a target")
    check.add_argument(
        "--features", metavar="FILE.npy", help="vectors beside the table, where there were some"
    )
    check.add_argument("--recompute", action="store_true", help="compare all recorded features with new ones")
    check.add_argument("--quiet", action="store_true", help="no progress bar")
    _json(check)
    contract = command(
        "check-strategy",
        check_strategy.run_check_strategy,
        "Import a module and check that its strategies do what every strategy must.",
        False,
    )
    contract.add_argument("module", metavar="MODULE", help="a module, as in import")
    contract.add_argument("--quiet", action="store_true", help="no progress bar")
    _json(contract)
    app = command("app", commands.run_app, "Open the app in a browser, on this machine only.", False)
    app.add_argument("--port", type=arguments.whole, default=8501, help="where it listens")
    return root


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write JSON")


def _budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--budget",
        metavar="N|N%|'N COL'",
        required=True,
        help='how many rows, which share of them, or a sum of a cost column: "50000 tokens"',
    )


def _out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write to")
    parser.add_argument(
        "--force", action="store_true", help="replace what an earlier run wrote there unsigned"
    )
    _json(parser)


def _reading(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--id", metavar="COL", help='the column that names rows; "" for none')
    parser.add_argument(
        "--role", metavar="COL=ROLE", action="append", default=[], help="role of a column; repeatable"
    )
    parser.add_argument(
        "--missing", metavar="WORD", action="append", default=[], help="a word that means no value"
    )
    _file(parser)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _file(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--read",
        metavar="COL=FORM",
        action="append",
        default=[],
        help="how a column's cells are read: number:. or number:, (its decimal mark), date:dmy, date:mdy, "
        "date:ymd or date:%%d.%%m.%%y, text; behind it ;else:missing and ;missing:NA|-; repeatable",
    )
    parser.add_argument("--sheet", metavar="NAME", help="the worksheet of a workbook")
    parser.add_argument("--encoding", metavar="NAME", help="of a text file, for example cp1252")
    parser.add_argument("--delimiter", metavar="TEXT", help="what separates the cells of a text file")
    parser.add_argument("--header", metavar="ROW", help="row that names the columns: 1 is the first, 0 none")


def _common(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("common options")
    option = group.add_argument
    param = "a parameter; within.metric=cosine reaches inside; compare takes ID:NAME=VALUE; repeatable"
    option("--param", metavar="NAME=VALUE", action="append", default=[], help=param)
    option("--features", metavar="WHAT", help="auto, text:COL, table, vector:COL or FILE.npy")
    option("--embedder", metavar="WHICH", help="minilm, tfidf, or a model's name or folder")
    option("--groups", metavar="HOW", help="a column, kmeans, kmeans:K or hdbscan")
    option("--label", metavar="COL", help="the column of labels")
    option("--score", metavar="COL", help="the column of scores, higher is better")
    option("--where", metavar="EXPR", default="", help="a SQL condition that rows must meet")
    option(
        "--only", metavar="FILE", help="rows that may take part: ids, an earlier subset or a saved selection"
    )
    option(
        "--near", metavar="TEXT", help="a sentence: only the rows nearest to it take part (features of text)"
    )
    option("--near-rows", metavar="N", type=arguments.whole, help="how many: 1,000 where not given")
    option("--target", metavar="FILE", help="rows that the subset should resemble")
    option("--pin", metavar="FILE", help="rows that must be chosen: ids, or an earlier subset")
    option("--ban", metavar="FILE", help="rows that must not be chosen")
    option("--seed", metavar="S", type=arguments.whole, default=0, help="seed of everything random")
    _reading(group)

"""``aliquot check-strategy``: the contract, held against the strategies of a module."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..foundation.errors import ExtensionError
from ..foundation.wording import count
from .console import bar, say, show

if TYPE_CHECKING:
    from ..strategies.declaration import Strategy


def run_check_strategy(args: argparse.Namespace) -> int:
    """Check every strategy that a module declares; 1 where one breaks the contract."""
    from ..strategies.contract.checks import findings
    from ..strategies.contract.subject import registered

    found = {}
    declared = declared_in(args.module)
    with bar(args.quiet) as progress:
        for at, strategy in enumerate(declared):
            part = progress.part(at / len(declared), (at + 1) / len(declared))
            found[strategy.id] = list(findings(registered(strategy.id), part))
    bad = sum(bool(one.breach) for each in found.values() for one in each)
    if args.json:
        show(
            [
                {
                    "strategy": name,
                    "check": one.check,
                    "clause": one.clause,
                    "status": "fails" if one.breach else "holds",
                    "reason": one.breach,
                }
                for name, each in found.items()
                for one in each
            ]
        )
        return int(bad > 0)
    for name, each in found.items():
        say(f"{name}:")
        for one in each:
            say(
                f"  {one.check}: fails. {one.breach}" if one.breach else f"  {one.check}: holds. {one.clause}"
            )
    kept = "keeps" if len(declared) == 1 else "keep"
    broken = (
        f"{count(bad, 'check')} failed" if bad else f"{count(len(declared), 'strategy')} {kept} the contract"
    )
    say(f"{broken}.")
    return int(bad > 0)


def declared_in(module: str) -> list[Strategy]:
    """The strategies that a module or package declares; the working folder is searched for it too.

    Raises:
        ExtensionError: It cannot be imported, or declares none.

    Example:
        >>> [strategy.id for strategy in declared_in("core.strategies.draws.random")]
        ['random']
    """
    from ..model.extensions import import_fault
    from ..strategies.declaration import STRATEGIES

    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        import_module(module)
    except (Exception, SystemExit) as error:
        raise ExtensionError(
            f"The module {module} cannot be imported",
            import_fault(error, module),
            "name a module as in import, and correct it",
        ) from error
    found = STRATEGIES.declared_in(module)
    if not found:
        raise ExtensionError(
            f"The module {module} declares no strategy", "", "declare one; the README has an example"
        )
    return found

"""Every clause of the contract, and a strategy held against all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...foundation.errors import AliquotError, Cancelled
from ...foundation.progress import SILENT, Progress
from ...model.extensions import reason
from . import behaviour, chances
from .subject import ContractError, Subject

CHECKS: tuple[Callable[[Subject], None], ...] = (
    behaviour.check_shape,
    behaviour.check_gains,
    behaviour.check_size_on_average,
    behaviour.check_budgets,
    behaviour.check_pins,
    behaviour.check_bans,
    behaviour.check_seed,
    behaviour.check_order,
    behaviour.check_nested,
    behaviour.check_inputs,
    behaviour.check_progress,
    behaviour.check_cancel,
    behaviour.check_finite,
    behaviour.check_scale,
    behaviour.check_memory,
    behaviour.check_params,
    behaviour.check_needs,
    chances.check_inclusion,
)


@dataclass(frozen=True)
class ContractFinding:
    """One clause, held against one strategy.

    Args:
        check: Name of the clause.
        clause: What must hold, one sentence.
        breach: What does not; "" where it holds.
    """

    check: str
    clause: str
    breach: str = ""


def findings(subject: Subject, progress: Progress = SILENT) -> Iterator[ContractFinding]:
    """Every clause in turn, with what breaks it.

    Args:
        subject: A strategy.
        progress: Told how far the checks are; may cancel them.

    Example:
        >>> from .subject import registered
        >>> next(findings(registered("random"))).breach
        ''
    """
    for at, check in enumerate(CHECKS):
        name = check.__name__.removeprefix("check_").replace("_", " ")
        progress(at, len(CHECKS), f"{subject.strategy.id}: {name}")
        part = progress.part(at / len(CHECKS), (at + 1) / len(CHECKS))
        clause = (check.__doc__ or "").strip().partition("\n")[0]
        try:
            check(replace(subject, progress=part))
        except Cancelled:
            raise
        except (ContractError, AliquotError, AssertionError) as error:
            yield ContractFinding(
                name, clause, " ".join(str(error).split()) or "An assertion in its code fails."
            )
        except Exception as error:
            yield ContractFinding(name, clause, f"It fails with {reason(error)}.")
        else:
            yield ContractFinding(name, clause)

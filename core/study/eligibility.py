"""Which rows take part: a filter, a saved selection, bans; and what rows cost."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..foundation.artifact_store import digest
from ..foundation.errors import BudgetError, ColumnError, RecipeError
from ..foundation.machine import MAX_ROWS
from ..foundation.wording import count, some, verb
from ..metrics.geometry import linked
from ..model.budget import Budget
from ..model.columns import entity_codes, fixed, reading, why_no_number
from ..model.inputs import Inputs, Kind, Rows
from ..strategies.running.cost_budget import Purse, bad_costs

if TYPE_CHECKING:
    from ..model.inputs import Dataset
    from ..model.recipe import Mark
    from .study import Study


def pack_rows(rows: Rows | Iterable[int], n: int) -> str:
    """Some of `n` rows as text: a bitmap, deflated, base64; a few hundred bytes instead of an array.

    Example:
        >>> unpack_rows(pack_rows([1, 4], 9), 9).tolist()
        [1, 4]
    """
    mask = np.zeros(n, bool)
    mask[np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, np.int64)] = True
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 6)).decode()


def _bits(packed: str, n: int) -> bytes:
    """The bitmap of `n` rows; its size is checked against the text before anything is unpacked."""
    size = (n + 7) // 8
    # What `pack_rows` makes of a bitmap that cannot be deflated at all.
    longest = 4 * ((size + size // 1000 + 66) // 3)
    if not 0 < n <= MAX_ROWS or len(packed) > longest:
        raise RecipeError(
            "The selected rows cannot be read", "their number is impossible", "select them again"
        )
    try:
        raw = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), size + 1)
    except (ValueError, zlib.error) as error:
        raise RecipeError("The selected rows cannot be read", str(error), "select them again") from error
    if len(raw) != size or (n % 8 and raw[-1] & ((1 << (8 - n % 8)) - 1)):
        raise RecipeError("The selected rows cannot be read", "their length is wrong", "select them again")
    return raw


def count_packed(packed: str, n: int) -> int:
    """How many of `n` rows are packed; takes n / 8 bytes and makes no positions.

    Raises:
        RecipeError: The text is none of `pack_rows`, or `n` is more than a data set can have.
    """
    return int(np.bitwise_count(np.frombuffer(_bits(packed, n), np.uint8)).sum())


@lru_cache(maxsize=8)  # each takes 8 bytes a row
def unpack_rows(packed: str, n: int) -> Rows:
    """Canonical positions, ascending, read-only; `RecipeError` where the text is none of `pack_rows`."""
    bits = np.unpackbits(np.frombuffer(_bits(packed, n), np.uint8), count=n)
    rows = np.flatnonzero(bits).astype(np.int64)
    rows.flags.writeable = False
    return rows


@dataclass(frozen=True)
class Only:
    """A saved selection: the rows that may take part, by position in one data set.

    Args:
        name: What people call it.
        data: Fingerprint of the data set that the positions are of.
        n: Rows of that data set.
        count: How many are in the selection.
        rows: Which ones, as `pack_rows` writes them.

    Example:
        >>> only = Only.of([1, 4], 9, "odd ones", "3f9a")
        >>> only.count, only.positions.tolist()
        (2, [1, 4])
    """

    name: str
    data: str
    n: int
    count: int
    rows: str

    @classmethod
    def of(cls, rows: Rows | Iterable[int], n: int, name: str, data: str) -> Only:
        """Rows (canonical positions) of the data set with fingerprint `data`."""
        packed = pack_rows(rows, n)
        return cls(name, data, n, count_packed(packed, n), packed)

    @classmethod
    def from_json(cls, value: Any) -> Only:
        """Read what a recipe holds; `RecipeError` where it does not fit together."""
        kinds = {"name": str, "data": str, "n": int, "count": int, "rows": str}
        whole = isinstance(value, dict) and value.keys() == kinds.keys()
        if not whole or any(
            not isinstance(value[name], kind) or isinstance(value[name], bool) for name, kind in kinds.items()
        ):
            raise RecipeError(
                "The recipe's saved selection cannot be used", "its fields are wrong", "save it again"
            )
        made = cls(**value)
        if count_packed(made.rows, made.n) != made.count:
            raise RecipeError(
                "The recipe's saved selection cannot be used", "its count is wrong", "save it again"
            )
        return made

    @property
    def positions(self) -> Rows:
        """Canonical positions, ascending."""
        return unpack_rows(self.rows, self.n)

    def within(self, data: Dataset) -> Rows:
        """The positions in a data set; `RecipeError` where it is not the one they are of."""
        if data.fingerprint.digest != self.data or len(data) != self.n:
            raise RecipeError(
                f"The saved selection {self.name!r} does not belong to this data set",
                f"it was made on the data with fingerprint {self.data[:8]}, this is {data.fingerprint.short}",
                "use that data, or take the selection out of the recipe",
            )
        return self.positions


def rows_of(data: Dataset, marks: Sequence[Mark], what: str) -> Rows:
    """Canonical positions of marked rows; `RecipeError` where the data no longer holds them."""
    if not marks:
        return np.empty(0, np.int64)
    known = {key.tobytes().hex(): row for row, key in enumerate(data.keys)}
    lost = [mark.key for mark in marks if mark.key not in known]
    if lost:
        raise RecipeError(
            f"{len(lost):,} {what} rows are not in this data set",
            f"for example the key {lost[0]}",
            "use the data the recipe was made for, or take them out",
        )
    return np.array(sorted(known[mark.key] for mark in marks), np.int64)


def eligible(study: Study) -> Rows | None:
    """Ascending positions left by filter, saved selection and bans together; None where all rows are.

    Raises:
        AliquotError: The filter, the selection or a banned row does not fit the data.
    """
    recipe = study.recipe
    if not recipe.where and not recipe.bans and recipe.only is None:
        return None
    mask = np.ones(len(study.data), bool)
    if recipe.where:
        from ..data import matching

        mask[:] = False
        mask[matching(study.data, recipe.where, store=study.store)] = True
    if recipe.only is not None:
        inside = np.zeros(len(mask), bool)
        inside[recipe.only.within(study.data)] = True
        mask &= inside
    mask[rows_of(study.data, recipe.bans, "banned")] = False
    return fixed(np.flatnonzero(mask))


def check_left(study: Study, rows: Rows | None) -> None:
    """Refuse what leaves no row to choose from, or leaves out a pinned one; says which choice does.

    Args:
        study: Data set and choices.
        rows: What `eligible` says.

    Raises:
        BudgetError: No row is left, or a pinned row is not among those left.
    """
    if rows is None:
        return
    if not len(rows):
        raise _nobody(study)
    lost = np.setdiff1d(rows_of(study.data, study.recipe.pins, "pinned"), rows)
    if len(lost):
        raise _left_out(study, lost)


def _met(study: Study) -> Rows | None:
    from ..data import matching

    where = study.recipe.where
    return matching(study.data, where, store=study.store) if where else None


def _nobody(study: Study) -> BudgetError:
    """Why no row is eligible, by the first choice that leaves none."""
    from ..data import no_row

    what, data, only = "No rows are eligible", study.data, study.recipe.only
    met = _met(study)
    if met is not None and not len(met):
        told = no_row(data, study.recipe.where)
        return BudgetError(what, "; ".join(filter(None, (_lower(told.what), told.why))), told.do)
    inside = None if only is None else only.within(data)
    if only is not None and inside is not None and not len(inside):
        return BudgetError(what, f"the saved selection {only.name!r} is empty", "choose another, or all rows")
    if only is not None and inside is not None and met is not None and not len(np.intersect1d(met, inside)):
        why = f"no row of the saved selection {only.name!r} meets the filter"
        return BudgetError(what, why, "write a wider filter, or choose from all rows")
    beside = " that are left by the filter or the saved selection" if met is not None or only else ""
    return BudgetError(what, f"all rows{beside} are banned", "lift a ban")


def _left_out(study: Study, lost: Rows) -> BudgetError:
    """Which pinned rows cannot be chosen, and what leaves each of them out."""
    data, only = study.data, study.recipe.only
    met = _met(study)
    reasons = {"banned": rows_of(data, study.recipe.bans, "banned")}
    if met is not None:
        reasons["left out by the filter"] = np.setdiff1d(np.arange(len(data)), met)
    if only is not None:
        reasons[f"not in the saved selection {only.name!r}"] = np.setdiff1d(
            np.arange(len(data)), only.within(data)
        )
    told = []
    for reason, rows in reasons.items():
        here = np.intersect1d(lost, rows)
        if len(here):
            in_file = here[np.argsort(data.order[here])]
            names = some([row_name(data, int(row)) for row in in_file], 3)
            told.append(f"{names} {verb(len(here), 'is', 'are')} {reason}")
    it = "it" if len(lost) == 1 else "them"
    undo = (
        "lift the ban"
        if told == [one for one in told if one.endswith(" banned")]
        else f"choose from rows that hold {it}"
    )
    return BudgetError(
        f"{count(len(lost), 'pinned row')} cannot be chosen", "; ".join(told), f"unpin {it}, or {undo}"
    )


def row_name(data: Dataset, row: int) -> str:
    """A row as its owner knows it: by its id, else by its place in the file."""
    ids = data.fingerprint.id_column
    return f"row {int(data.order[row]) + 1:,} of the file" if ids is None else str(data.frame[ids][row])[:60]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def entity_columns(data: Dataset) -> tuple[str, ...]:
    """Columns in the role of entities, by name: what `entity_units` is made of."""
    return tuple(sorted(data.columns(Kind.ENTITY)))


def entity_units(study: Study) -> Rows | None:
    """Which rows of the data set are of one entity and stay together, int64 (n,); None without such a column.

    With several entity columns rows stay together that share an entity in any of them, or are linked by a
    chain of such rows: no person and no place is then on both sides of a parting. A row without an entity
    stands alone. Everything that parts rows asks here, and `described` names the same columns.
    """
    names = entity_columns(study.data)
    if not names:
        return None

    def made() -> Rows:
        pairs = []
        for name in names:
            codes = entity_codes(study.data.column(name))
            _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
            pairs.append(np.column_stack([first[inverse], np.arange(len(codes))]))
        return fixed(linked(len(study.data), np.concatenate(pairs)))

    return study._once("entity units", made, told=False)


def described(study: Study, inputs: Inputs) -> str:
    """Digest of everything a strategy looks at: data, features, groups, columns, marks, population, costs."""
    groups, recipe, entities = inputs.groups, study.recipe, entity_columns(study.data)
    parts = {
        "data": study.data.fingerprint.digest,
        "features": inputs.features and inputs.features.key,
        "groups": groups and groups.key,
        "label": study.label_column(),
        "score": study.score_column(),
        "entity": (entities[0] if len(entities) == 1 else list(entities)) if entities else None,
        "time": study.time_column(),
        "target": recipe.target and recipe.target["fingerprint"],
        "where": recipe.where,
        "pins": [[mark.key, mark.after_looking] for mark in recipe.pins],
        "bans": [mark.key for mark in recipe.bans],
    }
    # Named only where they are used, so that digests written before they existed stay what they were.
    if recipe.only is not None:
        parts["only"] = recipe.only.rows
    frame = study.data.frame
    read = {name: reading(frame[name], kind) for name, kind in inputs.roles.items() if name in frame.columns}
    read = {name: as_ for name, as_ in sorted(read.items()) if as_ != reading(frame[name])}
    if read:  # roles by which columns are read otherwise than by their values
        parts["read"] = read
    if inputs.costs is not None:
        parts["cost"] = inputs.cost_column
    return digest(parts)


def may_cost(data: Dataset, name: str) -> bool:
    """Whether a column holds numbers that can be added up."""
    import pandas as pd

    if name not in data.frame.columns:
        return False
    column = data.frame[name]
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def costs_of(data: Dataset, name: str) -> NDArray[np.float64]:
    """A column as what rows cost, float64 (n,), NaN where missing; `ColumnError` where it is not numeric."""
    column = data.column(name)
    if not may_cost(data, name):
        raise ColumnError(
            f"The column {name!r} cannot be a cost", why_no_number(column), "choose a number column"
        )
    return column.to_numpy(np.float64, na_value=np.nan)


def check_costs(data: Dataset, name: str, rows: Rows | None) -> NDArray[np.float64]:
    """The costs of all rows, refused where eligible ones have none or a negative one, with their names.

    Args:
        data: The data set.
        name: The column.
        rows: The eligible rows; None for all.

    Raises:
        ColumnError: No such column, or it is not numeric.
        BudgetError: Missing, infinite or negative costs, counted and named.
    """
    values = costs_of(data, name)
    here = np.arange(len(data)) if rows is None else rows
    cost = values[here]
    for bad, what in ((~np.isfinite(cost), "have no cost"), (cost < 0, "have a negative cost")):
        lost = here[bad]
        if len(lost):
            named = [row_name(data, int(row)) for row in lost[:3]]
            raise bad_costs(name, what, len(lost), some(named))
    return values


def asked(study: Study, text: str | int) -> int | Budget:
    """A written budget on the eligible rows: a count, or a cost budget that can be spent.

    Raises:
        BudgetError, ColumnError: What is wrong with the budget, or with the costs.
    """
    budget = Budget.parse(text if isinstance(text, int) else str(text))
    rows = study.eligible()
    check_left(study, rows)
    if not budget.column:
        return budget.count(len(study.data) if rows is None else len(rows))
    purse_of(study, budget, rows)
    return budget


def about(study: Study, text: str | int) -> int:
    """A written budget in rows; of a cost budget about how many it buys."""
    budget = asked(study, text)
    if isinstance(budget, int):
        return budget
    purse, inputs = purse_of(study, budget, study.eligible())
    return purse.rows(inputs)


def purse_of(study: Study, budget: Budget, rows: Rows | None) -> tuple[Purse, Inputs]:
    """A cost budget checked against the eligible rows, and these, with nothing but their costs and pins.

    Args:
        study: Data set and pins.
        budget: A sum of a column.
        rows: What `eligible` says.

    Raises:
        ColumnError, BudgetError: What is wrong with the costs or the budget.
    """
    check_left(study, rows)
    costs = check_costs(study.data, budget.column, rows)
    pins = rows_of(study.data, study.recipe.pins, "pinned")
    inputs = Inputs(keys=study.data.keys, costs=costs, cost_column=budget.column, pins=pins)
    part = inputs if rows is None else inputs.take(rows)
    return Purse.of(part, budget), part


def priced(data: Dataset, inputs: Inputs, budget: int | Budget) -> Inputs:
    """Inputs of all rows with the costs that a budget is a sum of."""
    if isinstance(budget, int) or not budget.column:
        return inputs
    return replace(inputs, costs=costs_of(data, budget.column), cost_column=budget.column)


def with_costs(data: Dataset, inputs: Inputs, text: str) -> Inputs:
    """Inputs with the costs that a recipe's budget names; as they are where it names none that can be used.

    Looking at data must not fail over a budget; whoever spends it is told what is wrong with it.
    """
    try:
        budget = Budget.parse(text)
    except BudgetError:
        return inputs
    return priced(data, inputs, budget) if budget.column and may_cost(data, budget.column) else inputs

"""A study: one data set, one recipe, and the verbs that work on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..foundation.progress import SILENT, Progress
from ..model.budget import Budget
from ..model.recipe import Choice
from ..model.selection import Selection
from ..strategies.declaration import as_choice
from .artifacts import Artifacts

if TYPE_CHECKING:
    from ..analysis.comparison.run import Comparison


class Study(Artifacts):
    """One data set under one recipe.

    Args:
        data: The data set.
        recipe: Choices; roles and columns they name must exist.
        store: Where artifacts are kept; the user's store if not given.
        target: Rows to resemble, where a strategy needs them.

    Example:
        >>> from core.data.load import load
        >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
        >>> subset = study.select("stratified", "10%")
        >>> len(subset)
        18
    """

    def select(
        self,
        strategy: str | Choice,
        budget: str | int | None = None,
        *,
        seed: int | None = None,
        params: Mapping[str, Any] | None = None,
        progress: Progress = SILENT,
    ) -> Selection:
        """Choose a subset with one strategy.

        Args:
            strategy: Its id, or a choice with parameters.
            budget: "500", "5%", "50000 tokens" or a count; the recipe's if not given.
            seed: The recipe's if not given.
            params: Its parameters beside an id; the rest take their defaults.
            progress: Told how far the work is; may cancel it.
        """
        from ..strategies.running.needs import needs_of
        from ..strategies.running.select import select

        choice = as_choice(strategy, params)
        asked = self.asked(budget)
        inputs = self.inputs(progress.part(0, 0.6), needs_of(choice.id, choice.params))
        inputs = self.priced(inputs, asked)
        made = select(
            choice.id,
            inputs,
            asked,
            seed=self.recipe.seed if seed is None else seed,
            params=choice.params,
            eligible=self.eligible(),
            described=self.described(inputs),
            progress=progress.part(0.6, 1),
        )
        return replace(made, asked=str(Budget.parse(self.recipe.budget if budget is None else budget)))

    def compare(
        self,
        strategies: Sequence[str | Choice],
        budget: str | int | None = None,
        *,
        seeds: int | None = None,
        band: int | None = None,
        probe: bool = True,
        progress: Progress = SILENT,
        on_result: Callable[[Comparison], None] | None = None,
    ) -> Comparison:
        """Run strategies side by side, beside the random band.

        Args:
            strategies: Ids, or choices with parameters.
            budget: As in `select`.
            seeds: Repetitions of strategies that use the seed.
            band: Uniform random subsets; fewer than 199 is a preview without words or marks.
            probe: Whether held-out accuracy is measured where a label exists.
            progress: Told how far the work is; a cancel keeps what is done.
            on_result: Given the comparison so far, each time something is added.
        """
        from .compare import compare_study

        recipe = self.recipe
        return compare_study(
            self,
            [as_choice(item) for item in strategies],
            str(recipe.budget if budget is None else budget),
            seeds=recipe.seeds if seeds is None else seeds,
            band=recipe.band if band is None else band,
            probe=probe,
            progress=progress,
            on_result=on_result,
        )

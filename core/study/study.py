"""A study: one data set, one recipe, and the verbs that work on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, overload

from ..foundation.arrays.array_types import Rows
from ..foundation.errors import ParameterError
from ..foundation.progress import SILENT, Progress
from ..model.budget import Budget
from ..model.recipe import Choice
from ..model.selection import Selection
from .artifacts import Artifacts

if TYPE_CHECKING:
    from ..analysis.budget_curves.result import Curves
    from ..analysis.comparison.comparison import Comparison
    from ..analysis.contrast.describing_tree import SelectionDescription
    from ..analysis.contrast.metrics_beside_band import MetricContrast
    from ..analysis.contrast.origin import SelectionOrigin
    from ..analysis.contrast.result import Contrast
    from ..analysis.estimates.intervals import Estimate
    from ..analysis.explain.differences import Difference
    from ..analysis.explain.group import GroupView
    from ..analysis.explain.row import RowFact
    from ..analysis.held_out.learning_result import Learning
    from ..analysis.held_out.reusable_holdout import HoldoutAnswer
    from ..analysis.paired_tests.result import PairedResult


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

        choice = _as_choice(strategy, params)
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
            _choices(strategies),
            str(recipe.budget if budget is None else budget),
            seeds=recipe.seeds if seeds is None else seeds,
            band=recipe.band if band is None else band,
            probe=probe,
            progress=progress,
            on_result=on_result,
        )

    def curves(
        self,
        strategies: Sequence[str | Choice],
        budget: str | int | None = None,
        budgets: Sequence[str] | None = None,
        *,
        seeds: int | None = None,
        band: int | None = None,
        progress: Progress = SILENT,
        on_result: Callable[[Curves], None] | None = None,
    ) -> Curves:
        """Run strategies at several budgets, beside the random band at each.

        Args:
            strategies: Ids, or choices with parameters.
            budget: "500" or "5%" of the eligible rows, the middle of the grid; the recipe's if not given.
                A sum of a cost column stands for about as many rows as it buys, for the grid is in rows.
            budgets: Others, in rows or per cent; None for a grid around it.
            seeds: Repetitions of strategies that use the seed; the recipe's if not given.
            band: Uniform random subsets at each budget; a preview's if not given.
            progress: Told how far the work is; a cancel keeps what is done.
            on_result: Given the curves so far, each time something is added.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine")).embed("table")
            >>> study.curves(["k-center"], 20, ["10", "20"], band=9).budgets
            (10, 20)
        """
        from ..analysis.comparison.run import PREVIEW
        from .budget_curves import curves_study

        return curves_study(
            self,
            _choices(strategies),
            str(self.recipe.budget if budget is None else budget),
            budgets,
            seeds=self.recipe.seeds if seeds is None else seeds,
            band=PREVIEW if band is None else band,
            progress=progress,
            on_result=on_result,
        )

    def learn(
        self,
        strategies: Sequence[str | Choice],
        budget: str | int | None = None,
        fractions: Sequence[float] | None = None,
        *,
        seeds: int | None = None,
        band: int | None = None,
        progress: Progress = SILENT,
    ) -> Learning:
        """Learning curves: held-out accuracy against the rows to learn from, where there is a label.

        Args:
            strategies: Ids, or choices with parameters.
            budget: As in `select`.
            fractions: Of the budget that leaves the held-out rows; the usual ones if not given.
            seeds: Repetitions of strategies that use the seed; the recipe's if not given.
            band: Uniform random subsets at each size.
            progress: Told how far the work is; may cancel it.
        """
        from ..analysis.held_out.learning_curve import BAND, FRACTIONS
        from .held_out import learn_study

        return learn_study(
            self,
            _choices(strategies),
            budget,
            FRACTIONS if fractions is None else fractions,
            seeds=seeds,
            band=BAND if band is None else band,
            progress=progress,
        )

    def test(
        self,
        strategies: Sequence[str | Choice],
        test: str = "5x2cv",
        budget: str | int | None = None,
        *,
        baseline: int | None = 0,
        samples: int | None = None,
        progress: Progress = SILENT,
    ) -> PairedResult:
        """Whether strategies differ in what can be learned from them, by a paired test.

        Args:
            strategies: Ids, or choices with parameters; two or more.
            test: "5x2cv", "mcnemar", "cochran" or "632+".
            budget: As in `select`. Each half or sample is asked for the same fraction of it: of a count or
                per cent as many of its rows, of a sum such as "50000 tokens" as much of what its rows cost.
            baseline: Which one the others are compared with; None for all pairs.
            samples: Bootstrap samples of "632+".
            progress: Told how far the work is; may cancel it.
        """
        from ..analysis.paired_tests.run import BOOTSTRAP
        from .paired_tests import paired_test_study

        return paired_test_study(
            self,
            _choices(strategies),
            test,
            budget,
            baseline=baseline,
            samples=BOOTSTRAP if samples is None else samples,
            progress=progress,
        )

    def ask(
        self,
        strategy: str | Choice,
        budget: str | int | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        label: str = "",
        progress: Progress = SILENT,
    ) -> HoldoutAnswer:
        """Accuracy on the guarded rows of a model trained on what a strategy chooses from the rest.

        Args:
            strategy: Its id, or a choice with parameters.
            budget: As in `select`. The rows to choose from are asked for the same fraction of it: of a count
                or per cent as many of their rows, of a sum such as "50000 tokens" as much of their cost.
            params: Its parameters beside an id.
            label: What people call the subset; kept in the record of questions.
            progress: Told how far the work is; may cancel it. A cancelled question costs nothing.

        Raises:
            NeedError: No labels or features, too few labels, or the strategy cannot run.
            HoldoutError: The allowance is spent, or its record cannot be read or written.
        """
        from .reusable_holdout import ask

        return ask(self, _as_choice(strategy, params), budget, label=label, progress=progress)

    def estimate(self, selection: Selection, columns: Sequence[str], **options: Any) -> tuple[Estimate, ...]:
        """What a subset says about all rows, with its uncertainty, beside the truth.

        Args:
            selection: A subset of this study with design weights.
            columns: Numbers (their mean or total) and categories (shares or counts).
            options: ``measure``, ``estimator``, ``auxiliaries``, ``confidence``, ``top`` and ``bounds`` of
                `core.analysis.estimates.estimate_selection.estimate_selection`.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine"))
            >>> (claim,) = study.estimate(study.select("random", 60), ["alcohol"])
            >>> claim.low < claim.estimate < claim.high
            True
        """
        from .estimates import estimate_study

        return estimate_study(self, selection, columns, **options)

    def origin(
        self, *, columns: Collection[str] = (), where: str = "", layout: bool = False, groups: bool = False
    ) -> SelectionOrigin:
        """What made a selection, of all that had a part in it; `contrast` gives it no verdict.

        Args:
            columns: Columns that it was filtered or picked by.
            where: A condition that it was filtered by: all columns that it can mean count.
            layout: It was drawn on a map, or found by distance: all columns that the features are made of
                count, and groups that are clusters.
            groups: It was picked by groups.

        Example:
            >>> from core.data.load import load
            >>> sorted(Study(load("sample:wine")).origin(where="alcohol > 13").columns)
            ['alcohol']
        """
        from .contrast import origin_study

        return origin_study(self, columns=columns, where=where, layout=layout, groups=groups)

    def contrast(
        self,
        rows: Rows,
        other: Rows | None = None,
        *,
        origin: SelectionOrigin,
        verdicts: bool = True,
        progress: Progress = SILENT,
    ) -> Contrast:
        """A selection against the other eligible rows, or against another selection, column by column.

        Args:
            rows: Canonical positions of eligible rows.
            other: Another selection; rows in both are left out.
            origin: What made the selection, or both together (`origin`).
            verdicts: Whether differences are tested as well; sizes alone are there at once.
            progress: Told how far the work is; may cancel it.

        Raises:
            ParameterError: Rows that are not eligible, no rows, or none to compare them with.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine"))
            >>> strong = study.filter("alcohol > 13.5").eligible()
            >>> found = study.contrast(strong, origin=study.origin(where="alcohol > 13.5"))
            >>> found.rows, found.entries[0].column, found.entries[0].verdict.value
            (55, 'alcohol', 'made the selection')
        """
        from .contrast import contrast_study, population_study

        population = self._once("contrast population", lambda: population_study(self, progress.part(0, 0.5)))
        rest = progress.part(0.5, 1)
        return contrast_study(self, population, rows, other, origin=origin, verdicts=verdicts, progress=rest)

    def contrast_metrics(
        self, rows: Rows, *, origin: SelectionOrigin, progress: Progress = SILENT
    ) -> tuple[MetricContrast, ...]:
        """Metrics of a selection as a row set, beside the random band of its size.

        Args:
            rows: Canonical positions of eligible rows.
            origin: As in `contrast`.
            progress: Told how far the work is; may cancel it.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine")).embed("table")
            >>> chosen = study.select("random", 20).rows
            >>> found = study.contrast_metrics(chosen, origin=study.origin())
            >>> found[0].metric, found[0].verdict.value
            ('coverage-radius', 'within chance')
        """
        from .contrast import contrast_metrics_study, pool_study

        pool = self._once("contrast pool", lambda: pool_study(self, progress.part(0, 0.4)))
        return contrast_metrics_study(self, pool, rows, origin=origin, progress=progress.part(0.4, 1))

    def describe_rows(
        self, rows: Rows, *, without: Collection[str] = (), progress: Progress = SILENT
    ) -> SelectionDescription:
        """Rules in columns that describe a selection, measured on rows that they were not found on.

        Args:
            rows: Canonical positions of eligible rows.
            without: Columns not to use, for example those that made the selection.
            progress: Told how far the work is; may cancel it.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine"))
            >>> strong = study.filter("alcohol > 13.5").eligible()
            >>> study.describe_rows(strong, without=["cultivar"]).whole.condition
            'alcohol > 13.5'
        """
        from .contrast import describe_rows_study

        return describe_rows_study(self, rows, without=without, progress=progress)

    @overload
    def explain(self, comparison: Comparison, *, row: int) -> RowFact: ...

    @overload
    def explain(self, comparison: Comparison, *, group: str | int) -> GroupView: ...

    @overload
    def explain(self, comparison: Comparison, *, between: tuple[int, int]) -> Difference: ...

    def explain(
        self,
        comparison: Comparison,
        *,
        row: int | None = None,
        group: str | int | None = None,
        between: tuple[int, int] | None = None,
    ) -> RowFact | GroupView | Difference:
        """Facts about one row, one group, or what one subset has and another lacks: exactly one is asked for.

        Args:
            comparison: A comparison of this study.
            row: Canonical position of a row: who chose it, at which place, what it added, where it lies.
            group: Name or code of a group: who keeps it, beside what chance keeps.
            between: Two strategies by their positions in the comparison.

        Raises:
            ParameterError: Nothing or several things are asked for, or there is no such row, group or subset.

        Example:
            >>> from core.data.load import load
            >>> study = Study(load("sample:wine")).embed("table").group("kmeans:3")
            >>> found = study.compare(["random", "k-center"], 20, band=9, probe=False)
            >>> study.explain(found, row=0).row
            0
        """
        from ..analysis.explain.differences import differences
        from ..analysis.explain.group import explain_group
        from ..analysis.explain.row import explain_row
        from .explain import setting_of

        if sum(wanted is not None for wanted in (row, group, between)) != 1:
            raise ParameterError(
                "Nothing can be explained",
                "it takes one of row, group and between",
                "name exactly one of them",
            )
        setting = setting_of(self)
        if row is not None:
            return explain_row(comparison, setting, row)
        if group is not None:
            return explain_group(comparison, setting, group)
        first, second = between or (0, 0)
        return differences(comparison, setting, first, second)


def _as_choice(strategy: str | Choice, params: Mapping[str, Any] | None = None) -> Choice:
    # Late: all strategies are imported with it, which whoever only prepares data need not wait for.
    from ..strategies.declaration import as_choice

    return as_choice(strategy, params)


def _choices(strategies: Sequence[str | Choice]) -> list[Choice]:
    return [_as_choice(strategy) for strategy in strategies]

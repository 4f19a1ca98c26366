"""What a paired test of strategies found: differences, p-values, and sentences made from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from ...foundation.arrays.paired_statistics import LEVEL

NONE_SHOWN = "no difference can be shown"


@dataclass(frozen=True)
class PairedTest:
    """A test as people read of it.

    Args:
        id: As on the command line.
        label: Its name.
        compares: What it compares, one sentence: strategies, or fitted models.
        range: What the line through a difference stands for.
        paper: Where it is from.
    """

    id: str
    label: str
    compares: str
    range: str
    paper: str


KINDS = {
    kind.id: kind
    for kind in (
        PairedTest(
            "5x2cv",
            "5×2cv F test",
            "It compares the strategies: in five random halvings each strategy chooses again in either half, "
            "and a model trained on its choice is scored on the other half.",
            "the ten differences, lowest to highest",
            "Alpaydin 1999",
        ),
        PairedTest(
            "mcnemar",
            "McNemar",
            "It compares these fitted models on these held-out rows, not the strategies: another draw of the "
            "same strategies may end otherwise.",
            "95 % interval for these models (Bonett and Price 2012)",
            "McNemar 1947",
        ),
        PairedTest(
            "cochran",
            "Cochran's Q",
            "It asks first whether all these fitted models have one accuracy on these held-out rows, then "
            "which pairs differ (McNemar); the strategies themselves are not compared.",
            "95 % interval for these models (Bonett and Price 2012)",
            "Cochran 1950",
        ),
        PairedTest(
            "632+",
            ".632+ bootstrap",
            "It estimates what each strategy reaches: on bootstrap samples each strategy chooses again, and "
            "a model trained on its choice is scored on the rows outside the sample.",
            "difference ± 2 standard deviations over bootstrap samples",
            "Efron and Tibshirani 1997",
        ),
    )
}


@dataclass(frozen=True)
class PairResult:
    """Two strategies against each other.

    Args:
        first, second: Positions among the strategies asked; the difference is second − first.
        difference: In accuracy, −1 to 1.
        low, high: The range of it that the test gives (see `PairedTest.range`).
        p: Of this pair alone; NaN where it cannot be judged.
        adjusted: After Holm, over all pairs tested.
        points: Differences of single folds, where the test has folds.
        detail: How it was found, in a few words: "F(10, 5) = 5.5".
    """

    first: int
    second: int
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    points: tuple[float, ...] = ()
    detail: str = ""

    @property
    def significant(self) -> bool:
        """The two differ at 5 %, all pairs considered."""
        return isfinite(self.adjusted) and self.adjusted <= LEVEL


@dataclass(frozen=True)
class PairedResult:
    """The result of a paired test. Make it with `core.analysis.paired_tests.run`.

    Args:
        test: Id of the test.
        names: The strategies asked, by label.
        reasons: Why one was not tested; "" where it was.
        accuracy: Of each strategy, as the test estimates it; NaN where it was not tested.
        pairs: The pairs tested.
        overall: p that all have one accuracy, for Cochran's Q; NaN otherwise.
        overall_detail: Its statistic, in a few words.
        redone: What was run again, one sentence.
        notes: What a reader must know.
        seconds: Wall time.
    """

    test: str
    names: tuple[str, ...]
    reasons: tuple[str, ...]
    accuracy: tuple[float, ...]
    pairs: tuple[PairResult, ...]
    redone: str
    overall: float = float("nan")
    overall_detail: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def kind(self) -> PairedTest:
        """The test."""
        return KINDS[self.test]

    def words(self, pair: PairResult, names: tuple[str, ...] | None = None) -> str:
        """One sentence on a pair, from what was found.

        Args:
            pair: One of the pairs.
            names: What to call the strategies; their labels if not given.
        """
        said = names or self.names
        first, second = said[pair.first], said[pair.second]
        size = points(abs(pair.difference))
        if not isfinite(pair.adjusted):
            return (
                f"{second} against {first}: not judged. The differences never vary from "
                f"{'sample to sample' if self.test == '632+' else 'fold to fold'}, and so few rows do not "
                "warrant certainty."
            )
        told = f"Holm {p_words(pair.adjusted)}"
        if not pair.significant:
            return f"{second} against {first}: {NONE_SHOWN} (difference {signed(pair.difference)}, {told})."
        better, worse = (second, first) if pair.difference > 0 else (first, second)
        who = "model predicts" if self.test in ("mcnemar", "cochran") else "predicts"
        owner = f"{better}'s {who}" if who.startswith("model") else f"{better} {who}"
        return f"{owner} better than {worse} (difference {size}, {told})."

    def to_json(self) -> dict[str, Any]:
        """A JSON-able dict; NaN is null."""
        made = {**asdict(self), "label": self.kind.label, "compares": self.kind.compares}
        made["pairs"] = [{**asdict(pair), "words": self.words(pair)} for pair in self.pairs]
        cleaned: dict[str, Any] = _without_nan(made)
        return cleaned


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def points(share: float) -> str:
    """A share of rows as points of a hundred.

    Example:
        >>> points(0.031), points(0.01)
        ('3.1 points', '1.0 points')
    """
    return f"{100 * share:.1f} points"


def signed(share: float) -> str:
    """The same with its sign.

    Example:
        >>> signed(0.031), signed(-0.004), signed(0.0)
        ('+3.1 points', '−0.4 points', '0.0 points')
    """
    text = points(share)
    if text.lstrip("-") == "0.0 points":
        return "0.0 points"
    return text.replace("-", "−") if share < 0 else f"+{text}"


def p_words(p: float) -> str:
    """A p-value for people.

    Example:
        >>> p_words(0.0123), p_words(0.0004), p_words(1.0), p_words(0.9996)
        ('p = .012', 'p < .001', 'p = 1', 'p > .999')
    """
    if not isfinite(p):
        return "p not defined"
    if p < 0.001:
        return "p < .001"
    if p > 0.9994:
        return "p = 1" if p == 1 else "p > .999"
    return f"p = {p:.3f}".replace("0.", ".")

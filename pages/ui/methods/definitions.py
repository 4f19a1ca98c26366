"""The definitions that every number on the screen rests on, in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word with what it means here, and exactly how it is worked out."""

    name: str
    plain: str
    exact: str


WORDS = (
    Word(
        "Random band",
        "What luck alone reaches. 199 subsets are drawn blindly, with the same number of rows, from the same "
        "rows, with the same pins and bans; each is measured like every other subset. The grey strip behind "
        "a metric is where 95 in 100 of them lie.",
        "R = 199 uniform subsets in a stream of their own; the strip runs from the 2.5th to the 97.5th "
        "percentile. Where a strategy ran with M seeds, its mean stands among 199 means of M fresh uniform "
        "subsets each: means scatter less than single subsets, so that strip is mostly narrower.",
    ),
    Word(
        "Preview",
        "A band of fewer than 199 subsets. It shows the maps and the values quickly; it gives no verdict.",
        "With R < 199 no words and no marks are given: the percentiles are too coarse for them.",
    ),
    Word(
        "Standing",
        "Where a subset lies among the random ones: “better than 96 % of random subsets”, or "
        "of means of as many random subsets as it has seeds.",
        "(worse + ½ equal) / R, never printed finer than 1 / (R + 1). A metric without a better side says "
        "higher or lower instead.",
    ),
    Word(
        "Beyond the band",
        "So far from what luck reaches that looking at many metrics and many strategies at once cannot "
        "explain it. Only such dots are filled, and only they get words.",
        "Each metric becomes a z-score over the R + 1 subsets. T is the largest |z| anywhere in a random "
        "subset's row; p = (1 + how many T reach |z|) / (R + 1); marked where p × strategies ≤ 0.05. In a "
        "count that hardly ever changes, one step is taken as four standard deviations at most. "
        "A dot can lie outside the strip and still not be marked: with many metrics some always do.",
    ),
    Word(
        "Ahead of the second (★)",
        "The best of the strategies compared, where its lead over the second is larger than luck gives. "
        "Where luck can explain the lead, no value has a star, not even the best.",
        "Beyond the band on the good side, and ahead of the second by more than 95 % of the differences "
        "between pairs of band subsets.",
    ),
    Word(
        "Evaluation sample",
        "Distances to every row would take long on large data, so they are measured to 5,000 rows at most. "
        "Strategies are not told which ones.",
        "All rows if n ≤ 5,000, else the 5,000 with the smallest permanent random number in the stream "
        "“evaluation”, seed 0. For distance and kernel metrics only; groups, columns and duplicates are "
        "counted over all rows.",
    ),
    Word(
        "Design weight",
        "How many rows of the data set a chosen row speaks for when you estimate a total or a mean. Only a "
        "strategy whose chances are known before the draw has one.",
        "1 / π, with π the chance of being chosen by the whole procedure. Empty, never 1, where π is "
        "unknown, as in greedy choices. Pins made after looking at results void all weights.",
    ),
    Word(
        "What you hold, what it estimates",
        "A subset can be uneven on purpose and still tell the truth about the data set through its weights. "
        "So shift metrics come twice: of the rows as they are, and of what they estimate by their weights.",
        "The same metric unweighted and weighted; the weighted one only where every row has a weight.",
    ),
    Word(
        "Downstream rows",
        "Whether a model learns from a subset is scored on rows that no strategy, group or score has seen.",
        "20 % of the rows, split by entity and near-duplicates, leave before groups, scores and strategies; "
        "each strategy runs again on the rest at the same fraction. The subset you export is then drawn from "
        "all rows.",
    ),
    Word(
        "Seeds",
        "Repetitions with other random numbers. They show how much a strategy's result depends on luck.",
        "Run s uses the recipe's seed + s. A strategy that does not depend on the seed runs once.",
    ),
    Word(
        "Canonical order, permanent random numbers",
        "Rows are sorted by a digest of their content, and each row carries its random number with it. So "
        "the same data gives the same subset, whatever the order or the format of the file.",
        "u = (53 bits of BLAKE2b(row key, seed, stream) + ½) / 2⁵³; the row key is BLAKE2b-128 of the id, or "
        "of all columns where there is none.",
    ),
    Word(
        "Groups",
        "Kinds of rows: found by clustering, or a column of yours. The smallest ones are what careless "
        "sampling loses first.",
        "One code per row; noise of HDBSCAN stays visible as a group of its own.",
    ),
    Word(
        "Manifest and verifying",
        "The record exported with a subset: every choice, the fingerprint of the data, versions and digests. "
        "Anyone with the data can check it.",
        "Integrity first: data, ids, weights, digests, exact anywhere. Then replay: the strategy runs again "
        "and must pick the same rows. 0: both hold. 1: integrity fails, or the replay differs in the same "
        "environment. 3: integrity holds, but features recomputed in another environment moved the replay, "
        "or a version that made the bundle no longer exists. The seal finds accidents, not forgers.",
    ),
)

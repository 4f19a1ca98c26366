"""Which strategies keep a rare topic: ``python -m tests.benchmarks.rare [IDS]``.

The sample support_tickets has a planted rare topic. Every strategy runs with its defaults at 2, 5 and 10 %,
those that use the seed five times. Told are the rows of the topic that are kept (mean over the seeds) and,
in brackets, the standing of that number: the share of 199 random subsets (means of as many subsets as there
are seeds) that keep fewer, ties half. Nothing here tells the strategies which topic is meant; groups are
k-means of the text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import core
from core.analysis.random_band.draw import band_subsets
from core.analysis.random_band.judge import printed, standing
from core.analysis.random_band.measure import FULL
from core.foundation.errors import AliquotError
from core.strategies.declaration import STRATEGIES

SEEDS = 5
BUDGETS = ("2%", "5%", "10%")
TRUTH = Path(__file__).resolve().parents[2] / "sample_data" / "support_tickets_truth.json"


def main() -> None:
    """Print the table as Markdown."""
    truth = json.loads(TRUTH.read_text("utf-8"))
    study = core.Study(core.load("sample:support_tickets")).embed("text:body").group("kmeans")
    rare = study.data.frame["ticket_id"].isin(truth["rare_ids"]).to_numpy()
    inputs = study.inputs()
    counts = {budget: study.budget(budget) for budget in BUDGETS}
    print(f"{truth['rare_topic']}: {int(rare.sum())} of {len(rare):,} rows\n")
    print("| strategy | " + " | ".join(f"{budget}: kept (standing)" for budget in BUDGETS) + " |")
    print("|---|" + "---|" * len(BUDGETS))
    band = {}
    for budget, count in counts.items():
        rows = band_subsets(inputs, count, 0, FULL * SEEDS, seed=0)
        band[budget] = np.array([rare[chosen].sum() for chosen in rows], float)
    expected = [f"{rare.mean() * count:.1f}" for count in counts.values()]
    print("| *expected by chance* | " + " | ".join(expected) + " |")
    for name in sys.argv[1:] or STRATEGIES.ids():
        seeds = STRATEGIES[name].runs(SEEDS)
        cells = []
        for budget, count in counts.items():
            try:
                found = [study.select(name, count, seed=seed) for seed in range(seeds)]
            except AliquotError as error:
                cells.append(str(error).split(".")[0])
                continue
            kept = float(np.mean([rare[chosen.rows].sum() for chosen in found]))
            chance = band[budget][: FULL * seeds].reshape(FULL, seeds).mean(axis=1)
            share = standing(kept, chance, "higher")
            size = float(np.mean([len(chosen) for chosen in found]))
            cells.append(
                f"{kept:.1f} ({printed(share, FULL)})" + ("" if size == count else f" of {size:.0f} rows")
            )
        print(f"| {STRATEGIES[name].label} (`{name}`) | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

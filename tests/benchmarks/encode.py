"""Encoding speed against SentenceTransformer.encode, side by side on the same texts.

Run: python tests/benchmarks/encode.py [TEXTS]      Hold: ratio of 1.4 or more, cosine of .9999 or more.
Texts are the samples docstrings (2,000) and support_tickets (1,000), and WordNet glosses where they are
installed, else first lines of docstrings of the standard library. Wall and processor time are both told:
beside other work the second is the fairer one.
"""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.data.load import load
from core.features import models
from core.features.encode import encode, number_format
from core.foundation.artifact_store import digest
from core.foundation.progress import SILENT

WORDNET = Path("/usr/share/wordnet")


def short_texts(count: int) -> list[str]:
    """Distinct short texts in a fixed mixed order."""
    found: list[str] = []
    for part in sorted(WORDNET.glob("data.*")):
        lines = part.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [line.split("|", 1)[1].strip() for line in lines if "|" in line and not line.startswith(" ")]
    if not found:
        for file in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8", errors="replace"))
            nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
            found += [text.splitlines()[0] for node in nodes if (text := ast.get_docstring(node))]
    distinct = list(dict.fromkeys(found))
    order = np.random.default_rng(0).permutation(len(distinct))[:count]
    return [distinct[at] for at in order]


def sample_texts(name: str, column: str, count: int) -> list[str]:
    """The first rows of a sample in canonical order: a random draw."""
    return load(f"sample:{name}").frame[column].astype(str).tolist()[:count]


def main() -> None:
    """Print texts per second of both, the ratio and the lowest cosine."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    folder = models.minilm_folder()
    models.check_minilm(folder)
    state = digest(dict(models.MINILM_HASHES))
    model = models.load_model(folder, state)
    form = number_format(folder, state)
    print(f"number format {form}; load {os.getloadavg()[0]:.1f}")
    for name, texts in (
        ("docstrings", sample_texts("docstrings", "text", count)),
        ("support_tickets", sample_texts("support_tickets", "body", count // 2)),
        ("glosses", short_texts(count)),
    ):
        encode(model, texts[:64], SILENT, form)
        model.encode(texts[:64], batch_size=32)
        wall, busy = [], []
        for _ in range(3):
            start = perf_counter(), process_time()
            ours = encode(model, texts, SILENT, form).matrix
            middle = perf_counter(), process_time()
            theirs = model.encode(texts, batch_size=32, show_progress_bar=False, convert_to_numpy=True)
            end = perf_counter(), process_time()
            wall.append((middle[0] - start[0], end[0] - middle[0]))
            busy.append((middle[1] - start[1], end[1] - middle[1]))
        mine, other = min(a for a, _ in wall), min(b for _, b in wall)
        cosine = np.einsum("ij,ij->i", ours, theirs).min()
        print(f"{len(texts):,} {name}: ours {len(texts) / mine:,.0f}/s, SentenceTransformer.encode ", end="")
        print(
            f"{len(texts) / other:,.0f}/s; ratio {other / mine:.2f} (hold 1.4); processor time ratio ", end=""
        )
        print(f"{min(b for _, b in busy) / min(a for a, _ in busy):.2f}; lowest cosine {cosine:.6f}")


if __name__ == "__main__":
    main()

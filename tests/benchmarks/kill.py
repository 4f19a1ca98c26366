"""Kills at random moments: ``python -m tests.benchmarks.kill [TIMES] [SEED]``.

`aliquot select --out X --force` is killed (SIGKILL) again and again while it replaces a good bundle. After
every kill X is the whole old bundle or the whole new one and the store can be read; the next run succeeds and
leaves nothing of the killed one behind. [100 kills: 0 failures.] Runs that end before they are killed do not
count. A third of the kills falls anywhere, a third where the bundle is written, a third where artifacts are.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

WORDS = ["amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbor", "inlet", "juniper", "kelp"]
BUNDLE, STORE = 0.06, 0.02  # seconds that writing a bundle and an artifact takes at most


def table(path: Path, rows: int = 4_000) -> None:
    """Rows enough that a bundle takes a while to write."""
    rng = random.Random(1)
    lines = ["id,body,size"]
    for at in range(rows):
        lines.append(f"r{at},{' '.join(rng.choice(WORDS) for _ in range(9))},{rng.randint(1, 900)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def begin(data: Path, out: Path, store: Path, seed: int) -> Any:
    """Start a run, forked with the libraries loaded so that it is quick; another seed is another bundle."""
    words = ["select", str(data), "--strategy", "random", "--budget", "25%", "--seed", str(seed)]
    words += ["--features", "text:body", "--embedder", "tfidf", "--groups", "kmeans:4"]
    words += ["--out", str(out), "--force", "--quiet"]
    child = multiprocessing.get_context("fork").Process(target=_run, args=(words, store))
    child.start()
    return child


def _run(words: list[str], store: Path) -> None:
    from core.cli.main import main as aliquot

    os.environ["ALIQUOT_STORE"] = str(store)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os._exit(aliquot(words))


def whole(out: Path) -> int | None:
    """The seed of the bundle that stands there; None where a file is not as the manifest says."""
    from core.foundation.errors import AliquotError
    from core.signoff.manifest import body_digest, file_hash
    from core.signoff.open_bundle import open_bundle

    try:
        bundle = open_bundle(out)
    except AliquotError:
        return None
    files = bundle.manifest["files"]
    good = set(bundle.files) == set(files) and body_digest(bundle.manifest) == bundle.manifest["digest"]
    good = good and all(file_hash(data) == files[name]["blake2b"] for name, data in bundle.files.items())
    return int(bundle.manifest["recipe"]["seed"]) if good else None


def readable(store: Path) -> bool:
    """Every artifact of the store can be read; looked at as the program does, without mending any."""
    from core.foundation.artifact_store import Store

    held = Store(store)
    found = [(folder.parents[1].name, folder.name, folder) for _, _, folder in held.entries()]
    return all(held.get(kind, key) is not None and folder.is_dir() for kind, key, folder in found)


def left(folder: Path, out: Path, store: Path) -> list[str]:
    """What lies beside the bundle, or hidden in the store, that no run should leave."""
    beside = [item.name for item in folder.iterdir() if item not in (out, store, folder / "data.csv")]
    return beside + [item.name for item in store.rglob(".*")]


def kill(child: Any, place: Path | None, pattern: str, wait: float) -> bool:
    """Kill a run a while after it began, or after something of that name appeared; False if it was done."""
    if place is not None:
        while child.is_alive() and not any(place.glob(pattern)):
            time.sleep(0.0005)
    child.join(wait)
    if not child.is_alive():
        return False
    child.kill()
    child.join()
    return True


def main(times: int, seed: int) -> int:
    """Kill, look, run again, look; returns the number of failures."""
    for name in (
        "sklearn.cluster",
        "sklearn.feature_extraction.text",
        "pyarrow.csv",
        "core.cli.main",
        "core.study.study",
    ):
        import_module(name)
    rng = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="aliquot-kill-"))
    data, out, store = folder / "data.csv", folder / "out", folder / "store"
    table(data)

    def run(number: int) -> int:
        child = begin(data, out, store, number)
        child.join()
        return int(child.exitcode or 0)

    run(0)
    start = time.perf_counter()
    run(0)
    took = time.perf_counter() - start
    old, failures, met = 0, [], 0
    states = {"old": 0, "new": 0, "neither": 0}
    early = number = killed = 0
    while killed < times:
        number += 1
        place, pattern, wait = None, "", took * rng.random()
        if number % 3 == 1:
            place, pattern, wait = folder, ".out.new-*", BUNDLE * rng.random()
        elif number % 3 == 2:
            for kind in ("features", "groups"):
                shutil.rmtree(store / kind, ignore_errors=True)
            place, pattern, wait = store, ".tmp-*", STORE * rng.random()
        if not kill(begin(data, out, store, number), place, pattern, wait):
            early += 1
            old = number
            if whole(out) != old:
                failures.append(f"run {number}: it ended, and its bundle is not there")
            continue
        killed += 1
        found = whole(out)
        met += bool(left(folder, out, store))
        if found not in (old, number):
            failures.append(f"kill {number}: the bundle is neither the old nor the new one")
        states["old" if found == old else "new" if found == number else "neither"] += 1
        if not readable(store):
            failures.append(f"kill {number}: the store cannot be read")
        old = 10_000 + number
        code = run(old)
        if code or whole(out) != old:
            failures.append(f"kill {number}: the next run does not succeed ({code})")
        rest = left(folder, out, store)
        if rest:
            failures.append(f"kill {number}: left behind by the next run: {', '.join(rest[:5])}")
        if killed % 10 == 0:
            print(f"{killed} kills, {states}, {met} left something for the next run", flush=True)
    for line in failures:
        print(line)
    print(
        f"{killed} kills: {states}, {met} left something for the next run; "
        f"{early} runs more had ended before; {len(failures)} failures"
    )
    shutil.rmtree(folder, ignore_errors=True)
    return len(failures)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    sys.exit(min(1, main(*(numbers + [100, 0][len(numbers) :]))))

"""Made-up packages of other people, installed into a folder that a process has on its path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

HEAD = """
import numpy as np
from core.model.needs import Need
from core.model.promises import Weight
from core.model.registry import Reference
from core.model.selection import Picks
from core.strategies.declaration import Cost, Promises, declare
from core.strategies.variance import VarianceEstimator, VarianceMethod
from core.strategies.wishes import Wish


def declared(id, **changes):
    fields = dict(
        version=1, label=id.title(), family="demo", sentence="Made up.", needs=set(),
        promises=Promises(deterministic=True, nested=True), weight=Weight.NONE,
        cost=Cost(lambda n, d, k: {"scan": n}, lambda n, d, k: 100.0 * n + 2**17, "O(n)"),
        when="Never.", when_not="Always.", answers={Wish.TYPICAL}, paper=Reference.none("Made up."),
    )
    return declare(id=id, **(fields | changes))


def first(inputs, budget, draws, progress, /):
    progress(0, 1, "taking")
    return Picks(np.concatenate([inputs.pins, inputs.free])[:budget])
"""
"""The beginning of a module: `declared` fills in a declaration, `first` is a body that keeps the contract."""


def install(site: Path, name: str, version: str, entries: str, /, **modules: str) -> Path:
    """Write modules and the metadata of a package, as an installer would; the folder to put on the path."""
    for module, code in modules.items():
        (site / f"{module}.py").write_text(code)
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entries)
    return site


def python(*words: str, site: Path | None, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run this Python in a folder, with what is installed at `site`; warnings are errors there too."""
    path = os.pathsep.join(map(str, [ROOT, *([site] if site else [])]))
    env = {**os.environ, "PYTHONPATH": path, "ALIQUOT_STORE": str(folder / "store")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def answer(code: str, site: Path | None, folder: Path) -> object:
    """What a script prints as JSON."""
    done = python("-W", "error", "-c", code, site=site, folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""The reading version, strategies and embedders that a bundle needs and this program no longer has."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from ..features.declaration import EMBEDDERS
from ..groups.declaration import CLUSTERERS
from ..model.read_options import READING_VERSION
from ..strategies.declaration import STRATEGIES
from ..study.method_packages import installed, missing_package
from .recorded_reading import reading_version

_KINDS = {"strategy": "the strategy", "embedder": "the text model", "groups": "the grouping"}


def gone_by(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Why no replay can be made any more, all empty if it can.

    Returns:
        In short, as the command line says it: "version 1", "version 2 of k-center". For readers who do
        not know what has versions: "version 1 of the rules for reading files". And the packages that make a
        replay possible again once they are installed, where nothing else is missing.
    """
    if reading_version(manifest) < READING_VERSION:
        short = f"version {reading_version(manifest)}"
        return short, f"{short} of the rules for reading files", ""
    absent = _absent(manifest)
    if absent:
        return (
            ", ".join(f"{what.partition(' ')[2]} of {package or 'Aliquot'}" for what, package in absent),
            " and ".join(_in_words(*what.partition(" ")[::2], package) for what, package in absent),
            " and ".join(sorted({package for _, package in absent}))
            if all(map(itemgetter(1), absent))
            else "",
        )
    name = str(manifest["selection"]["strategy"])
    if name not in STRATEGIES:
        return f"{name}, a strategy that is not here", f"the strategy {name}", ""
    lost = [(*what.partition(" ")[::2], version) for what, version in _lost(manifest)]
    return (
        ", ".join(f"version {version} of {one}" for _, one, version in lost),
        " and ".join(f"version {version} of {_KINDS.get(kind, kind)} {one}" for kind, one, version in lost),
        "",
    )


def _in_words(kind: str, name: str, package: str) -> str:
    here = installed(f"{kind} {name}") if package else ""
    of = f"the package {package}" if package else "Aliquot itself"
    return f"{_KINDS.get(kind, kind)} {name} of {of}" + (f" (here it is of {here})" if here else "")


def _absent(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the subset was made with that is of another package here, or of none, with its own package."""
    wrote = manifest["recipe"].get("packages") or {}
    made = {f"strategy {manifest['selection']['strategy']}", *(manifest.get("methods") or {})}
    found = [(what, str(wrote.get(what, ""))) for what in sorted(made, reverse=True)]
    return [(what, package) for what, package in found if missing_package(what, package)]


def _lost(manifest: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What the subset was made with in a version that is not this program's, the strategy first."""
    block = manifest["selection"]
    name, version = str(block["strategy"]), block["version"]
    lost = [] if STRATEGIES[name].version == version else [(f"strategy {name}", version)]
    have = _known()
    for what, recorded in sorted((manifest.get("methods") or {}).items()):
        if what != f"strategy {name}" and have.get(what) != recorded:
            lost.append((what, recorded))
    return lost


def _known() -> dict[str, int]:

    return {
        **{f"strategy {one.id}": one.version for one in STRATEGIES},
        **{f"embedder {one.id}": one.version for one in EMBEDDERS},
        **{f"groups {one.id}": one.version for one in CLUSTERERS},
    }

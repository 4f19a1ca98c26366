"""What a bundle was made by and this program no longer has: a reading of files, a strategy, an embedder."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..foundation.errors import BundleError
from ..model.reading import READING_VERSION, Reading
from ..study.method_packages import missing_package

if TYPE_CHECKING:
    from ..model.recipe import Choice
    from ..study.artifacts import Artifacts


def methods_block(study: Artifacts, choice: Choice, *, features: bool, groups: bool) -> dict[str, int]:
    """Version of every declared thing that a subset was made with, by "strategy ID", "embedder ID"….

    Args:
        study: Data and recipe.
        choice: The strategy with its parameters; those named inside them count too.
        features, groups: Whether these were made.
    """
    from ..groups.declaration import CLUSTERERS

    named = _strategies({"id": choice.id, "params": choice.params})
    made = {f"strategy {name}": version for name, version in named.items()}
    if features and study.spec.uses_text:
        embedder, _ = study.spec.chosen()
        made[f"embedder {embedder.id}"] = embedder.version
    spec = study.group_spec
    if groups and spec is not None and spec.method in CLUSTERERS:
        made[f"groups {spec.method}"] = CLUSTERERS[spec.method].version
    return made


def _strategies(choice: Mapping[str, Any]) -> dict[str, int]:
    """A strategy and those named inside its parameters, with their versions here."""
    from ..strategies.declaration import STRATEGIES

    strategy = STRATEGIES[choice["id"]]
    found = {strategy.id: strategy.version}
    params = strategy.check(choice.get("params") or {})
    for parameter in strategy.params:
        value = params[parameter.name]
        if parameter.kind == "strategy" and value is not None:
            found |= _strategies({"id": value, "params": {}} if isinstance(value, str) else value)
    return found


def reading_version(manifest: Mapping[str, Any]) -> int:
    """The reading version of a manifest; `BundleError` where it is newer than this program."""
    version = int((manifest["data"].get("reading") or {}).get("version", 1))
    if version > READING_VERSION:
        raise BundleError(
            f"The bundle was written under reading version {version}",
            f"this program reads files as versions up to {READING_VERSION} do, so that nothing could be said",
            "use the Aliquot that wrote it, or a newer one",
        )
    return version


def recorded_reading(manifest: Mapping[str, Any]) -> Reading:
    """How the file was read: what was chosen, and what its content decided then."""
    chosen = manifest["recipe"].get("reading") or {}
    return Reading.from_json({**fields_of(manifest["data"].get("reading")), **chosen})


def fields_of(block: Mapping[str, Any] | None) -> dict[str, str]:
    """What a recorded reading says beside its version."""
    return {name: value for name, value in (block or {}).items() if name in Reading.__dataclass_fields__}


_KINDS = {"strategy": "the strategy", "embedder": "the text model", "groups": "the grouping"}


def gone_by(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Why no replay can be made any more, all empty if it can.

    Returns:
        In short, as the command line says it: "version 1", "version 2 of k-center". For readers who do
        not know what has versions: "version 1 of the rules for reading files". And the packages that make a
        replay possible again once they are installed, where nothing else is missing.
    """
    from ..strategies.declaration import STRATEGIES

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
    return f"{_KINDS.get(kind, kind)} {name} of " + (
        f"the package {package}" if package else "Aliquot itself"
    )


def _absent(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the subset was made with that is of another package here, or of none, with its own package."""
    wrote = manifest["recipe"].get("packages") or {}
    made = {f"strategy {manifest['selection']['strategy']}", *(manifest.get("methods") or {})}
    found = [(what, str(wrote.get(what, ""))) for what in sorted(made, reverse=True)]
    return [(what, package) for what, package in found if missing_package(what, package)]


def _lost(manifest: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What the subset was made with in a version that is not this program's, the strategy first."""
    from ..strategies.declaration import STRATEGIES

    block = manifest["selection"]
    name, version = str(block["strategy"]), block["version"]
    lost = [] if STRATEGIES[name].version == version else [(f"strategy {name}", version)]
    have = _known()
    for what, recorded in sorted((manifest.get("methods") or {}).items()):
        if what != f"strategy {name}" and have.get(what) != recorded:
            lost.append((what, recorded))
    return lost


def _known() -> dict[str, int]:
    from ..features.declaration import EMBEDDERS
    from ..groups.declaration import CLUSTERERS
    from ..strategies.declaration import STRATEGIES

    return {
        **{f"strategy {one.id}": one.version for one in STRATEGIES},
        **{f"embedder {one.id}": one.version for one in EMBEDDERS},
        **{f"groups {one.id}": one.version for one in CLUSTERERS},
    }

"""The shape of a manifest, checked before anything in it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..foundation.errors import BundleError

Test = Callable[[Any], bool]


def text(value: Any) -> bool:
    """A string."""
    return isinstance(value, str)


def whole(value: Any) -> bool:
    """A whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def real(value: Any) -> bool:
    """A number, or null in the place of one that is not finite."""
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def table(value: Any) -> bool:
    """A JSON object."""
    return isinstance(value, Mapping)


def key(value: Any) -> bool:
    """A row key: 32 hexadecimal digits."""
    return isinstance(value, str) and len(value) == 32


def row_id(value: Any) -> bool:
    """An id as JSON writes it."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def either(*tests: Test) -> Test:
    """One of several."""
    return lambda value: any(test(value) for test in tests)


def nothing(value: Any) -> bool:
    """Null."""
    return value is None


def lists(test: Test) -> Test:
    """A list of such."""
    return lambda value: isinstance(value, list) and all(map(test, value))


def tables(test: Test) -> Test:
    """A JSON object with such values."""
    return lambda value: isinstance(value, Mapping) and all(map(test, value.values()))


def having(**fields: Test) -> Test:
    """A JSON object with at least these fields."""
    return lambda value: (
        isinstance(value, Mapping)
        and all(name in value and test(value[name]) for name, test in fields.items())
    )


def cost(value: Any) -> bool:
    """What a subset under a cost budget costs; nothing under any other, and in older manifests."""
    return value is None or having(asked=text, column=text, spent=real)(value)


def version(value: Any) -> bool:
    """A version: they begin with 1."""
    return whole(value) and value >= 1


def reading(manifest: Mapping[str, Any]) -> bool:
    """How a file was read, with the version of the reading; absent in manifests of the first version only."""
    if "reading" not in manifest["data"]:
        return "methods" not in manifest  # both came with the second
    value = manifest["data"]["reading"]
    return (
        isinstance(value, Mapping)
        and version(value.get("version"))
        and all(text(part) for name, part in value.items() if name != "version")
    )


_numbers = either(nothing, lists(real))
_SHAPE: dict[str, Test] = {
    "format": whole,
    "aliquot": text,
    "created": text,
    "digest": text,
    "recipe": having(strategies=lambda value: lists(table)(value) and len(value) == 1),
    "data": having(
        name=text,
        digest=text,
        id_column=either(nothing, text),
        rows=whole,
        eligible=whole,
        columns=tables(text),
        roles=tables(having(role=text)),
        vectors=tables(lists(whole)),
    ),
    "target": either(nothing, having(name=text, digest=text, id_column=either(nothing, text), used=flag)),
    "features": either(
        nothing,
        having(
            label=text,
            metric=lambda value: value in ("cosine", "euclidean"),
            shape=lists(whole),
            digest=text,
            made_by=table,
            names=lists(text),
            notes=lists(text),
            recorded=flag,
        ),
    ),
    "groups": either(nothing, having(label=text, names=lists(text), digest=text)),
    "selection": having(
        strategy=text,
        version=version,
        params=table,
        seed=whole,
        budget=whole,
        population=whole,
        pinned=whole,
        ids=lists(row_id),
        keys=lists(key),
        weight=_numbers,
        inclusion=_numbers,
        multiplicity=_numbers,
        represents=_numbers,
        gains=_numbers,
        quota=either(nothing, tables(whole)),
        notes=lists(text),
    ),
    "renamed": tables(text),
    "csv": either(nothing, having(neutralised_cells=whole)),
    "environment": table,
    "files": tables(having(bytes=whole, blake2b=text)),
    "signoff": either(nothing, table),
}


def check_shape(manifest: Mapping[str, Any]) -> None:
    """Raise `BundleError` naming the first part of a manifest that is missing or malformed."""
    wrong = [name for name, test in _SHAPE.items() if name not in manifest or not test(manifest[name])]
    if not wrong:  # what older manifests lack
        block = manifest["selection"]
        later = {
            "selection": cost(block.get("cost"))
            and _maybe(text, block, "asked")
            and _maybe(tables(real), block, "found"),
            "data": reading(manifest),
            "methods": _maybe(tables(version), manifest, "methods"),
            "target": _maybe(tables(text), manifest["target"] or {}, "reading"),
        }
        wrong = [name for name, good in later.items() if not good]
    for name in wrong[:1]:
        raise BundleError(
            "The manifest cannot be used", f"{name!r} is missing or malformed", "export the bundle again"
        )


def _maybe(test: Test, block: Mapping[str, Any], name: str) -> bool:
    return name not in block or test(block[name])

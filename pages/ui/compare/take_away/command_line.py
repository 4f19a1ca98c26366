"""The command line that does what the screen shows."""

from __future__ import annotations

from shlex import quote

import orjson

from core.model.recipe import Recipe

_DEFAULT = Recipe()


def data_word(source: str, name: str) -> str:
    """DATA as the command line takes it: a sample, or a file the reader has.

    Example:
        >>> data_word("sample:wine", "wine"), data_word("upload", "my data.csv")
        ('sample:wine', "'my data.csv'")
    """
    return quote(source if source.startswith("sample:") else source.partition("folder:")[2] or name)


def fits_a_line(recipe: Recipe) -> bool:
    """Whether flags alone say all of it; parameters, pins, a saved selection… need the recipe file."""
    return not (
        any(choice.params for choice in recipe.strategies)
        or recipe.pins
        or recipe.bans
        or recipe.only is not None
        or recipe.missing
        or any("=" in column or column.startswith("-") for column in (*recipe.roles, *recipe.read_as))
        or recipe.weight != _DEFAULT.weight
    )


def compare_line(recipe: Recipe, source: str, name: str, target: str | None = None) -> str:
    """The exact line; where flags cannot say all of it, the one that runs the recipe file.

    Args:
        recipe: The choices.
        source, name: Of the data set, as in `DataRef`.
        target: File of the rows to resemble, where the recipe has a target.

    Example:
        >>> from core.model.recipe import Choice
        >>> recipe = Recipe(strategies=(Choice("random"), Choice("k-center")), budget="5%", seeds=3)
        >>> compare_line(recipe, "sample:wine", "wine")
        'aliquot compare sample:wine --strategies random,k-center --budget 5% --seeds 3 --out comparison'
    """
    data = data_word(source, name)
    if not fits_a_line(recipe):
        aim = f" --target {quote(target)}" if target else ""
        return f"aliquot run recipe.json --data {data}{aim} --out comparison"
    words = ["aliquot compare", data, "--strategies", ",".join(choice.id for choice in recipe.strategies)]
    words += ["--budget", quote(recipe.budget)]
    flags = {
        "--seeds": (recipe.seeds, _DEFAULT.seeds),
        "--band": (recipe.band, _DEFAULT.band),
        "--features": (recipe.features, _DEFAULT.features),
        "--embedder": (recipe.embedder, _DEFAULT.embedder),
        "--groups": (recipe.groups, _DEFAULT.groups),
        "--label": (recipe.label, _DEFAULT.label),
        "--id": (recipe.id_column, _DEFAULT.id_column),
        "--score": (recipe.score, _DEFAULT.score),
        "--where": (recipe.where, _DEFAULT.where),
        "--near": (recipe.near and recipe.near.text, None),
        "--near-rows": (recipe.near and recipe.near.rows, None),
        "--target": (target, None),
        "--seed": (recipe.seed, _DEFAULT.seed),
    }
    for flag, (value, default) in flags.items():
        if value != default:
            words += [flag, quote("" if value is None else str(value))]
    for option, chosen in sorted(recipe.reading.items()):
        words += [f"--{option}", "tab" if chosen == "\t" else quote(chosen)]
    for column, form in sorted(recipe.read_as.items()):
        words += ["--read", quote(f"{column}={form}")]
    for column, role in sorted(recipe.roles.items()):
        words += ["--role", quote(f"{column}={role}")]
    return " ".join([*words, "--out comparison"])


def recipe_bytes(recipe: Recipe) -> bytes:
    """The recipe file that `aliquot run` reads."""
    return orjson.dumps(recipe.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

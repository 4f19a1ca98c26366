"""From words on the command line to parameters, recipes and studies."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..foundation.errors import AliquotError, BudgetError, ParameterError, RecipeError

if TYPE_CHECKING:
    from ..foundation.progress import Progress
    from ..model.dataset import Dataset
    from ..model.parameters import Parameter
    from ..model.read_options import ReadOptions
    from ..model.recipe import Choice, Recipe
    from ..model.row_conditions import Near
    from ..model.saved_rows import Only
    from ..study.study import Study

NEAR_ROWS = 1_000
_ALIASES = {"image": "image path", "license": "licence"}


def question(text: str) -> str:
    """A question of a comparison on the command line.

    Example:
        >>> question("rare")
        'rare'
    """
    from ..strategies.presets import PRESETS

    if text not in PRESETS:
        raise argparse.ArgumentTypeError(f"{text!r} is no question: choose {', '.join(PRESETS)}")
    return text


def whole(text: str) -> int:
    """A whole number on the command line; argparse turns what is none into its own complaint.

    Example:
        >>> whole("1,000")
        1000
    """
    from ..foundation.typed_numbers import whole_of

    try:
        return whole_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used: {error}") from None


def budgets(text: str) -> list[str]:
    """Several budgets with commas between them; `BudgetError` where one cannot be read.

    Example:
        >>> budgets("100, 5%")
        ['100', '5%']
    """
    from ..model.budget import Budget

    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        Budget.parse(word)
    try:
        one = Budget.parse(text)
    except BudgetError:
        return words
    if len(words) > 1 and one.percent:
        raise BudgetError(
            f"The budgets {text!r} can be read in two ways",
            f"as {one.words}, or as {' and '.join(words)}",
            f"write {one} or {', '.join(words)!r}",
        )
    return words


def pairs(given: Sequence[str], option: str) -> list[tuple[str, str]]:
    """``NAME=VALUE`` words split; `ParameterError` where one is none.

    Example:
        >>> pairs(["a=1", "b.c=x=y"], "--param")
        [('a', '1'), ('b.c', 'x=y')]
    """
    out = []
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"{option} {word!r} cannot be read", "it is not NAME=VALUE", "write it so")
        out.append((name.strip(), value))
    return out


def parse_params(strategy_id: str, given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Parameters written as text, read by the strategy's declaration; ``within.metric`` reaches inside.

    Raises:
        ParameterError: An unknown strategy or parameter, or a value outside its range.

    Example:
        >>> parse_params("random", [])
        {}
    """
    from ..strategies.declaration import STRATEGIES

    strategy = STRATEGIES[strategy_id]
    known = {parameter.name: parameter for parameter in strategy.params}
    out: dict[str, Any] = {}
    inner: dict[str, list[tuple[str, str]]] = {}
    for name, text in given:
        head, dot, rest = name.partition(".")
        if head not in known:
            strategy.check({head: text})  # raises, and says which there are
        if dot and known[head].kind != "strategy":
            raise ParameterError(
                f"{strategy_id}: {head} has no parameter {rest}", "it names no strategy", "check the spelling"
            )
        if dot:
            inner.setdefault(head, []).append((rest, text))
        else:
            out[head] = known[head].parse(text, strategy_id)
    for head, parts in inner.items():
        out[head] = _nested(known[head], out.get(head, known[head].default), parts, strategy_id)
    for head, value in strategy.check(out).items():
        if known[head].kind == "strategy" and value is not None:
            STRATEGIES[value["id"]].check(value["params"])
    return out


def _nested(parameter: Parameter, chosen: Any, parts: list[tuple[str, str]], owner: str) -> dict[str, Any]:
    if chosen is None:
        raise ParameterError(
            f"{owner}: {parameter.name}.{parts[0][0]} belongs to no strategy",
            f"{parameter.name} is not set",
            f"add --param {parameter.name}=ID",
        )
    found = parameter.check(chosen, owner)
    return {"id": found["id"], "params": {**found["params"], **parse_params(found["id"], parts)}}


def parse_choices(ids: str, given: Sequence[tuple[str, str]]) -> tuple[Choice, ...]:
    """Strategies of a comparison with their parameters.

    ``ID:NAME=VALUE`` belongs to one strategy; ``NAME=VALUE`` to every named strategy that has this parameter.
    A strategy that is named twice stands there twice; ``ID:…`` parameters go to each.

    Raises:
        ParameterError: An unknown strategy, a parameter that none of them has, or a value outside its range.

    Example:
        >>> [choice.id for choice in parse_choices("random, random", [])]
        ['random', 'random']
    """
    from ..model.recipe import Choice
    from ..strategies.declaration import STRATEGIES

    names = [name.strip() for name in ids.split(",") if name.strip()]
    if not names:
        raise ParameterError("There is nothing to compare", "no strategy was named", "name at least one")
    wanted: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    for name, value in given:
        owner, colon, rest = name.partition(":")
        if colon:
            if owner not in wanted:
                raise ParameterError(
                    f"--param {name} belongs to no strategy", f"{owner} is not compared", "add it"
                )
            wanted[owner].append((rest, value))
            continue
        head = name.partition(".")[0]
        owners = [each for each in wanted if any(par.name == head for par in STRATEGIES[each].params)]
        if not owners:
            raise ParameterError(
                f"--param {name} belongs to no strategy",
                f"none of {', '.join(wanted)} has it",
                "check the spelling",
            )
        for each in owners:
            wanted[each].append((name, value))
    params = {name: parse_params(name, parts) for name, parts in wanted.items()}
    return tuple(Choice(name, params[name], STRATEGIES[name].version) for name in names)


def roles_of(args: argparse.Namespace) -> dict[str, str]:
    """The roles given by hand, with one spelling each."""
    return {name: _ALIASES.get(kind, kind) for name, kind in pairs(args.role, "--role")}


def vectors_of(features: str | None) -> dict[str, str] | None:
    """The vector file that is joined when the data is loaded, if the features name one."""
    if features and features.lower().endswith(".npy"):
        return {Path(features).name: features}
    return None


def reading_of(args: argparse.Namespace) -> ReadOptions:
    """How the file is read, where that was chosen."""
    from ..model.read_options import ReadOptions

    return ReadOptions(args.sheet, args.encoding, args.delimiter, args.header)


def forms_of(args: argparse.Namespace) -> dict[str, str]:
    """The forms that columns are read in, each in one spelling; "auto" for as their cells say.

    Raises:
        ParameterError: A column has two.
        RecipeError: One is no form.
    """
    from ..model.read_as import AUTO, ReadAs

    out: dict[str, str] = {}
    for column, text in pairs(args.read, "--read"):
        if column in out:
            raise ParameterError(
                f"--read names the column {column!r} twice",
                f"{out[column]!r} and {text!r}",
                "write one form, its parts with semicolons between",
            )
        out[column] = AUTO if text.strip() == AUTO else str(ReadAs.parse(text, column))
    return out


def _asked(forms: Mapping[str, str]) -> dict[str, str]:
    """Forms without those that say "auto"."""
    from ..model.read_as import AUTO

    return {column: form for column, form in forms.items() if form != AUTO}


def load_target(recipe: Recipe, source: str) -> Dataset:
    """The rows to resemble, their cells read as those of the data; they may lack columns of it."""
    from ..data.load import load

    return load(source, missing=recipe.missing, read_as=recipe.read_as, strict=False)


def load_data(args: argparse.Namespace, source: str, progress: Progress) -> Dataset:
    """The data set that the arguments name."""
    from ..data.load import load

    return load(
        source,
        id_column=args.id,
        roles=roles_of(args) or None,
        vectors=vectors_of(getattr(args, "features", None)),
        missing=tuple(args.missing),
        read_as=_asked(forms_of(args)),
        sheet=args.sheet,
        encoding=args.encoding,
        delimiter=args.delimiter,
        header=args.header,
        progress=progress,
    )


def recipe_of(args: argparse.Namespace) -> Recipe:
    """The recipe that the arguments write."""
    from ..model.recipe import Recipe

    given = {name: getattr(args, name) for name in ("features", "embedder", "groups", "label", "score")}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return Recipe(
        budget=str(args.budget),
        seed=args.seed,
        where=args.where,
        near=near_of(args),
        id_column=args.id,
        roles=roles_of(args),
        missing=tuple(args.missing),
        read_as=_asked(forms_of(args)),
        reading=reading_of(args).to_json(),
        **chosen,
    )


def near_of(args: argparse.Namespace) -> Near | None:
    """The sentence that rows must be near to, where one is given.

    Raises:
        ParameterError: A number of rows without a sentence, an empty sentence, or an impossible number.
    """
    from ..model.row_conditions import Near

    if args.near is None:
        if args.near_rows is not None:
            raise ParameterError(
                f"--near-rows {args.near_rows} cannot be used",
                "there is no sentence",
                "give one (--near TEXT)",
            )
        return None
    return Near(args.near, NEAR_ROWS if args.near_rows is None else args.near_rows)


def only_of(data: Dataset, path: Path) -> Only:
    """The rows that may take part: a saved selection, or a list or table that names rows.

    Raises:
        DataError: The file names no rows of the data, or cannot be read.
        RecipeError: It is a saved selection of other data, or a damaged one.
    """
    from ..data.listed_rows import rows_named
    from ..model.saved_rows import Only

    found = Only.read(path)
    if found is None:
        return Only.of(rows_named(data, path), len(data), path.stem, data.fingerprint.digest)
    found.within(data)
    return found


def measured(study: Study, progress: Progress) -> Study:
    """The study; where a sentence says which rows take part, with its features made, seen and cancelled."""
    if study.recipe.near is not None:
        study.features(progress)
    return study


def study_of(args: argparse.Namespace, recipe: Recipe, progress: Progress) -> Study:
    """Data, target, pins and bans under a recipe."""
    from ..data.listed_rows import rows_named
    from ..study.study import Study

    data = load_data(args, args.data, progress)
    target = load_target(recipe, args.target) if args.target else None
    study = Study(data, recipe, target=target)
    if args.only is not None:
        study = study.with_(only=only_of(data, Path(args.only)))
    if args.pin:
        study = study.pin(rows_named(data, Path(args.pin)), f"named in {Path(args.pin).name}")
    if args.ban:
        study = study.ban(rows_named(data, Path(args.ban)), f"named in {Path(args.ban).name}")
    return measured(study, progress)


def _read_again(
    recipe: Recipe, source: str, given: ReadOptions, progress: Progress
) -> tuple[Dataset, ReadOptions, str]:
    """The data of a recipe, which may have come in another format since; how it was read, and what to say.

    What is given now goes first, then the choices of the recipe. Where these do not give the recorded data
    the file's own content is asked: if it does, the same data came in another format; if it says something
    else than the recipe, that is reported, since nobody else would see it.
    """
    from ..data.load import load
    from ..model.read_options import ReadOptions

    def read(reading: ReadOptions, part: Progress) -> Dataset:
        return load(
            source,
            id_column=recipe.id_column,
            roles=dict(recipe.roles) or None,
            vectors=vectors_of(recipe.features),
            missing=recipe.missing,
            read_as=recipe.read_as,
            **reading.to_json(),  # type: ignore[arg-type]
            progress=part,
        )

    chosen = ReadOptions.from_json({**recipe.reading, **given.to_json()})
    if given != ReadOptions() or chosen == ReadOptions():
        return read(chosen, progress), chosen, ""
    trouble: AliquotError | None = None
    first = second = None
    try:
        first = read(chosen, progress.part(0, 0.5))
    except AliquotError as error:
        trouble = error
    recorded = (recipe.data or {}).get("fingerprint")
    if first is not None and first.fingerprint.digest == recorded:
        return first, chosen, ""
    with suppress(AliquotError):
        second = read(ReadOptions(), progress.part(0.5, 1))
    if second is not None and second.fingerprint.digest == recorded:
        return second, ReadOptions(), ""
    if first is None:
        assert trouble is not None
        raise trouble
    other = "" if second is None else second.fingerprint.digest
    differs = [
        name for name, value in chosen.to_json().items() if second and second.reading.get(name) != value
    ]
    if not other or other == first.fingerprint.digest or not differs:
        return first, chosen, ""
    assert second is not None
    said = ", ".join(f"{name} {chosen.to_json()[name]!r}" for name in differs)
    own = " ".join(f"--{name} {second.reading[name]!r}" for name in differs if name in second.reading)
    note = f"The file was read as the recipe says ({said}); by its own content it would be read otherwise"
    return first, chosen, f"{note}: if that is meant, give {own}." if own else f"{note}."


def study_again(
    recipe: Recipe,
    source: str,
    target: str | None,
    progress: Progress,
    given: ReadOptions | None = None,
    forms: Mapping[str, str] | None = None,
) -> tuple[Study, str]:
    """The study that a written recipe describes, on some data, and what differs from when it was written.

    Args:
        recipe: What was written.
        source: The data, as a command names it.
        target: Rows to resemble, where the recipe has a target.
        progress: Told how far reading is.
        given: How this file is read, where that is said now; the recipe's choices otherwise.
        forms: How cells of some columns are read, where that is said now ("auto": as they say themselves).

    Raises:
        RecipeError: It needs a target that was not given, or one with other rows.
    """
    from ..model.read_options import ReadOptions
    from ..study.study import Study

    recipe = recipe.with_(read_as=_asked({**recipe.read_as, **(forms or {})}))
    data, reading, said = _read_again(recipe, source, given or ReadOptions(), progress)
    recipe = recipe.with_(reading=reading.to_json())
    if recipe.target is not None and target is None:
        raise RecipeError(
            "The recipe has a target",
            f"{recipe.target.get('name')!r} was not given",
            "give it (--target FILE)",
        )
    target_data = None if target is None else load_target(recipe, target)
    notes = ""
    if (
        target_data is not None
        and recipe.target
        and target_data.fingerprint.digest != recipe.target.get("fingerprint")
    ):
        notes = "The target is not the one that the recipe was written for. "
    if recipe.data and data.fingerprint.digest != recipe.data.get("fingerprint"):
        notes += "The data is not the data that the recipe was written for. "
    notes += said
    return measured(Study(data, recipe, target=target_data), progress), notes.strip()


def read_recipe(path: Path) -> Recipe:
    """A recipe from a recipe, manifest or comparison, or from the folder of a bundle or comparison."""
    from ..model.recipe import Recipe

    if path.is_dir():
        for name in ("manifest.json", "comparison.json"):
            if (path / name).is_file():
                return Recipe.read(path / name)
        raise RecipeError(f"{path} holds no recipe", "", "name a recipe, a manifest or a comparison")
    return Recipe.read(path)


def check_counts(args: argparse.Namespace) -> None:
    """Refuse fewer than one seed or one random subset; `ParameterError`."""
    for option, value in (("--seeds", args.seeds), ("--band", args.band)):
        if value < 1:
            raise ParameterError(f"{option} cannot be {value}", "it is at least 1", "raise it")

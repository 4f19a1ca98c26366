"""What each command does. Heavy imports stay inside the functions, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..foundation.errors import AliquotError, RecipeError
from ..foundation.wording import count
from ..report.documents.comparison_files import comparison_files
from . import arguments
from .console import bar, columns, complain, say, show
from .distance_basis import basis_of, basis_unasked, say_basis

if TYPE_CHECKING:
    from ..analysis.comparison.comparison import Comparison
    from ..model.selection import Selection
    from ..strategies.presets import Preset
    from ..study.study import Study

COMPARISON = ("comparison.json", "metrics.csv", "report.html")


def run_strategies(args: argparse.Namespace) -> int:
    """``aliquot strategies``."""
    from ..features.declaration import EMBEDDERS
    from ..groups.declaration import CLUSTERERS
    from ..metrics.declaration import METRICS
    from ..model.parameters import written
    from ..strategies.declaration import STRATEGIES

    left_out = [one for known in (STRATEGIES, METRICS, EMBEDDERS, CLUSTERERS) for one in known.left_out()]
    if args.json:
        show([*(strategy.to_json() for strategy in STRATEGIES), *(one.to_json() for one in left_out)])
        return 0
    for strategy in STRATEGIES:
        say(f"{strategy.id}: {strategy.sentence}")
        needs = ", ".join(sorted(strategy.needs)) or "nothing"
        say(f"    needs {needs}; weights: {strategy.weight.value}; {strategy.cost.text}")
        if strategy.package:
            say(f"    of the package {strategy.package}")
        for parameter in strategy.params:
            choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
            say(f"    --param {parameter.name}={written(parameter.default)}{choices}  {parameter.par.help}")
    for one in left_out:
        complain(one.sentence)
    return 0


def run_info(args: argparse.Namespace) -> int:
    """``aliquot info``."""
    from ..data.health import health

    with bar(args.quiet) as progress:
        data = arguments.load_data(args, args.data, progress)
    found = health(data)
    mark = data.fingerprint
    basis = basis_unasked(data)
    if args.json:
        show(
            {
                "name": data.name,
                "rows": len(data),
                "fingerprint": mark.digest,
                "id_column": mark.id_column,
                "columns": [
                    {
                        "name": name,
                        "role": role.kind.value,
                        "reason": role.reason,
                        "missing": int(data.frame[name].isna().sum()) if name in data.frame else 0,
                        "digest": mark.columns.get(name),
                    }
                    for name, role in data.roles.items()
                ],
                "health": [
                    {
                        "level": item.level,
                        "sentence": item.sentence,
                        "columns": list(item.columns),
                        "count": item.count,
                    }
                    for item in found
                ],
                "notes": list(data.notes),
                "distances": basis,
            }
        )
        return 0
    say(
        f"{data.name}: {count(len(data), 'row')}, {count(len(data.roles), 'column')}, fingerprint "
        f"{mark.digest}"
    )
    columns([(f"  {name}", role.kind.value, role.reason) for name, role in data.roles.items()])
    for item in found:
        say(f"  {item.level}: {item.sentence}")
    told = {item.sentence for item in found}
    for note in data.notes:
        if note not in told:
            say(f"  note: {note}")
    say_basis(basis, " where you do not choose")
    return 0


def run_select(args: argparse.Namespace) -> int:
    """``aliquot select``."""
    from ..model.budget import Budget
    from ..model.recipe import Choice
    from ..signoff.atomic_folder import check_free
    from ..signoff.open_bundle import FILES
    from ..strategies.declaration import STRATEGIES

    params = arguments.parse_params(args.strategy, arguments.pairs(args.param, "--param"))
    Budget.parse(args.budget)
    check_free(args.out, FILES, args.force)
    choice = Choice(args.strategy, params, STRATEGIES[args.strategy].version)
    recipe = arguments.recipe_of(args).with_(strategies=(choice,))
    with bar(args.quiet) as progress:
        study = arguments.study_of(args, recipe, progress.part(0, 0.2))
        chosen = study.select(choice.id, params=params, progress=progress.part(0.2, 0.9))
        # What was asked for by name is made and recorded, also where the strategy does not look at it.
        if args.features:
            study.features(progress.part(0.9, 0.95))
        if args.groups:
            study.groups(progress.part(0.95, 1), typical=study.has("features"))
    return _write_subset(study, chosen, args)


def _write_subset(study: Study, selection: Selection, args: argparse.Namespace) -> int:
    from ..data.row_ids import ids_of
    from ..foundation.durations import show_took
    from ..signoff.write_bundle import write_bundle

    out = write_bundle(study, selection, args.out, csv=False, jsonl=False, force=args.force)
    if args.json:
        ids = ids_of(study.data)
        twice = selection.multiplicity
        show(
            {
                "out": str(out),
                "strategy": selection.strategy,
                "version": selection.version,
                "params": selection.params,
                "seed": selection.seed,
                "budget": selection.budget,
                "population": selection.population,
                **({} if selection.cost is None else {"cost": selection.cost.to_json()}),
                "ids": [ids[row] for row in selection.rows],
                "notes": list(selection.notes),
                "seconds": selection.seconds,
                "estimated": selection.estimated,
                "stages": study.seconds,
                "fingerprint": study.data.fingerprint.digest,
                **({} if twice is None else {"multiplicity": twice.tolist()}),
                "distances": basis_of(study) or None,
            }
        )
        return 0
    took = show_took(selection.seconds, selection.estimated)
    say(f"{selection.share} by {selection.strategy}, drawn in {took}")
    for note in selection.notes:
        say(f"  {note}")
    say_basis(basis_of(study))
    say(f"written to {out}")
    return 0


def run_compare(args: argparse.Namespace) -> int:
    """``aliquot compare``."""
    from ..model.budget import Budget
    from ..signoff.atomic_folder import check_free
    from ..strategies.presets import PRESETS

    choices = arguments.parse_choices(args.strategies, arguments.pairs(args.param, "--param"))
    arguments.check_counts(args)
    Budget.parse(args.budget)
    check_free(args.out, COMPARISON, args.force)
    recipe = arguments.recipe_of(args).with_(
        task="compare", strategies=choices, seeds=args.seeds, band=args.band
    )
    with bar(args.quiet) as progress:
        study = arguments.study_of(args, recipe, progress.part(0, 0.1))
        found = study.compare(choices, progress=progress.part(0.1, 1))
    return _write_comparison(study, found, args, PRESETS.get(args.question))


def warn_of(study: Study) -> None:
    """Say what makes distances unsound, where a command measures by distances whatever is chosen."""
    if study.has("features"):
        for text in study.features().warnings:
            complain(text)


def _write_comparison(
    study: Study, comparison: Comparison, args: argparse.Namespace, question: Preset | None = None
) -> int:
    from ..analysis.comparison.answer import answer
    from ..analysis.comparison.unmeasured import in_words, main_metrics
    from ..foundation.durations import show_seconds, show_took
    from ..signoff.atomic_folder import write_folder

    files = comparison_files(study, comparison, question)
    out = write_folder(files, args.out, COMPARISON, force=args.force)
    warn_of(study)
    if args.json:
        sys.stdout.write(files["comparison.json"].decode())
        return 0
    kind = "preview of the random band" if comparison.preview else "random subsets"
    say(f"{comparison.asked}, beside {comparison.band.size} {kind}")
    say(answer(comparison, [result.choice.id for result in comparison.results], question).text)
    say_basis(basis_of(study))
    for at, result in enumerate(comparison.results):
        say(f"{result.choice.id}: {comparison.sentence(at)}")
    columns(standings(comparison))
    for line in in_words(comparison, main_metrics()):
        say(line)
    told = [f"{name} {show_seconds(seconds)}" for name, seconds in study.seconds.items()]
    told += [
        f"{result.choice.id} {show_took(result.seconds, result.estimated)}"
        for result in comparison.results
        if result.selections
    ]
    say(f"time: {', '.join(told)}, everything compared {show_seconds(comparison.seconds)}")
    say(f"written to {out}")
    return 0


def standings(comparison: Comparison) -> list[list[str]]:
    """A table for a terminal: headline metrics × strategies, value and standing, ``*`` beyond the band."""
    from ..foundation.number_format import number
    from ..metrics.declaration import METRICS
    from ..report.charts.strips_of_result import own_words, reach_words

    ran = [(at, result) for at, result in enumerate(comparison.results) if result.selections]
    rows = [["metric", "random band", *[result.choice.id for _, result in ran]]]
    for name in comparison.headlines:
        metric = METRICS[name]
        row = [f"{metric.label} {metric.arrow}".strip(), reach_words(comparison.reach(name))]
        for at, result in ran:
            verdict = comparison.verdicts[at].get(name)
            cell = number(result.means[name]) if name in result.means else "none"
            cell += own_words(comparison, name, at)
            if verdict is not None and verdict.standing == verdict.standing:
                cell += f" ({verdict.standing:.2f}){'*' if verdict.marked else ''}"
            row.append(cell)
        rows.append(row)
    return rows


def run_recipe(args: argparse.Namespace) -> int:
    """``aliquot run``."""
    from ..signoff.atomic_folder import check_free
    from ..signoff.open_bundle import FILES
    from ..signoff.recipe_fit import fit_sentences, manifest_at
    from ..strategies.declaration import as_choice
    from ..study.method_packages import check_packages

    recipe = arguments.read_recipe(args.recipe)
    if not recipe.strategies:
        raise RecipeError("The recipe names no strategy", "", "add one")
    single = recipe.task == "select"
    check_free(args.out, FILES if single else COMPARISON, args.force)
    check_packages(recipe)
    for choice in recipe.strategies:
        as_choice(choice)
    known = manifest_at(args.recipe) if single else None
    with bar(args.quiet) as progress:
        study, note = arguments.study_again(
            recipe,
            args.data,
            args.target,
            progress.part(0, 0.2),
            arguments.reading_of(args),
            arguments.forms_of(args),
        )
        if note:
            complain(note)
        rest = progress.part(0.2, 1)
        if not single:
            return _write_comparison(study, study.compare(recipe.strategies, progress=rest), args)
        choice = recipe.strategies[0]
        chosen = study.select(choice.id, params=choice.params, progress=rest)
    for line in fit_sentences(*known, study, chosen) if known else ():
        complain(line)
    return _write_subset(study, chosen, args)


def run_verify(args: argparse.Namespace) -> int:
    """``aliquot verify``."""
    from ..signoff.open_bundle import open_bundle
    from ..signoff.verify import verify

    bundle = open_bundle(args.bundle)
    named = args.features or str(bundle.manifest["recipe"].get("features") or "")
    if args.features is None and not Path(named).is_file():
        named = ""
    with bar(args.quiet) as progress:
        found = verify(
            bundle,
            args.data,
            target=args.target,
            vectors=arguments.vectors_of(named),
            features="all" if args.recompute else "sample",
            progress=progress,
        )
    if args.json:
        show(found.to_json())
        return found.code
    for check in found.checks:
        say(f"{check.part} {check.name}: {check.status}. {check.sentence}")
        for line in check.details[3:]:
            say(f"    {line}")
    say(found.summary)
    return found.code


def run_app(args: argparse.Namespace) -> int:
    """``aliquot app``: the app of this checkout, on this machine only, telemetry off."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "app.py").is_file():
        raise AliquotError(
            "The app is not installed here", "app.py does not lie beside core", "start it from a checkout"
        )
    options = {
        "server.address": "localhost",
        "server.port": str(args.port),
        "browser.gatherUsageStats": "false",
    }
    words = [sys.executable, "-m", "streamlit", "run", str(root / "app.py")]
    for name, value in options.items():
        words += [f"--{name}", value]
    sys.stdout.flush()
    os.chdir(root)
    os.execv(sys.executable, words)

"""What an address or a project file may say: every number and name, checked before anything is made of it.

Both are somebody else's text. Whatever the app could not have written itself is refused in words; what costs
memory is compared with the data set it is said of before it is unpacked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from core.features.models import is_folder
from core.features.spec import FeatureSpec
from core.foundation.errors import AliquotError, ParameterError, RecipeError
from core.foundation.wording import count
from core.groups.spec import GroupSpec
from core.model.budget import Budget
from core.model.dataset import Kind
from core.model.recipe import Recipe
from core.strategies.declaration import STRATEGIES
from core.strategies.presets import PRESETS
from core.study.method_packages import check_packages

FOLDER = "ALIQUOT_FOLDER"
MOST_SEEDS, MOST_SEED, MOST_BAND, MOST_STRATEGIES = 50, 2**31, 9_999, 60
_MODEL = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)


def embedder(name: str) -> None:
    """Refuse a model that is named by a place on the server, whether there is something at that place or not.

    Raises:
        ParameterError: It is a folder outside the one that the server's owner gave, or no model's name.
    """
    if is_folder(name):
        # By its letters alone: to look at the place would tell whether something is there.
        root, place = os.environ.get(FOLDER, ""), PurePath(name)
        if root and ".." not in place.parts and place.is_relative_to(PurePath(root)):
            return
        raise ParameterError(
            "This model cannot be used here",
            "it is named by a folder, and only those inside the one that the server's owner gave are opened",
            f"name a model, choose minilm or tfidf, or start the app with {FOLDER} set",
        )
    if _MODEL.fullmatch(name) is None:
        raise ParameterError(
            f"{name[:80]!r} is not the name of a model",
            "names are letters, digits, dots and dashes, with one slash at most",
            "choose minilm or tfidf, or check the name",
        )


def recipe(found: Recipe, wrong: Callable[[str], RecipeError]) -> None:
    """Refuse a recipe that names what does not exist or holds numbers that the app cannot show.

    Args:
        found: The recipe, of the right types already.
        wrong: Makes the error of a reason.

    Raises:
        RecipeError: With the reason; also that of an unknown strategy, parameter, group or feature.
    """
    if len(found.strategies) > MOST_STRATEGIES:
        raise wrong(
            f"it names {count(len(found.strategies), 'strategy')}, and {MOST_STRATEGIES} are the most"
        )
    for name, value, low, high in (
        ("seed", found.seed, 0, MOST_SEED),
        ("seeds", found.seeds, 1, MOST_SEEDS),
        ("band", found.band, 1, MOST_BAND),
    ):
        if not low <= value <= high:
            raise wrong(f"its {name} is {value}, and {low:,} to {high:,} are possible here")
    if any(role not in set(Kind) for role in found.roles.values()):
        raise wrong("it names a role that no column can have")
    only = found.only
    if only is not None and found.data and found.data.get("fingerprint") not in (None, only.data):
        raise wrong("its saved selection is of another data set")
    try:
        embedder(found.embedder)
        check_packages(found)
        for choice in found.strategies:
            STRATEGIES[choice.id].check(choice.params)
        Budget.parse(found.budget)
        FeatureSpec.parse(found.features, found.embedder)
        if found.groups:
            GroupSpec.parse(found.groups)
    except RecipeError:
        raise
    except AliquotError as error:
        raise wrong(f"{error.what}: {error.why}" if error.why else error.what) from error


def question(name: Any, wrong: Callable[[str], RecipeError]) -> None:
    """Refuse a question of a comparison that nobody can ask here; "" stands for none."""
    if name != "" and (not isinstance(name, str) or name not in PRESETS):
        raise wrong("it names a question that this version does not have")

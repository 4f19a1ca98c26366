"""A link that opens the same view in another tab: data by name, recipe packed, view by its headings.

What an address holds is somebody else's text: it is bounded, checked like a recipe file, and starts no work
beyond what a click on a sample would.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson
import streamlit as st

from core.data.samples import SAMPLES
from core.foundation.errors import AliquotError, RecipeError
from core.foundation.wording import count
from core.model.recipe import FORMAT, Recipe
from pages.ui.shared.markdown_escapes import plain

from . import address, app_state, cache, checked_values, jobs, opening, state
from .app_state import DataRef

VERSION = "1"
MOST_PACKED = 8_000  # letters of a packed recipe; browsers and chats cut much longer addresses
_MOST_BYTES = 200_000
_DATA, _RECIPE, _VIEW = "ds", "r", "view"
_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_NONE = Recipe().to_json()
_HOW, _KEPT, _SEEN = "link", "link_kept", "link_seen"  # what the tab remembers
_LAST = "address"  # the slot of the project


@dataclass(frozen=True)
class Link:
    """What an address says.

    Args:
        data: The data set it was made on.
        recipe: Every choice.
        view: Heading and, where it has several, part of what Compare shows below the strips.
        question: The question that the strategies answer; "" where they are the reader's own choice.
    """

    data: DataRef
    recipe: Recipe
    view: tuple[str, ...] = field(default=())
    question: str = ""


def pack(link: Link) -> dict[str, str]:
    """The parameters of the address.

    Raises:
        RecipeError: There is too much to say (very many pins, bans or roles).

    Example:
        >>> wine = DataRef("0" * 32, "wine", 178, 15, "sample:wine")
        >>> made = pack(Link(wine, Recipe(budget="5%"), ("See",)))
        >>> made["ds"], made["view"], read(made).recipe.budget
        ('wine', 'See', '5%')
    """
    recipe = {name: value for name, value in link.recipe.to_json().items() if value != _NONE.get(name)}
    data = [link.data.fingerprint, link.data.name[:200], link.data.rows, link.data.columns]
    asked = {"question": link.question} if link.question else {}
    body = zlib.compress(orjson.dumps({"data": data, "recipe": recipe, **asked}), 9)
    packed = VERSION + "." + base64.urlsafe_b64encode(body).decode().rstrip("=")
    if len(packed) > MOST_PACKED:
        raise RecipeError(
            "These choices do not fit into a link",
            f"they take {count(len(packed), 'letter')} and a link holds {MOST_PACKED:,}",
            "save the project instead: it holds everything",
        )
    sample = link.data.source.partition("sample:")[2]
    made = {_DATA: sample or link.data.fingerprint, _RECIPE: packed}
    return made | ({_VIEW: "/".join(link.view)} if link.view else {})


def read(given: Mapping[str, str]) -> Link:
    """What the parameters of an address say, checked.

    Raises:
        RecipeError: They were not made by `pack`, or were damaged on the way.
    """
    packed = given.get(_RECIPE, "")
    version, _, body = packed.partition(".")
    if version != VERSION or len(packed) > MOST_PACKED:
        raise _wrong("it was cut, or made by another version")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj()
        text = opened.decompress(raw, _MOST_BYTES)
        if not opened.eof:
            raise ValueError("it holds too much")
        content = orjson.loads(text)
        fingerprint, name, rows, columns = content["data"]
        recipe, question = content["recipe"], content.get("question", "")  # older links say none
        sound = isinstance(recipe, dict) and isinstance(name, str) and _FINGERPRINT.fullmatch(fingerprint)
        if not sound or not all(type(count) is int and 0 <= count < 2**53 for count in (rows, columns)):
            raise ValueError("its parts do not fit")
    except (ValueError, zlib.error, KeyError, TypeError, AttributeError) as error:
        raise _wrong("it was cut or changed on the way") from error
    known = {"format": FORMAT, **recipe}
    found = Recipe.from_json(known)
    checked_values.recipe(found, _wrong)
    checked_values.question(question, _wrong)
    wanted = given.get(_DATA, "")
    source = f"sample:{wanted}" if wanted in SAMPLES else "upload"
    if source == "upload" and wanted != fingerprint:
        raise _wrong("it names two different data sets")
    view = tuple(part[:60] for part in given.get(_VIEW, "").split("/")[:2] if part)
    ref = DataRef(fingerprint, name[:200], rows, columns, source)
    app_state.check_data(ref, _wrong)
    if found.only is not None and (found.only.data, found.only.n) != (fingerprint, rows):
        raise _wrong("its saved selection is of another data set")
    return Link(ref, found, view, question)


def _wrong(why: str) -> RecipeError:
    return RecipeError("This link cannot be read", why, "ask for the link again, or for the project file")


def whole(link: Link) -> str:
    """The whole address; `RecipeError` where it would be too long."""
    return f"{st.context.url or '/compare'}?{urlencode(pack(link))}"


# ---- the address of the page itself ------------------------------------------------------------------


def keep(recipe: Recipe, run: str, view: tuple[str, ...], question: str, beside: Mapping[str, str]) -> None:
    """Write a run into the address of the page, so that the address alone opens it elsewhere.

    Once per run, question and visit of the page: an address that is written whenever it differs could not be
    left with the browser's Back. What is too long for an address is not written.

    Args:
        recipe, run: The run.
        view, question: As in `Link`.
        beside: What else stands in the address.
    """
    now = state.app()
    if now.data is None or state.transient(_KEPT, tuple) == (run, question):
        return
    state.set_transient(_KEPT, (run, question))
    try:
        made = pack(Link(now.data, recipe, view, question))
    except RecipeError:
        made = {}
    if made.get(_RECIPE) != address.given().get(_RECIPE):
        address.replace({**made, **beside})
    state.set_transient(_SEEN, made.get(_RECIPE, ""))
    if last_run().get(_RECIPE) != made.get(_RECIPE):
        state.change(slots={**now.slots, _LAST: {"run": run, "parameters": made}})


def last_run() -> dict[str, str]:
    """What the address of Compare said of the newest run, so that a link there need not be written anew.

    It is kept with the work, and read from a file that may say anything.
    """
    now = state.app()
    kept = now.slots.get(_LAST)
    if not isinstance(kept, Mapping) or not now.runs or kept.get("run") != now.runs[-1].key:
        return {}
    made = kept.get("parameters")
    if not isinstance(made, Mapping):
        return {}
    try:
        return pack(read({name: text for name, text in made.items() if isinstance(text, str)}))
    except AliquotError:
        return {}


def leave() -> None:
    """Another page is shown, whose address says nothing of the run."""
    state.set_transient(_KEPT, ())


def in_address() -> bool:
    """Whether the address holds a link."""
    return _RECIPE in address.given()


def of_other_choices(recipe: Recipe | None) -> bool:
    """Whether the address holds a sound link, and of other choices than these; never where these are None."""
    if recipe is None or not in_address():
        return False
    try:
        return read(address.given()).recipe.to_json() != recipe.to_json()
    except AliquotError:
        return False


def follow() -> None:
    """Take the choices of the run that the browser's Back or Forward has led to."""
    packed = address.given().get(_RECIPE, "")
    if not packed or packed == state.transient(_SEEN, lambda: packed):
        return
    state.set_transient(_SEEN, packed)
    open_address()


def open_address() -> None:
    """Take the link in the address; what is wrong with it is shown by `notice`."""
    try:
        take(read(address.given()))
        state.drop_widgets("cmp_")
        state.set_transient(_HOW, "read")
    except AliquotError as error:
        state.set_transient("link_error", error)


# ---- opening -----------------------------------------------------------------------------------------


def arrive() -> None:
    """Take what the address says, once per tab, before anything else is open."""
    if state.transient(_HOW, lambda: "new") != "new":
        return
    state.set_transient(_HOW, "none")
    if state.app().data is None and in_address():
        open_address()


def take(link: Link) -> None:
    """Make the choices of a link those of this tab, and open its data where it is here."""
    ref = link.data
    parts = {link.view[0]: link.view[1]} if len(link.view) > 1 else {}
    view = {"heading": link.view[0], "parts": parts} if link.view else {}
    now = state.app()
    found = cache.find(ref.fingerprint)
    if found is not None:
        if len(found) != ref.rows:
            raise _wrong("the data set of its fingerprint has another number of rows")
        ref = DataRef(ref.fingerprint, found.name, len(found), found.frame.shape[1], ref.source)
    slots = {**now.slots, "view": view, "question": link.question}
    state.change(data=ref, recipe=link.recipe, slots=slots, target=_target(link.recipe))
    state.set_transient("cmp_first", False)  # a link shows what is there; running is for the reader to say
    state.note(f"Opened a link to {ref.name}")
    bring()


def bring() -> None:
    """Open the data set that the state names, where it is not here and can be had without a person."""
    now = state.app()
    if now.data is None or cache.find(now.data.fingerprint) is not None:
        return
    state.set_transient(_HOW, "read")
    kind, _, name = now.data.source.partition(":")
    if kind == "sample":
        opening.sample_again(name, now.recipe)
    elif kind == "folder":
        opening.from_folder(name, now.recipe)


def _target(recipe: Recipe) -> DataRef | None:
    if recipe.target is None:
        return None
    fingerprint = recipe.target.get("fingerprint", "")
    found = cache.find(fingerprint)
    rows, columns = (len(found), found.frame.shape[1]) if found is not None else (0, 0)
    return DataRef(fingerprint, recipe.target.get("name", "target"), rows, columns, "upload")


def notice() -> None:
    """What a reader must know about the link that was opened."""
    error = state.transient("link_error", lambda: None)
    if error is not None:
        jobs.error_box(error)
    now = state.app()
    if now.data is None or not waiting():
        return
    st.info(
        f"Open the same file to continue: **{plain(now.data.name)}**, {count(now.data.rows, 'row')}, "
        f"fingerprint `{now.data.fingerprint[:8]}`. Links and saved work hold choices, never data; they wait "
        "until then.",
        icon=":material/link:",
    )


def waiting() -> bool:
    """Whether a link or saved work was opened whose data set is not here."""
    now = state.app()
    if now.data is None or state.transient(_HOW, lambda: "new") != "read":
        return False
    reading = opening.opening()
    return not (reading is not None and reading.live) and cache.find(now.data.fingerprint) is None

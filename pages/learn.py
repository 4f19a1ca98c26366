"""Learn: eight stories about choosing rows, pick by pick, and the one thing that breaks each."""

from __future__ import annotations

from time import monotonic

import pandas as pd
import streamlit as st

from core.foundation.progress import Progress
from core.foundation.wording import count
from core.report.charts.story_panels import story as picture
from core.report.charts.story_panels import story_alt
from core.report.charts.story_repeats import repeats, repeats_alt
from core.report.charts.story_trace import running, running_alt
from core.report.charts.theme import letter
from core.stories.catalogue import STORIES, repeated
from core.stories.scene import REPEATS, Scene, Story
from core.strategies.declaration import STRATEGIES
from pages.ui.shared import address, background_work, cache, comparison_defaults, state
from pages.ui.shared.drawing import chart, theme
from pages.ui.shared.page_frame import go, head, to_method
from pages.ui.shared.pickers import choose, one_of
from pages.ui.shared.widget_keys import key

FIRST = next(iter(STORIES))
MOST_SEED = 9_999
HEIGHTS = (318, 158)  # pixels of the picture and of the chart below it
SHRINK = 23  # pixels given up for each line of text below
LATE = 6.0  # seconds without a tick: the page was left while it played
STORY, STEP, BROKEN, SEED = (
    key("learn", "story"),
    key("learn", "step"),
    key("learn", "break"),
    key("learn", "seed"),
)


# ---- what happens on a click -------------------------------------------------------------------------


def stop() -> None:
    """Stop playing."""
    state.set_transient("learn_playing", False)


def restart() -> None:
    """Callback: another story begins, at its end, whole, with its own first draw."""
    stop()
    story = STORIES[one_of(STORIES, state.widget(STORY))]
    state.set_widget(STEP, story.budget)
    state.set_widget(BROKEN, False)
    state.set_widget(SEED, story.first)


def turn_to(name: str) -> None:
    """Callback: another story."""
    state.set_widget(STORY, name)
    restart()


def arrived(story: Story) -> None:
    """Begin a story that a link on another page has led to, where its address says no more than the story."""
    before = state.transient("learn_shown", lambda: story.id)
    state.set_transient("learn_shown", story.id)
    if story.id != before and not {STEP, BROKEN, SEED} & set(address.given()):
        restart()


def again() -> None:
    """Callback: the next draw."""
    stop()
    state.set_widget(SEED, (int(state.widget(SEED, 0) or 0) + 1) % (MOST_SEED + 1))


def play(steps: int, pace: float) -> None:
    """Callback: begin to play, from the first step where the last is shown; or pause."""
    playing = bool(state.transient("learn_playing", lambda: False))
    state.set_transient("learn_playing", not playing)
    state.set_transient("learn_next", monotonic() + pace)
    if not playing and int(state.widget(STEP, steps)) >= steps:
        state.set_widget(STEP, 1)


def advance(steps: int, pace: float) -> bool:
    """Move on by one step where it is time to; whether it still plays afterwards."""
    if not state.transient("learn_playing", lambda: False):
        return False
    now, due = monotonic(), float(state.transient("learn_next", monotonic))
    step = int(state.widget(STEP, steps))
    if now > due + LATE or step >= steps:
        stop()
        return False
    if now >= due:
        state.set_widget(STEP, step + 1)
        state.set_transient("learn_next", now + pace)
    return True


def pace_of(steps: int) -> float:
    """Seconds between two steps: slower where there are few.

    Example:
        >>> pace_of(12), pace_of(60)
        (1.2, 0.6)
    """
    return min(1.2, max(0.6, 24 / steps))


def take(story: Story) -> None:
    """The story's strategies on the open data set, or where to open one."""
    stop()
    now = state.app()
    if now.data is None:
        state.set_transient("message", f"Choose a data set first; then “{story.title}” can be tried on it.")
        go("data.py")
    budget = now.recipe.budget if now.recipe.strategies else comparison_defaults.first_budget(now.data.rows)
    seeds = now.recipe.seeds if now.recipe.strategies else comparison_defaults.SEEDS
    state.drop_widgets("cmp_")  # they would bring back the choices from before
    state.change_recipe(task="compare", strategies=story.choices, budget=budget, seeds=seeds)
    state.set_transient("message", f"Strategies of “{story.title}” are set, with a budget of {budget}.")
    go("compare.py")


# ---- what is shown -----------------------------------------------------------------------------------


def scene_of(story: Story, seed: int, broken: bool) -> Scene:
    """The story at work; kept, because every step shows another part of the same."""
    name = cache.name_of("learn", [story.id, seed, broken, story.budget])
    made: Scene = cache.remember(name, lambda: story.run(seed, broken, story.budget))
    return made


def pictures(scene: Scene, step: int) -> None:
    """The population with its picks, the running chart, and numbers of the end."""
    colours = theme()
    tall, low = HEIGHTS
    if scene.facts:
        tall, low = tall - 3 * SHRINK, low - SHRINK
    elif scene.note:
        tall -= SHRINK
    chart(
        picture(scene, step, theme=colours, height=tall),
        key=key("learn", "picture"),
        alt=story_alt(scene, step),
    )
    below, below_alt = (running, running_alt) if scene.repeats is None else (repeats, repeats_alt)
    chart(
        below(scene, step, theme=colours, height=low),
        key=key("learn", "running"),
        alt=below_alt(scene, step),
        table="under “Check it”",
    )
    if scene.facts:
        facts(scene)
    if scene.note:
        st.caption(scene.note)


def controls(story: Story, scene: Scene, pace: float, playing: bool) -> int:
    """Play, the slider, and another draw; the step to show."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            "Pause" if playing else "Play",
            key=key("learn", "play"),
            icon=":material/pause:" if playing else ":material/play_arrow:",
            on_click=play,
            args=(scene.steps, pace),
            width="content",
            help="Step by step, from the start where the end is shown.",
        )
        # A slider of numbers would be another widget in a story of another length, and take its step from the
        # address that the page was opened by.
        step = st.select_slider(
            "Tries" if scene.trace.step == "tries" else "Picks",
            range(1, scene.steps + 1),
            scene.steps,
            key=STEP,
            on_change=stop,
            bind="query-params",
        )
        points = story.redraws == "points"
        st.button(
            "New points" if points else "Draw again",
            key=key("learn", "again"),
            on_click=again,
            width="content",
            help="Other points of the same kind." if points else "Other luck, the same points.",
        )
    return int(step)


def stage(story: Story, scene: Scene) -> None:
    """Picture, running chart and slider; alone redrawn from step to step."""
    pace = pace_of(scene.steps)
    playing = bool(state.transient("learn_playing", lambda: False))

    @st.fragment(run_every=pace if playing else None)
    def show() -> None:
        still = advance(scene.steps, pace)
        if playing and not still:
            st.rerun()  # draws the stage without its clock
        # What the address asks for is known once its widgets are drawn, so they come first and stand below.
        above = st.container(gap="small")
        step = controls(story, scene, pace, playing)
        with above:
            pictures(scene, step)
        if playing != bool(state.transient("learn_playing", lambda: False)):
            st.rerun()

    show()


def facts(scene: Scene) -> None:
    """The small table: one row per number, one column per subset."""
    top = " | ".join(
        [f"after all {scene.steps} {scene.trace.step}", *(letter(one.slot) for one in scene.panels)]
    )
    rule = " | ".join(["---", *("---" for _ in scene.panels)])
    rows = "\n".join(f"| {' | '.join(row)} |" for row in scene.facts)
    # Streamlit's tables are as tall as their text twice over; this one stands between picture and slider.
    st.html(
        "<style>.st-key-learn_facts :is(td, th) {padding: 1px 10px; font-size: 13px; line-height: 1.5}"
        " .st-key-learn_facts table {margin: 0; width: 100%}</style>"
    )
    with st.container(key=key("learn", "facts")):
        st.markdown(f"| {top} |\n| {rule} |\n{rows}")


def words(story: Story) -> bool:
    """Question, three sentences, and what to take away or what breaking it shows; whether it is broken."""
    place(story)
    st.markdown(f"## {story.question}")
    sentences = st.container()
    broken = st.toggle(f"Break it: {story.break_label}", key=BROKEN, on_change=stop, bind="query-params")
    sentences.markdown("\n\n".join(story.sentences_when(broken)))
    if broken:
        st.warning(story.break_sentence, icon=":material/heart_broken:")
    else:
        st.info(story.takeaway, icon=":material/lightbulb:")
    return broken


def place(story: Story) -> None:
    """Which of all stories this is, and the way to the next."""
    names = list(STORIES)
    at = names.index(story.id)
    last = at + 1 == len(names)
    to = STORIES[names[0 if last else at + 1]]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="xsmall"
    ):
        st.caption(f"{at + 1} of {len(names)}", width="content")
        st.button(
            f"First story: {to.title}" if last else f"Next: {to.title}",
            key=key("learn", "next"),
            icon=":material/first_page:" if last else ":material/arrow_forward:",
            icon_position="right",
            on_click=turn_to,
            args=(to.id,),
            type="tertiary",
            width="content",
        )


def methods(story: Story) -> None:
    """Links to what Methods says of the strategies at work."""
    with st.container(horizontal=True, gap="small", key=key("learn", "methods")):
        for name in story.shows:
            to_method(STRATEGIES[name].label)


def check(story: Story, scene: Scene, seed: int, broken: bool) -> None:
    """The story's promise counted in 200 draws, and the numbers of this one."""
    event, promise = (story.break_event, story.break_promise) if broken else (story.event, story.promise)
    st.markdown(f"**Promised in {100 * promise:.0f} % of draws or more:** {event}.")
    name = cache.name_of("learn-repeated", [story.id, broken, REPEATS, story.to_json()])

    def make(progress: Progress) -> int:
        return repeated(story, broken, progress=progress)

    held = background_work.offer(
        name,
        f"Repeating “{story.title}” {REPEATS} times",
        f"Count it in {REPEATS} draws",
        f"story {story.id}",
        3.0,
        make,
        where=key("learn", "repeat"),
    )
    if held is not None:
        st.markdown(f"Came true in **{held} of {REPEATS}** draws, numbers 0 to {REPEATS - 1}.")
    st.caption(f"{scene.trace.title}, draw {seed}")
    st.dataframe(numbers(scene), key=key("learn", "numbers"), hide_index=True, height=240)


def numbers(scene: Scene) -> pd.DataFrame:
    """The running chart as a table."""
    trace = scene.trace
    frame = pd.DataFrame({trace.step: range(1, scene.steps + 1)})
    for line in trace.lines:
        frame[line.title] = line.values
    if trace.low is not None and trace.high is not None:
        frame["random, from"], frame["random, to"] = trace.low, trace.high
    return frame


# ---- the page ----------------------------------------------------------------------------------------

head(
    "Learn",
    "What choosing rows does, on points you can see.",
    "Small made-up populations, and the same strategies that work on your data: everything is drawn live. "
    "A story opens at its end: **Play** or the slider goes through the picks one by one; the newest have "
    "their numbers, the last a thick ring. The chart below follows one number; its grey strip is what 95 % "
    "of random subsets reach.\n\n"
    "**Break it** changes one thing. **Check it** counts the promise in the blue box over 200 draws. "
    "The address of this page keeps story, step, draw and switch, so it can be shared.",
    skip=("Skip to the story", key("learn", "stage")),
)
chosen = choose(
    st.pills,
    "Story",
    list(STORIES),
    format_func=lambda name: STORIES[name].title,
    first=FIRST,
    required=True,
    key=STORY,
    on_change=restart,
    bind="query-params",
    label_visibility="collapsed",
)
story = STORIES[chosen]
arrived(story)
state.setdefault(BROKEN, False)
if not 1 <= int(state.widget(STEP, 1) or 1) <= story.budget:
    state.set_widget(STEP, story.budget)  # kept from a longer story
left, right = st.columns([1.9, 1], gap="medium")
with right, st.container(gap="xsmall"):
    broken = words(story)
    actions = st.container(horizontal=True, gap="xsmall")
    with actions.popover("Check it", width="content", key=key("learn", "check")):
        seed = int(
            st.number_input(
                "Number of the draw",
                0,
                MOST_SEED,
                story.first,
                step=1,
                key=SEED,
                on_change=stop,
                bind="query-params",
            )
            or 0
        )
        scene = scene_of(story, seed, broken)
        check(story, scene, seed, broken)
    if actions.button(
        "Do this on my data",
        key=key("learn", "take"),
        icon=":material/compare_arrows:",
        type="primary",
        width="stretch",
        help=f"Compare gets the {count(len(story.choices), 'strategy', 'strategies')} of this story.",
    ):
        take(story)
    methods(story)
with left, st.container(key=key("learn", "stage")):
    stage(story, scene)

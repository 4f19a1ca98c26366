"""For people who do not see the page, use no mouse, need other colours, or print: looks, focus, words.

The one place where a page runs a script: `pages/focus.js` is a file of ours, and nothing is ever put into it.
"""

from __future__ import annotations

from functools import cache as once
from html import escape
from pathlib import Path

import streamlit as st

from . import jobs, state

_PAGES = Path(__file__).parents[2]


@once
def _file(name: str) -> str:
    return (_PAGES / name).read_text("utf-8")


def dress(theme: str) -> None:
    """Contrast, focus rings, forced colours and print.

    Args:
        theme: "light" or "dark", for what stands outside the page's own colours.
    """
    st.html(f"<style>{_file('look.css').replace('$theme', theme)}</style>")


def keep_place() -> None:
    """Focus goes on where it was lost, and into popovers; `announce` is read out; prints fit a sheet."""
    st.html(f"<script>{_file('focus.js')}</script>", unsafe_allow_javascript=True)


def skip_link(words: str, target: str) -> None:
    """A link seen when the keyboard is on it, to the container with a key; none while that is not there.

    Args:
        words: "Skip to the results".
        target: The key.
    """
    st.html(f"<a class='aliquot-skip' href='#st-key-{escape(target, quote=True)}'>{escape(words)}</a>")


def announcer() -> None:
    """`announce`, again and again while this tab waits for work."""
    if jobs.live_jobs():
        st.fragment(announce, run_every=jobs.poll_seconds())()
    else:
        announce()


def announce() -> None:
    """Where the work of this tab stands, for screen readers: in quarters, not at every look."""
    known: dict[str, str] = state.transient("announced", dict)
    live = {job.key: job for job in jobs.live_jobs()}
    ended = [jobs.end_words(key, title) for key, title in known.items() if key not in live]
    if ended:
        state.set_transient("announced_end", " ".join(ended))
    elif live and not set(live) <= set(known):
        state.set_transient("announced_end", "")
    known.clear()
    known.update({key: job.title for key, job in live.items()})
    under_way = [
        f"{job.title}: {25 * int(4 * job.share)} %." for job in live.values() if job.state == "running"
    ]
    words = " ".join([state.transient("announced_end", str), *under_way[:1]]).strip()
    st.html(f"<p class='aliquot-now' hidden>{escape(words)}</p>")

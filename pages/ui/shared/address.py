"""The parameters of the page's address. The only file that touches `st.query_params`.

What an address holds is somebody else's text: who reads a parameter checks it. Every write is a step that
the browser's Back goes through, so nothing is written that stands there already.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def given() -> dict[str, str]:
    """All parameters."""
    return dict(st.query_params)


def put(name: str, value: str) -> None:
    """Write one parameter beside the others."""
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def replace(parameters: Mapping[str, str]) -> None:
    """Write these parameters in place of all others."""
    if given() != dict(parameters):
        st.query_params.from_dict(parameters)

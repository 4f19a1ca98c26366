"""Launcher: `streamlit run app.py`, or `python app.py`.

Only a launcher. The frame lives in `pages/_frame.py`: with a `pages` folder beside the main script Streamlit
would run whichever page a first deep link names without any frame, so the main script itself is in there.
"""

from __future__ import annotations

import logging

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from core.foundation import defect_log
from core.foundation.errors import AliquotError
from pages.ui.shared.point_server import PointServer
from pages.ui.shared.visitor import Visitors, cookie_name


def on_script_error(error: Exception) -> bool:
    """Say what people can do; the details of a defect, and where they are kept, go to the log."""
    if isinstance(error, AliquotError):
        st.error(f"{error.why or error.what}. {error.do}", title=error.what, icon=":material/error:")
        return True
    kept = defect_log.keep_details(error, ["showing a page"])
    logging.getLogger("aliquot").error(defect_log.told(error, kept), exc_info=error)
    st.error(
        "This is a defect of Aliquot, not of your data. Nothing already computed is lost: reload the page "
        "and choose the same data, or open your project file. The log of the server says "
        "where the details for a report are.",
        title="This page could not be shown",
        icon=":material/error:",
    )
    return True


async def data_page(request: Request) -> RedirectResponse:
    """`/data` is where people look for the first page, whose only address is `/`."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


app = st.App(
    "pages/_frame.py",
    routes=[Route("/data", data_page)],
    middleware=[Middleware(Visitors, name=cookie_name()), Middleware(PointServer, name=cookie_name())],
    on_script_error=on_script_error,
)

if __name__ == "__main__":
    app.run()

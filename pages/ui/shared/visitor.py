"""Whose data: a browser is known by a cookie that no script can read; what it brings belongs to it.

The only file that sets or reads a cookie. An address holds choices and never ownership: who knows a
fingerprint, and every manifest has it, opens nothing with it. Without the cookie (a page inside a page of
another site, a server started without the launcher) a tab still has what it brought itself.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.foundation.artifact_store import Store, digest

FOLDER = "ALIQUOT_FOLDER"
SAMPLES = "samples"
_DAYS = 365
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


def cookie_name() -> str:
    """Name of the cookie. A browser sends it to every port of a host: it names the store it is good for."""
    return f"aliquot_{digest(str(Store.default().root.resolve()))[:8]}"


def sound(token: object) -> bool:
    """Whether this is a token as `Visitors` makes them; anything shorter could be guessed."""
    return isinstance(token, str) and _TOKEN.fullmatch(token) is not None


class Visitors:
    """ASGI middleware: a page that is asked for without the cookie is answered with one.

    Whether it is a page is told by the request, never by the answer: an answer from the browser's cache has
    no type, and a browser that lost its cookie would never get another. A websocket is never refused, since a
    page could not say why. The cookie's time starts again with every page.

    Args:
        app: What answers.
        name: Name of the cookie.
    """

    def __init__(self, app: Asgi, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        head = {name.lower(): value for name, value in scope["headers"]}
        if b"text/html" not in head.get(b"accept", b""):
            await self.app(scope, receive, send)
            return
        known = token_in(head.get(b"cookie", b"").decode("latin-1"), self.name)
        cookie = (
            f"{self.name}={known or secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Lax; "
            f"Max-Age={_DAYS * 86_400}{'; Secure' if scope.get('scheme') == 'https' else ''}"
        )

        async def out(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie.encode())]
            await send(message)

        await self.app(scope, receive, out)


def token_in(header: str, name: str) -> str | None:
    """The token that a Cookie header holds under a name, None where there is none that is sound."""
    try:
        jar = SimpleCookie(header)
    except CookieError:
        return None
    token = jar[name].value if name in jar else None
    return token if sound(token) else None


def tab() -> str:
    """The connection of this tab, which ends when the tab is closed or loaded again; "" without a server."""
    running = get_script_run_ctx()
    return running.session_id if running is not None else ""


def connected(tab: str) -> bool:
    """Whether a tab is still there."""
    return runtime.exists() and runtime.get_instance().is_active_session(tab)


def own_token() -> str | None:
    """The token of this browser's cookie; None where there is none. Never shown, kept or written down."""
    token = st.context.cookies.get(cookie_name())
    return token if isinstance(token, str) and sound(token) else None


def whose() -> str | None:
    """Who this browser is, as it is written down: not the token, so that reading the store opens nothing.

    None where there is no cookie.
    """
    token = own_token()
    return f"browser:{digest(['visitor', token])}" if token is not None else None


def folder() -> Path | None:
    """The folder that the server was given, if there is one."""
    named = os.environ.get(FOLDER)
    path = Path(named) if named else None
    return path if path is not None and path.is_dir() else None


def of_folder(root: Path) -> str:
    """Everybody who may open the files of a folder: all who reach the server while it is given."""
    return f"folder:{root.resolve()}"


def readers() -> list[str]:
    """Under which names this browser may open data: its own, the samples', the given folder's."""
    own, root = whose(), folder()
    return [*([own] if own else []), SAMPLES, *([of_folder(root)] if root is not None else [])]

"""Files that the map of a page fetches: places, colours and masks of rows, and what is told of one row.

They are answered before Streamlit sees the request, since it would compress what cannot be compressed. An
address names the content, so a browser keeps it, and is signed for the browser's cookie with a secret of this
server: no other browser is answered, and who knows what a file is called cannot make its address. Those of a
tab without the cookie are good for whoever knows them.
"""

from __future__ import annotations

import hmac
import secrets

import orjson

from core.foundation.artifact_store import digest

from .visitor import Asgi, Receive, Scope, Send, token_in

PREFIX = "_points"
_SECRET = secrets.token_urlsafe(32)
_KEEP = b"private, max-age=31536000, immutable"


def address(key: str, token: str | None) -> str:
    """Where the browser with this token in its cookie fetches what a key names."""
    return f"./{PREFIX}/{key}/{_signed(key, token)}"


def _signed(key: str, token: str | None) -> str:
    """What this browser's addresses end in; only this server can make it."""
    return digest(["points", key, token, _SECRET])


class PointServer:
    """ASGI middleware that answers for the files offered; everything else goes on.

    Args:
        app: What answers all other requests.
        name: Name of the cookie.
    """

    def __init__(self, app: Asgi, name: str) -> None:
        self.app = app
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        parts = str(scope.get("path", "")).partition(f"/{PREFIX}/")[2].split("/")
        if scope["type"] != "http" or scope["method"] != "GET" or not 2 <= len(parts) <= 3:
            await self.app(scope, receive, send)
            return
        head = {name.lower(): value for name, value in scope["headers"]}
        token = token_in(head.get(b"cookie", b"").decode("latin-1"), self.name)
        status, kind, body = self.answer(parts, token)
        keep = _KEEP if status == 200 else b"no-store"
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", keep),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def answer(self, parts: list[str], token: str | None) -> tuple[int, bytes, bytes]:
        """Status, type and body for the parts of an address behind the prefix, to whoever has this cookie."""
        key, signed, *row = parts
        owners = (token, None) if token is not None else (None,)
        if not any(hmac.compare_digest(signed.encode(), _signed(key, one).encode()) for one in owners):
            return 403, b"text/plain", b"This map belongs to another browser."
        from . import cache  # late: the launcher needs none of it

        found = cache.point_files().get(key)
        if isinstance(found, bytes) and not row:
            return 200, b"application/octet-stream", found
        if callable(found) and row and row[0].isascii() and row[0].isdecimal():
            try:
                return 200, b"application/json", orjson.dumps(dict(found(int(row[0]))))
            except IndexError:
                pass
        return 404, b"text/plain", b"This is not here any more; the page asks for it again."

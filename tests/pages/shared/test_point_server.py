"""Files of the map: each browser's own addresses, answered before anything else."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from pages.ui.shared import cache
from pages.ui.shared.bounded_memory import PointFiles
from pages.ui.shared.point_server import PointServer, address

ADA, BOB = "a" * 43, "b" * 43
NAME = "aliquot_test"


async def below(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"the app"})


def asked(path: str, cookie: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"cookie", f"{NAME}={cookie}".encode())] if cookie else []
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(PointServer(below, NAME)(scope, None, send))  # type: ignore[arg-type]
    head = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(message["body"] for message in sent[1:])


@pytest.fixture
def place() -> str:
    cache.point_files().put("abc123", b"\x00\x01")
    return address("abc123", ADA).removeprefix(".")


def test_its_own_browser_gets_it_for_good(place: str) -> None:
    status, head, body = asked(place, ADA)
    assert (status, body) == (200, b"\x00\x01")
    assert "immutable" in head["cache-control"]
    assert head["cache-control"].startswith("private")
    assert head["content-length"] == "2"


def test_no_other_browser_is_answered(place: str) -> None:
    for cookie in (BOB, None):
        status, head, body = asked(place, cookie)
        assert status == 403
        assert b"\x00\x01" not in body
        assert head["cache-control"] == "no-store"


def test_who_knows_the_name_cannot_make_the_address(place: str) -> None:
    key = place.split("/")[2]
    for signed in ("", "0" * 32, key, place.split("/")[3][:-1]):
        assert asked(f"/_points/{key}/{signed}", ADA)[0] == 403


def test_a_tab_without_a_cookie_has_addresses_of_its_own() -> None:
    cache.point_files().put("def456", b"x")
    path = address("def456", None).removeprefix(".")
    assert asked(path)[0] == asked(path, BOB)[0] == 200


def test_below_an_address_of_its_own_the_app_is_served_too(place: str) -> None:
    assert asked(f"/deep/within{place}", ADA)[0] == 200


def test_what_is_gone_is_gone_and_not_remembered() -> None:
    status, head, _ = asked(address("never", ADA).removeprefix("."), ADA)
    assert (status, head["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("row", ["2", "-1", "x", "1e3", "²", "99999999999999999999"])
def test_what_is_said_of_a_row_and_of_none(row: str) -> None:
    def facts(at: int) -> dict[str, str]:
        if not 0 <= at < 3:
            raise IndexError(at)
        return {"text": f"row {at}"}

    cache.point_files().put("facts", facts)
    base = address("facts", ADA).removeprefix(".")
    status, _, body = asked(f"{base}/{row}", ADA)
    if row == "2":
        assert (status, orjson.loads(body)) == (200, {"text": "row 2"})
    else:
        assert status == 404
    assert asked(base, ADA)[0] == 404, "facts are of one row"


def test_bytes_have_no_rows(place: str) -> None:
    assert asked(f"{place}/1", ADA)[0] == 404


@pytest.mark.parametrize(
    "path", ["/", "/explore", "/_points", "/_points/a", "/_points/a/b/c/d", "/x_points/a/b"]
)
def test_everything_else_goes_on(path: str) -> None:
    assert asked(path, ADA)[0] == 299


def test_writing_is_not_answered(place: str) -> None:
    assert asked(place, ADA, "POST")[0] == 299


def test_what_was_used_last_is_held() -> None:
    files = PointFiles(10)
    files.put("a", b"1234")
    files.put("b", b"1234")
    assert files.get("a")
    files.put("c", b"1234")
    assert ("a" in files, "b" in files, "c" in files) == (True, False, True)
    files.put("large", bytes(50))
    assert "large" in files, "the newest is held whatever its size"
    assert files.bytes == 50

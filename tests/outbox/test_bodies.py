"""A form that came in pieces: it is what it would have been in one, for its own person only, and within bounds."""

import os
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.core.settings import settings
from backend.outbox import bodies
from tests.hazards.browsing import browsing
from tests.hazards.cast import Cast, make_cast
from tests.hazards.pictures import photo
from tests.liveserver import free_port
from tests.webclient import running_app, visitor

PLACE = "/outbox/bodies"
FORM = {"Content-Type": "multipart/form-data; boundary=cut"}
LAST = b'--cut\r\nContent-Disposition: form-data; name="joins"\r\n\r\n\r\n--cut--\r\n'
LIMIT = 9 * 20_000 + 1024 * 1024


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url, ANSU_MAX_UPLOAD_BYTES="20000") as running:
        yield running


@pytest.fixture
async def cast(app: FastAPI) -> Cast:
    database: Database = app.state.database
    async with database.session() as session:
        return await make_cast(session)


def body_of(cast: Cast, words: str) -> bytes:
    """A report with two photos, as a phone encodes it, but for its last field."""
    key = sha256(words.encode()).hexdigest()[:32]
    fields = {"details": words, "place": f"equipment:{cast.reactor_id}", "factor": "object", "idempotency_key": key}
    typed = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ).encode()
    head = (
        b'--cut\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    return typed + (head + photo() + b"\r\n") * 2


def named(body: bytes) -> dict[str, str]:
    return {"X-Outbox-Body": sha256(body).hexdigest()}


async def bring(browser: httpx.AsyncClient, body: bytes, *, start: int = 0, piece: int = 1500) -> httpx.Response:
    """Append ``body`` from ``start`` on in pieces; gives the last answer."""
    for offset in range(start, len(body), piece):
        answer = await append(browser, body, offset, body[offset : offset + piece])
    return answer


async def append(browser: httpx.AsyncClient, body: bytes, offset: int, piece: bytes) -> httpx.Response:
    headers = {**named(body), "Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
    return await browser.patch(PLACE, content=piece, headers=headers)


async def there(browser: httpx.AsyncClient, body: bytes) -> int:
    return int((await browser.head(PLACE, headers=named(body))).headers["upload-offset"])


async def send(browser: httpx.AsyncClient, body: bytes) -> httpx.Response:
    return await browser.post("/reports", content=LAST, headers={**FORM, **named(body)})


async def test_what_came_in_pieces_is_sent_as_if_in_one_and_again_when_the_answer_was_lost(
    app: FastAPI, cast: Cast
) -> None:
    body = body_of(cast, "阀门漏油")
    async with browsing(app, cast.wang) as browser:
        await bring(browser, body[:4000])  # another body, cut there
        assert await there(browser, body) == 0
        await bring(browser, body, piece=1500)
        assert await there(browser, body) == len(body)
        first, again = await send(browser, body), await send(browser, body)
        page = (await browser.get(first.headers["location"])).text
        assert (await browser.delete(PLACE, headers=named(body))).status_code == 204
        gone = await there(browser, body)
    assert first.status_code == 303 and again.headers["location"] == first.headers["location"]
    assert "阀门漏油" in page and page.count("/thumbnail") == 2
    assert gone == 0


async def test_a_piece_fits_where_the_body_ends_and_a_repeated_one_does_no_harm(app: FastAPI, cast: Cast) -> None:
    body = body_of(cast, "护栏松动")
    async with browsing(app, cast.wang) as browser:
        one = await append(browser, body, 0, body[:1000])
        repeated = await append(browser, body, 0, body[:1000])
        gap = await append(browser, body, 2000, body[2000:3000])
        overlap = await append(browser, body, 500, body[500:2000])
        nonsense = await append(browser, body, -1, b"x")
        path = await browser.head(PLACE, headers={"X-Outbox-Body": "../../secrets"})
        await bring(browser, body, start=1000)
        sent = await send(browser, body)
    assert [one.status_code, repeated.status_code, gap.status_code, overlap.status_code] == [204, 204, 409, 409]
    assert {answer.headers["upload-offset"] for answer in (one, repeated, gap, overlap)} == {"1000"}
    assert nonsense.status_code == path.status_code == 422
    assert sent.status_code == 303


async def test_nobody_else_sees_or_sends_it(app: FastAPI, cast: Cast) -> None:
    body = body_of(cast, "地面积水")
    async with browsing(app, cast.wang) as owner, browsing(app, cast.mate) as other, visitor(app) as stranger:
        await bring(owner, body)
        assert await there(other, body) == 0
        refused = await send(other, body)
        sent_away = await send(stranger, body)
        await other.delete(PLACE, headers=named(body))
        owner.headers["X-CSRF-Token"] = "forged"
        forged = await send(owner, body)
    assert refused.status_code == 409 and "上传的内容不完整" in refused.text
    assert refused.headers["upload-offset"] == "0"
    assert sent_away.headers["location"] == "/sign-in"
    assert forged.status_code == 403
    assert await bodies.arrived(cast.wang.person_id, named(body)["X-Outbox-Body"]) == len(body)


async def test_what_is_not_whole_or_was_torn_on_the_disk_is_not_used(app: FastAPI, cast: Cast) -> None:
    body = body_of(cast, "电缆破皮")
    async with browsing(app, cast.wang) as browser:
        unknown = await send(browser, body)
        await bring(browser, body)
        path = folder(cast) / sha256(body).hexdigest()
        path.write_bytes(body[:-50] + bytes(50))
        torn = await send(browser, body)
        assert await there(browser, body) == 0
        await bring(browser, body)
        whole = await send(browser, body)
    assert [unknown.status_code, torn.status_code, whole.status_code] == [409, 409, 303]


async def test_while_the_database_is_away_the_phone_is_asked_to_come_again(app: FastAPI, cast: Cast) -> None:
    body = body_of(cast, "灭火器过期")
    database = app.state.database
    async with browsing(app, cast.wang) as browser:
        await bring(browser, body)
        app.state.database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
        try:
            away = await send(browser, body)
        finally:
            await app.state.database.close()
            app.state.database = database
        back = await send(browser, body)
    assert away.status_code == 503 and "Retry-After" in away.headers and "default-src" in str(away.headers)
    assert back.status_code == 303


async def test_it_is_bounded_like_any_form(app: FastAPI, cast: Cast) -> None:
    large = bytes(LIMIT - 10)
    async with browsing(app, cast.wang) as browser:
        await bring(browser, large, piece=1024 * 1024)
        beyond = await append(browser, large, len(large), bytes(11))
        with_its_end = await send(browser, large)
        plain = await browser.post("/reports", content=b"", headers={**named(large), "Content-Type": "text/plain"})
        piece = await append(browser, large, 0, bytes(1024 * 1024 + 1))
    assert {answer.status_code for answer in (beyond, with_its_end, plain, piece)} == {413}
    assert "减少照片" in with_its_end.text


async def test_a_person_fills_only_so_much_and_what_is_abandoned_is_removed(app: FastAPI, cast: Cast) -> None:
    oldest, older, newest = (bytes([number]) * (LIMIT // 2 + 1) for number in range(3))
    small = [bytes([number]) for number in range(bodies.MOST_BODIES)]
    async with browsing(app, cast.wang) as browser:
        for age, body in enumerate((oldest, older, newest)):
            await bring(browser, body, piece=1024 * 1024)
            os.utime(folder(cast) / sha256(body).hexdigest(), (time.time() - 60 + age,) * 2)
        assert [await there(browser, body) > 0 for body in (oldest, older, newest)] == [False, True, True]
        for body in small:
            await bring(browser, body)
        assert len(list(folder(cast).iterdir())) == bodies.MOST_BODIES

        old = folder(cast) / sha256(small[0]).hexdigest()
        os.utime(old, (time.time() - bodies.KEPT_S - 60,) * 2)
        await bodies.drop_abandoned()
        assert await there(browser, small[0]) == 0 and await there(browser, small[1]) == 1


def folder(cast: Cast) -> Path:
    return settings().data_dir / "outbox" / str(cast.wang.person_id)

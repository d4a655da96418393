"""The pages over what gateways send: who sends, what was refused and what to do, points that wait to be adopted."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.models import Person, Role, Site
from backend.plant.models import Point, PointStatus
from backend.telemetry.models import PointState, Rejection, Source
from backend.telemetry.reasons import ADVICE, TITLES, Reason
from tests.factories import made, make_equipment, make_person, make_point, make_site, unique
from tests.webclient import running_app, signed_in


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@dataclass
class Office:
    """A site, and somebody of it in front of a browser."""

    app: FastAPI
    database: Database
    site: Site
    person: Person

    def browser(self) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """Their browser."""
        return signed_in(self.app, self.person)

    async def refused(self, reason: str = Reason.TEXT, **fields: Any) -> Rejection:
        """A refusal of the site."""
        values = {"topic": "ansu/s/gw/batch", "source": "gw", "reason": reason, "digest": unique("digest"), **fields}
        async with self.database.session() as session:
            return await made(session, Rejection(site_id=self.site.id, **values))

    async def unknown(self, code: str = "", value: float | None = 41.5, **fields: Any) -> Point:
        """A point that a gateway sends and nobody described, with its latest value."""
        code = code or unique("X-")
        values = {"code": code, "name": code, "unit": "", "status": PointStatus.PENDING, "source": "gw", **fields}
        async with self.database.session() as session:
            point = await make_point(session, self.site, **values)
            if value is not None:
                at = now() - timedelta(minutes=3)
                state = PointState(site_id=self.site.id, point_id=point.id, at=at, value=value, received_at=at)
                await made(session, state)
        return point

    async def point(self, id_: int) -> Point:
        """The point as it is now."""
        async with self.database.session() as session:
            return await session.get_one(Point, id_)

    async def audited(self) -> list[tuple[str, int]]:
        """Action and object of the site's audit entries, in order."""
        async with self.database.session() as session:
            found = await session.execute(
                text("SELECT action, object_id FROM audit_entry WHERE site_id = :site ORDER BY id"),
                {"site": self.site.id},
            )
            return [(action, object_id) for action, object_id in found]


@pytest.fixture
async def office(app: FastAPI, database: Database) -> Office:
    async with database.session() as session:
        site = await make_site(session)
        person = await make_person(session, site, Role.SAFETY_OFFICER)
    return Office(app, database, site, person)


def words(page: str) -> str:
    """The words of a page's content."""
    body = page.partition("<main")[2].partition('<nav class="bottom-bar"')[0] or page
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


async def test_an_empty_site_is_told_where_to_send(office: Office) -> None:
    async with office.browser() as browser:
        shown = words((await browser.get("/rejections")).text)
    assert f"ansu/{office.site.code}/网关名" in shown
    assert "没有被拒收的内容" in shown


async def test_each_source_shows_its_account_and_age_but_not_the_canary(office: Office) -> None:
    async with office.database.session() as session:
        heard = now() - timedelta(minutes=7)
        account = {"received": 1200, "stored": 1150, "duplicate": 20, "rejected": 30}
        await made(session, Source(site_id=office.site.id, code="gateway-9", last_seen_at=heard, **account))
        await made(session, Source(site_id=office.site.id, code="ansu-watchdog", received=5, stored=5))
    async with office.browser() as browser:
        shown = words((await browser.get("/rejections")).text)
        listed = (await browser.get("/api/v1/sources")).json()
    assert "gateway-9 7 分钟前 收到 1,200 存储 1,150 重复 20 拒收 30" in shown
    assert "ansu-watchdog" not in shown
    assert [(one["code"], one["received"], one["rejected"]) for one in listed] == [("gateway-9", 1200, 30)]


async def test_a_refusal_says_why_and_what_to_do_and_shows_its_payload_harmlessly(office: Office) -> None:
    await office.refused(payload="<script>alert(1)</script>", point_code="T1", detail='"warm"', count=7)
    async with office.browser() as browser:
        page = (await browser.get("/rejections")).text
    assert TITLES[Reason.TEXT] in page and ADVICE[Reason.TEXT] in page
    assert "7 次" in page and "T1" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page


@pytest.mark.parametrize("reason", Reason)
async def test_every_reason_can_be_shown_in_english(office: Office, reason: Reason) -> None:
    await office.refused(reason)
    async with office.database.session() as session:
        person = await make_person(session, office.site, Role.LEADER, locale="en")
    async with signed_in(office.app, person) as browser:
        shown = words((await browser.get("/rejections")).text)
    assert not re.search("[\u4e00-\u9fff]", shown), shown


async def test_refusals_are_narrowed_by_reason_and_source(office: Office) -> None:
    await office.refused(Reason.TEXT, payload="eins", source="a")
    await office.refused(Reason.BOOLEAN, payload="zwei", source="a")
    await office.refused(Reason.TEXT, payload="drei", source="b")
    async with office.browser() as browser:
        texts = (await browser.get("/rejections?reason=text&source=a")).text
        assert ("eins" in texts, "zwei" in texts, "drei" in texts) == (True, False, False)
        everything = (await browser.get("/rejections?reason=unheard-of")).text
        assert all(word in everything for word in ("eins", "zwei", "drei"))
        found = (await browser.get("/api/v1/rejections?reason=boolean")).json()["items"]
        assert [(one["reason"], one["payload"]) for one in found] == [("boolean", "zwei")]
        assert (await browser.get("/api/v1/rejections?reason=unheard-of")).status_code == 422


async def test_older_refusals_follow_and_none_is_shown_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"payload-{i:02}" for i in range(70)]
    for number in numbers:
        await office.refused(payload=number)
    async with office.browser() as browser:
        page = (await browser.get("/rejections")).text
        seen = re.findall(r"payload-\d\d", page)
        while more := re.search(r'hx-get="([^"]*)"[^>]*hx-headers', page):
            answer = await browser.get(unescape(more[1]), headers={"HX-Request": "true", "HX-Target": "rejection-rows"})
            page = answer.text
            assert "<html" not in page
            seen += re.findall(r"payload-\d\d", page)
    assert seen == numbers[::-1]


async def test_a_point_that_waits_shows_code_source_value_and_age(office: Office) -> None:
    point = await office.unknown("锅炉.温度")
    async with office.browser() as browser:
        page = (await browser.get("/adoptions")).text
        form = (await browser.get(f"/adoptions/{point.id}")).text
        listed = (await browser.get("/api/v1/adoptions")).json()["items"]
    assert "锅炉.温度 gw 3 分钟前 41.5" in words(page)
    assert f'href="/adoptions/{point.id}"' in page
    assert 'value="锅炉.温度"' in form and "41.5" in form
    assert [(one["id"], one["value"], one["status"]) for one in listed] == [(point.id, 41.5, "pending")]


async def test_an_adopted_point_is_one_of_the_plant(office: Office) -> None:
    point = await office.unknown()
    async with office.database.session() as session:
        boiler = await make_equipment(session, office.site)
    typed = {
        "name": " 锅炉温度 ",
        "name_en": "Boiler temperature",
        "unit": "°C",
        "equipment_id": str(boiler.id),
        "range_low": "-20",
        "range_high": "１２０",
    }
    async with office.browser() as browser:
        answer = await browser.post(f"/adoptions/{point.id}", data=typed)
        assert (answer.status_code, answer.headers["location"]) == (303, "/adoptions?done=adopted")
        after = words((await browser.get(answer.headers["location"])).text)
        assert (await browser.get(f"/points/{point.id}")).status_code == 200
        assert (await browser.get(f"/adoptions/{point.id}")).status_code == 404
    assert "已认领" in after and "没有待认领的测点" in after
    adopted = await office.point(point.id)
    assert (adopted.status, adopted.name, adopted.unit) == (PointStatus.ACTIVE, "锅炉温度", "°C")
    assert (adopted.equipment_id, adopted.range_low, adopted.range_high) == (boiler.id, -20.0, 120.0)
    assert await office.audited() == [("point.adopt", point.id)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "请填写名称"),
        ({"name": "x" * 61}, "60 个字符以内"),
        ({"range_low": "cold"}, "请填写数字"),
        ({"range_low": "nan"}, "请填写数字"),
        ({"range_low": "9", "range_high": "1"}, "量程上限应大于下限"),
        ({"equipment_id": "elsewhere"}, "请选择本厂区的设备"),
        ({"equipment_id": "1" * 30}, "请选择本厂区的设备"),
    ],
)
async def test_a_refused_form_says_what_is_wrong_and_keeps_what_was_typed(
    office: Office, wrong: dict[str, str], said: str
) -> None:
    point = await office.unknown()
    async with office.browser() as browser:
        answer = await browser.post(f"/adoptions/{point.id}", data={"name": "名称", "unit": "furlong", **wrong})
        as_program = await browser.post(f"/api/v1/adoptions/{point.id}", data={"name": "名称", **wrong})
    assert answer.status_code == 422 and as_program.status_code == 422
    assert said in answer.text and 'value="furlong"' in answer.text
    assert (await office.point(point.id)).status == PointStatus.PENDING
    assert await office.audited() == []


async def test_equipment_of_another_site_cannot_be_named(office: Office) -> None:
    point = await office.unknown()
    async with office.database.session() as session:
        foreign = await make_equipment(session, await make_site(session))
    async with office.browser() as browser:
        answer = await browser.post(f"/adoptions/{point.id}", data={"name": "名", "equipment_id": str(foreign.id)})
        offered = (await browser.get(f"/adoptions/{point.id}")).text
    assert answer.status_code == 422
    assert foreign.code not in offered


async def test_an_ignored_point_can_be_brought_back(office: Office) -> None:
    point = await office.unknown()
    async with office.browser() as browser:
        assert (await browser.post(f"/adoptions/{point.id}/ignore")).status_code == 303
        assert (await office.point(point.id)).status == PointStatus.IGNORED
        assert point.code not in (await browser.get("/adoptions")).text
        assert point.code in (await browser.get("/adoptions?ignored=true")).text
        assert (await browser.post(f"/adoptions/{point.id}/restore")).status_code == 303
    assert (await office.point(point.id)).status == PointStatus.PENDING
    assert await office.audited() == [("point.ignore", point.id), ("point.restore", point.id)]


async def test_a_program_decides_like_a_person(office: Office) -> None:
    point = await office.unknown()
    async with office.browser() as browser:
        browser.headers["Accept"] = "application/json"
        ignored = await browser.post(f"/api/v1/adoptions/{point.id}/ignore")
        assert (ignored.status_code, ignored.json()["status"]) == (200, "ignored")
        assert (await browser.post(f"/api/v1/adoptions/{point.id}/ignore")).status_code == 409
        assert (await browser.post(f"/api/v1/adoptions/{point.id}/restore")).json()["status"] == "pending"
        adopted = await browser.post(f"/api/v1/adoptions/{point.id}", data={"name": "名"})
        assert adopted.json() == {"id": point.id, "code": point.code, "status": "active"}
        assert (await browser.post(f"/api/v1/adoptions/{point.id}", data={"name": "名"})).status_code == 404


async def test_the_list_is_searched_and_goes_on(office: Office) -> None:
    for i in range(40):
        await office.unknown(f"{office.site.code}-{i:02}", value=None)
    async with office.browser() as browser:
        first = (await browser.get("/api/v1/adoptions?most=25")).json()
        rest = (await browser.get(f"/api/v1/adoptions?most=25&before={first['following']}")).json()
        codes = [one["code"] for one in first["items"] + rest["items"]]
        assert codes == [f"{office.site.code}-{i:02}" for i in reversed(range(40))]
        assert rest["following"] is None
        found = await browser.get(
            f"/adoptions?search={office.site.code}-07",
            headers={"HX-Request": "true", "HX-Target": "adoption-rows"},
        )
    assert "<html" not in found.text
    assert "-07" in found.text and "-08" not in found.text


async def test_who_may_not_adopt_still_sees_what_is_refused(office: Office) -> None:
    async with office.database.session() as session:
        leader = await make_person(session, office.site, Role.LEADER)
    async with signed_in(office.app, leader) as browser:
        page = await browser.get("/rejections")
        assert page.status_code == 200 and "/adoptions" not in page.text
        assert (await browser.get("/adoptions")).status_code == 403

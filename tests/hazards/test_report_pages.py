"""Reporting, deciding and the public's way in, as a browser without scripts uses them; and what people try."""

import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.models import HazardReport
from backend.hazards.reports.voice import MOST_BYTES
from backend.identity.models import Role
from tests.factories import actor_for, make_area, make_person, unique
from tests.hazards.browsing import browsing, chinese, hidden, main_button
from tests.hazards.cast import Cast, make_cast
from tests.hazards.pictures import iphone_photo, photo, photo_with_place, png_that_claims
from tests.webclient import running_app

WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\0" * 200
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        cast = await make_cast(session)
        admin = await make_person(session, cast.site, Role.ADMIN)
        cast.people["admin"] = await actor_for(session, admin)
        await make_area(session, cast.site, name="罐区")
        return cast


def files(name: str = "photos", *contents: bytes) -> list[tuple[str, Any]]:
    return [(name, (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(contents)]


async def report(browser: httpx.AsyncClient, cast: Cast, *sent: Any, **typed: str) -> httpx.Response:
    """Fill in the form of the reactor's page and send it."""
    page = (await browser.get(f"/reports/new?equipment={cast.reactor_id}")).text
    place = re.search(r'value="(equipment:\d+)" selected', page)
    assert place, "the place is filled in"
    fields = {"idempotency_key": hidden(page, "idempotency_key"), "place": place[1], "factor": "object"}
    fields |= {"captured_at": "", "device_now": "", "joins": "", "drawn": ""}
    return await browser.post("/reports", data={**fields, **typed}, files=list(sent))


async def reports_of(database: Database, cast: Cast) -> list[HazardReport]:
    async with database.session(site_id=cast.site.id) as session:
        wanted = select(HazardReport).where(col(HazardReport.site_id) == cast.site.id)
        return list(await session.scalars(wanted.order_by(col(HazardReport.id))))


async def test_a_photo_is_enough_and_leads_to_the_report(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, *files("photos", photo(), photo()))
        page = (await browser.get(answer.headers["location"])).text
        own = (await browser.get("/reports/mine")).text
    assert answer.status_code == 303 and "已上报" in page
    assert re.search(r'data-number="SB-\d{8}-001"', page)
    assert page.count("/thumbnail") == 2 and "物的状态" in page and "等待受理" in own


async def test_the_leader_accepts_and_rectifies_in_two_taps(app: FastAPI, database: Database, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        address = (await report(browser, cast, details="螺栓松动")).headers["location"].split("?")[0]
    async with browsing(app, cast.leader) as browser:
        assert "螺栓松动" in (await browser.get("/reports")).text
        decision = {"level": "significant", "team_id": str(cast.leader.team_id), "then": "rectify"}
        onward = (await browser.post(f"{address}/accept", data=decision)).headers["location"]
        form = (await browser.get(onward)).text
        assert 'value="螺栓松动"' in form and f'<option value="{cast.wang.person_id}" selected>' in form
        plan = {
            "idempotency_key": hidden(form, "idempotency_key"),
            "report_id": hidden(form, "report_id"),
            "title": "螺栓松动",
            "measure": "紧固",
            "owner_id": str(cast.wang.person_id),
            "deadline": (now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
            "level": "significant",
        }
        refused = await browser.post("/rectifications", data={**plan, "title": ""})
        assert refused.status_code == 422 and hidden(refused.text, "report_id") == plan["report_id"]
        opened = await browser.post("/rectifications", data=plan)
        assert opened.headers["location"].startswith("/rectifications/")
        page = (await browser.get(address)).text
    assert "整改中" in page and main_button(page) == ""
    fragments = [f"/equipment/{cast.reactor_id}/{part}" for part in ("hazards", "rectifications")]
    async with browsing(app, cast.wang) as browser:
        for fragment in fragments:
            shown = (await browser.get(fragment)).text
            assert "螺栓松动" in shown and "<html" not in shown


async def test_the_search_narrows_the_list_and_htmx_gets_the_lists_alone(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        for words in ("护栏松动", "视镜渗油"):
            await report(browser, cast, details=words)
    async with browsing(app, cast.leader) as browser:
        found = (await browser.get("/reports?search=渗油", headers={"HX-Target": "report-lists"})).text
        assert "视镜渗油" in found and "护栏松动" not in found and "<html" not in found
        assert "没有找到上报" in (await browser.get("/reports?search=100%25")).text


async def test_the_page_of_an_area_shows_what_stands_open_there(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        found = re.search(r'value="(area:(\d+))"', (await browser.get("/reports/new")).text)
        assert found
        assert (await browser.get(f"/areas/{found[2]}/hazards")).text.strip() == ""
        await report(browser, cast, details="围堰开裂", place=found[1])
        assert "围堰开裂" in (await browser.get(f"/areas/{found[2]}/hazards")).text
        assert f'value="{found[1]}" selected' in (await browser.get(f"/reports/new?area={found[2]}")).text
        assert (await browser.get(f"/areas/{found[2]}/rectifications")).text.strip() == ""


async def test_merging_and_refusing_say_what_is_missing(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        first, second = [(await report(browser, cast, details=text)).headers["location"] for text in ("甲", "乙")]
    async with browsing(app, cast.leader) as browser:
        one, other = (address.split("?")[0] for address in (first, second))
        assert "请写明不受理的原因" in (await browser.post(f"{one}/refuse", data={"note": " "})).text
        assert "请选择要并入的上报" in (await browser.post(f"{one}/merge")).text
        into = one.rsplit("/", 1)[1]
        assert (await browser.post(f"{other}/merge", data={"into_id": into})).status_code == 303
        assert (await browser.post(f"{one}/refuse", data={"note": "已安排检修"})).status_code == 303
    async with browsing(app, cast.wang) as browser:
        assert "已安排检修" in (await browser.get(other)).text


async def test_the_same_hazard_is_offered_before_sending(app: FastAPI, database: Database, cast: Cast) -> None:
    async with browsing(app, cast.mate) as browser:
        await report(browser, cast, details="视镜渗油")
    async with browsing(app, cast.wang) as browser:
        page = (await browser.get(f"/reports/similar?place=equipment:{cast.reactor_id}")).text
        assert "同一处已有隐患" in page and "视镜渗油" in page and "<html" not in page
        joins = re.search(r'name="joins" value="(\d+)"', page)
        assert joins
        answer = await report(browser, cast, details="我也看到", joins=joins[1])
        assert answer.headers["location"].endswith("?done=joined")
    assert [one.state for one in await reports_of(database, cast)] == ["waiting", "merged"]


async def test_the_level_is_suggested_while_one_types(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        page = (await browser.get(f"/reports/suggested?place=equipment:{cast.reactor_id}&details=着火了")).text
    assert "重大" in page and "着火" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "只能上传照片"),
        (png_that_claims(10_000, 10_000), "照片尺寸过大"),
        (photo(800, 600)[:4000], "照片打不开"),
    ],
    ids=["svg", "100 megapixels", "truncated"],
)
async def test_a_bad_picture_gets_a_clear_answer_and_the_words_stay(
    app: FastAPI, database: Database, cast: Cast, content: bytes, words: str
) -> None:
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, *files("photos", content), details="螺栓松动")
    assert answer.status_code == 422 and words in answer.text
    assert "螺栓松动</textarea>" in answer.text and "照片和录音请重新添加" in answer.text
    assert await reports_of(database, cast) == []


async def test_pictures_of_phones_come_out_without_the_place_they_were_taken_at(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, *files("photos", photo_with_place(), iphone_photo()))
        page = (await browser.get(answer.headers["location"])).text
        addresses = re.findall(r'href="(/reports/photos/\d+)"', page)
        assert len(addresses) == 2
        for address in addresses:
            picture = await browser.get(address)
            assert picture.headers["content-type"] == "image/webp"
            assert not Image.open(io.BytesIO(picture.content)).getexif() and b"PhoneMaker" not in picture.content


async def test_ten_pictures_are_too_many(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, *files("photos", *[photo()] * 10))
    assert answer.status_code in {413, 422} and "9" in answer.text


async def test_who_drew_on_a_picture_hides_the_original_from_all_but_leaders(app: FastAPI, cast: Cast) -> None:
    drawn = [*files("photos", photo(colour="green"), photo(colour="blue")), *files("originals", photo(colour="red"))]
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, *drawn, drawn="1")
        address = answer.headers["location"].split("?")[0]
        first, second = re.findall(r'href="(/reports/photos/\d+)"', (await browser.get(address)).text)
        assert (await browser.get(f"{second}/original")).status_code == 403
    async with browsing(app, cast.leader) as browser:
        assert f"{second}/original" in (await browser.get(address)).text
        red, _, blue = colour_of((await browser.get(f"{second}/original")).content)
        assert red > 200 and blue < 100
        assert (await browser.get(f"{first}/original")).status_code == 404
        red, _, blue = colour_of((await browser.get(second)).content)
        assert blue > 200 and red < 100


def colour_of(picture: bytes) -> Any:
    return Image.open(io.BytesIO(picture)).convert("RGB").getpixel((20, 20))


async def test_a_voice_note_is_played_but_never_opened_as_a_page(app: FastAPI, cast: Cast) -> None:
    spoken = ("voice", ("voice.webm", WEBM, "audio/webm"))
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, spoken)
        address = answer.headers["location"].split("?")[0]
        assert f'src="{address}/voice"' in (await browser.get(address)).text
        voice = await browser.get(f"{address}/voice")
    assert voice.content == WEBM and voice.headers["content-type"] == "audio/webm"
    assert voice.headers["content-disposition"].startswith("attachment")
    assert voice.headers["content-security-policy"].startswith("sandbox")
    assert voice.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"<html>", 422, "录音打不开"), (WEBM + b"\0" * MOST_BYTES, 413, "录音太长")],
    ids=["a page", "too long"],
)
async def test_what_is_no_voice_note_is_refused(
    app: FastAPI, cast: Cast, content: bytes, status: int, words: str
) -> None:
    async with browsing(app, cast.wang) as browser:
        answer = await report(browser, cast, ("voice", ("voice.webm", content, "audio/webm")), details="x")
    assert answer.status_code == status and words in answer.text


async def test_a_phone_four_hours_wrong_reports_when_it_was(app: FastAPI, database: Database, cast: Cast) -> None:
    wrong = now() + timedelta(hours=4)
    times = {"captured_at": (wrong - timedelta(minutes=50)).isoformat(), "device_now": wrong.isoformat()}
    async with browsing(app, cast.wang) as browser:
        assert (await report(browser, cast, details="松动", **times)).status_code == 303
    captured = (await reports_of(database, cast))[0].captured_at
    assert captured and abs(now() - timedelta(minutes=50) - captured) < timedelta(minutes=1)


async def test_a_form_sent_twice_arrives_once(app: FastAPI, database: Database, cast: Cast) -> None:
    key = {"idempotency_key": unique("phone-"), "details": "松动"}
    async with browsing(app, cast.wang) as browser:
        both = [await report(browser, cast, *files("photos", photo()), **key) for _ in range(2)]
    assert both[0].headers["location"] == both[1].headers["location"]
    assert len(await reports_of(database, cast)) == 1


async def test_a_script_in_the_text_is_shown_as_text(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        address = (await report(browser, cast, details=SCRIPT)).headers["location"]
    async with browsing(app, cast.leader) as browser:
        paths = ["/reports", address, f"/equipment/{cast.reactor_id}/hazards", "/reports/new?report_id=1"]
        paths.append(f"/rectifications/new?report_id={address.split('?')[0].rsplit('/', 1)[1]}")
        for path in paths[:3] + paths[4:]:
            page = (await browser.get(path)).text
            assert SCRIPT not in page and "&lt;script&gt;" in page, path


async def test_where_the_phone_is_counts_as_a_place_and_nonsense_is_said(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    async with browsing(app, cast.wang) as browser:
        here = {"place": "", "latitude": "31.2304161", "longitude": "121.4737009", "accuracy_m": "18"}
        assert (await report(browser, cast, details="路面塌陷", **here)).status_code == 303
        assert (await report(browser, cast, details="x", **{**here, "latitude": "NaN"})).status_code == 422
        assert (await report(browser, cast, details="x", place="")).status_code == 422
    one = (await reports_of(database, cast))[0]
    assert (one.latitude, one.longitude, one.accuracy_m) == (31.23042, 121.4737, 18.0)


async def test_pages_are_english_for_who_reads_english(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as browser:
        address = (await report(browser, cast, details="loose bolt")).headers["location"].split("?")[0]
    async with browsing(app, cast.admin, locale="en") as browser:
        for path in ("/reports", "/reports/mine", address, "/reports/public"):
            assert chinese((await browser.get(path)).text) <= set("姓罐区"), path


async def test_programs_report_and_decide_like_people(app: FastAPI, cast: Cast) -> None:
    url = "/api/v1/reports"
    sent = {"details": "护栏松动", "place": f"equipment:{cast.reactor_id}"}
    async with browsing(app, cast.wang) as browser:
        made = await browser.post(url, data=sent, headers={"Idempotency-Key": unique("program-")})
        assert made.status_code == 201 and made.json()["state"] == "waiting"
        assert (await browser.get(url)).status_code == 403
        assert [one["outcome"] for one in (await browser.get(f"{url}/mine")).json()] == ["waiting"]
    one = f"{url}/{made.json()['id']}"
    async with browsing(app, cast.leader) as browser:
        assert [item["headline"] for item in (await browser.get(url)).json()] == ["护栏松动"]
        decision = {"level": "low", "team_id": cast.leader.team_id}
        assert (await browser.post(f"{one}/accept", data=decision)).json()["state"] == "accepted"
        assert (await browser.post(f"{one}/refuse", data={"note": "x"})).status_code == 409
        story = (await browser.get(one)).json()
    assert (story["outcome"], story["level"], story["details"]) == ("accepted", "low", "护栏松动")

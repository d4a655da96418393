"""The history of incidents on pages, for programs and as files: filters, causes, figures, comparison, export."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.incidents.history.queries import rows
from backend.plant.models import Stage
from backend.tracing.naming import first_cause
from tests.factories import made, make_area, make_equipment
from tests.incidents.past import explained, happened, warned_of
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing, text_of

DAY = timedelta(days=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
API = "/api/v1/incidents/history"


async def asked(app: FastAPI, actor: Actor, path: str) -> dict[str, Any]:
    """What a program gets."""
    async with browsing(app, actor) as browser:
        answer = await browser.get(API + path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def numbers(app: FastAPI, actor: Actor, query: str) -> set[str]:
    """Numbers of the incidents that an address of the list finds."""
    return {one["number"] for one in (await asked(app, actor, f"/rows?{query}"))["incidents"]}


async def test_an_incident_is_found_by_stage_place_class_cause_level_kind_phase_state_and_time(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    # Wednesday, 9:30 in Shanghai
    began = datetime(2026, 9, 2, 9, 30, tzinfo=SHANGHAI)
    async with database.session() as session:
        inbound = await made(session, Stage(site_id=scene.site.id, code="in", name="进料"))
        area = await make_area(session, scene.site, stage_id=inbound.id)
        pump = await make_equipment(session, scene.site, area, equipment_class="pump")
        one = await happened(session, scene, began, equipment_id=pump.id, area_id=None, level="major", phase="startup")
        await explained(session, one, fused=f"equipment:{pump.id}/pump.seal")
        off = await happened(session, scene, began, state="called_off")
        other = await happened(session, scene, began + 3 * DAY, kind="fire")
    period = "from=2026-09-01&to=2026-09-30"
    for query in (
        f"stage={inbound.id}",
        f"area={area.id}",
        f"equipment={pump.id}",
        "class=pump",
        "cause=pump.seal",
        "level=major",
        "kind=gas_leak",
        "phase=startup",
        "weekday=3",
        f"weekday=3&hour=8&stage={inbound.id}",
    ):
        assert await numbers(app, scene.worker, f"{period}&{query}") == {one.number}, query
    assert await numbers(app, scene.worker, f"{period}&state=called_off") == {off.number}
    assert await numbers(app, scene.worker, f"{period}&state=closed") == {one.number, other.number}
    assert await numbers(app, scene.worker, f"{period}&cause=none") == {other.number}
    assert await numbers(app, scene.worker, "from=2026-09-03&to=2026-09-30") == {other.number}
    assert not await numbers(app, scene.worker, f"{period}&hour=4"), "the site's hours count, not UTC's"
    assert not await numbers(app, scene.worker, f"{period}&stage=x")


async def test_what_a_person_confirmed_goes_before_what_a_trace_names_and_a_bare_place_says_where(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    began = now() - DAY
    reactor, point = scene.reactor, scene.points["flow"]
    async with database.session() as session:
        settled, guessed, placed, odd, bare = [await happened(session, scene, began - n * DAY) for n in range(5)]
        key = f"equipment:{reactor.id}/valve.sticking"
        await explained(session, settled, fused="equipment:1/pump.seal", confirmed=key)
        await explained(session, settled, fused="equipment:1/pump.wear")
        await explained(session, guessed, fused=key, place="equipment:1")
        await explained(session, placed, place=f"point:{point.id}")
        await explained(session, odd, fused=key, confirmed="other")
    found = await asked(app, scene.worker, "")
    causes = {one["code"]: (one["count"], one["confirmed"]) for one in found["causes"]}
    pump = f"equipment:{scene.pump.id}"
    assert causes == {"valve.sticking": (2, 1), pump: (1, 0), "other": (1, 1), "": (1, 0)}
    named = {one["code"]: one for one in found["causes"]}
    assert named[pump]["name"] == f"始于{scene.pump.name}，原因不详"
    assert found["total"] == 5
    by_number = {one["number"]: one for one in (await asked(app, scene.worker, "/rows"))["incidents"]}
    assert by_number[settled.number]["confirmed"] and not by_number[guessed.number]["confirmed"]
    assert by_number[bare.number]["cause"] == ""
    async with browsing(app, scene.worker) as browser:
        page = text_of((await browser.get("/incidents/history")).text)
        listed = text_of((await browser.get("/incidents/history/rows?cause=valve.sticking")).text)
    assert "查到原因的 4 起中，3 种原因占了 100%" in page and "1 起已确认" in page
    assert "未确认" in listed and "2 起" in listed and bare.number not in listed


async def test_where_every_cause_is_known_nothing_is_said_to_be_unknown(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with database.session() as session:
        await explained(session, await happened(session, scene, now() - DAY), fused="equipment:1/pump.seal")
    async with browsing(app, scene.worker) as browser:
        page = (await browser.get("/incidents/history")).text
    assert "查到原因的 1 起中，1 种原因占了 100%" in page and "没有查到原因" not in page


@pytest.mark.parametrize(
    ("fused", "place"), [("equipment:3/valve.sticking", "point:1"), ("", "point:1"), ("", ""), ("point:2", "")]
)
async def test_the_database_names_the_same_cause_first_as_the_page_of_a_trace(
    database: Database, scene: Scene, fused: str, place: str
) -> None:
    async with database.session() as session:
        trace = await explained(session, await happened(session, scene, now()), fused=fused, place=place)
        named = await session.scalar(text("SELECT first_named FROM trace WHERE id = :id"), {"id": trace.id})
    first = first_cause(trace.result)
    assert named == (first.key if first else "")


async def test_figures_count_what_came_again_was_warned_of_and_cost_something(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    began = now() - 10 * DAY
    async with database.session() as session:
        await happened(session, scene, began - 100 * DAY)
        first = await happened(session, scene, began, injured=2, loss_yuan=500)
        again = await happened(
            session, scene, began + 2 * DAY, level="major", state="open", contained_at=None, closed_at=None
        )
        await happened(session, scene, began + 3 * DAY, kind="fire", deaths=1)
        await happened(session, scene, began + 3 * DAY, state="called_off")
        await warned_of(session, first, began - timedelta(minutes=5))
        await warned_of(session, again, again.opened_at + timedelta(minutes=1))
        await warned_of(session, again, began, judgement="false")
    found = (await asked(app, scene.worker, ""))["figures"]
    assert (found["count"], found["major"], found["again"], found["warned"]) == (3, 1, 1, 1)
    assert (found["hurt"], found["injured"], found["deaths"], found["loss_yuan"]) == (2, 2, 1, 500)
    assert (found["contain_minutes"], found["contain_of"], found["close_minutes"]) == (20, 2, 60)
    rows = {one["number"]: one for one in (await asked(app, scene.worker, "/rows"))["incidents"]}
    assert rows[again.number]["again"] and not rows[again.number]["warned"]
    assert rows[first.number]["warned"] and not rows[first.number]["again"], "the one before was too long ago"


async def test_two_periods_are_compared_and_chance_is_called_chance(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    middle = datetime(2026, 9, 1, tzinfo=SHANGHAI)
    async with database.session() as session:
        for n in range(16):
            await happened(session, scene, middle - timedelta(days=1 + n))
        for n in range(3):
            await happened(session, scene, middle + timedelta(days=1 + n), level="major")
    query = "from=2026-09-01&to=2026-09-30&against=custom&against_from=2026-08-02&against_to=2026-08-31"
    found = await asked(app, scene.worker, f"/compare?{query}")
    by_metric = {one["metric"]: one for one in found["figures"]}
    assert (by_metric["count"]["now"], by_metric["count"]["then"], by_metric["count"]["verdict"]) == (3, 16, "fewer")
    assert by_metric["major"]["verdict"] == "chance"
    assert found["incomplete"], "there are no records of the first days of August"
    async with browsing(app, scene.worker) as browser:
        page = text_of((await browser.get(f"/incidents/history/compare?{query}")).text)
        overlap = await browser.get(
            "/incidents/history/compare?from=2026-09-01&to=2026-09-30&against=custom"
            "&against_from=2026-08-01&against_to=2026-09-01"
        )
        whole = await browser.get("/incidents/history/compare?period=all")
        usual = await browser.get("/incidents/history/compare?period=month")
        of_all = await browser.get("/incidents/history?period=all")
    assert "确有减少" in page and "差异可能是偶然" in page and "这里最早的事件是" in page
    assert overlap.status_code == 422 and "两段时间不能重叠" in overlap.text and 'value="2026-08-01"' in overlap.text
    assert whole.status_code == 422 and "没有可以对比的时间" in whole.text
    assert usual.status_code == 200 and "没有减少" not in usual.text
    assert "compare?period=all" not in usual.text + of_all.text, "no link leads to what is refused"
    assert 'href="/incidents/history/compare"' in of_all.text


async def test_each_bar_opens_as_many_incidents_as_it_says(app: FastAPI, database: Database, scene: Scene) -> None:
    async with database.session() as session:
        for n in range(7):
            one = await happened(
                session, scene, now() - n * 5 * DAY, kind=("fire", "gas_leak")[n % 2], level=("major", "general")[n % 2]
            )
            if n % 3:
                await explained(session, one, fused=f"equipment:{scene.reactor.id}/valve.sticking")
    async with browsing(app, scene.worker) as browser:
        page = (await browser.get("/incidents/history")).text
        bars = re.findall(r'<a class="row history-bar" href="([^"]+)">.*?<strong>(\d+)</strong>', page, re.S)
        columns = re.findall(r'<a href="([^"]+)" aria-label="[^"]*：(\d+) 起">', page)
        cells = re.findall(r'<td class="heat-\d"><a href="([^"]+)">(\d+)</a>', page)
        assert len(bars) >= 6 and columns and cells
        assert sum(int(n) for _, n in columns) == sum(int(n) for _, n in cells) == 7
        for address, count in [*bars, *columns, *cells]:
            listed = (await browser.get(unescape(address))).text
            assert f"<h2>{count} 起</h2>" in listed, address


async def test_the_list_goes_on_where_it_stopped_even_at_the_same_moment(
    app: FastAPI, database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    monkeypatch.setattr("backend.incidents.history.pages.rows.PAGE", 2)
    began = now() - DAY
    async with database.session() as session:
        made_all = [await happened(session, scene, began) for _ in range(3)]
        made_all += [await happened(session, scene, began - DAY)]
    async with browsing(app, scene.worker) as browser:
        seen, address = [], "/incidents/history/rows?kind=gas_leak"
        while address:
            page = (await browser.get(address, headers={"HX-Request": "true", "HX-Target": "history-rows"})).text
            assert "<!DOCTYPE" not in page
            seen += re.findall(r"<span>(SJ-\d+)</span>", page)
            found = re.search(r'class="button is-quiet more" href="([^"]+)"', page)
            address = unescape(found[1]) if found else ""
    assert seen == [one.number for one in sorted(made_all, key=lambda one: (one.began_at, one.id), reverse=True)]


async def test_a_site_without_incidents_is_told_what_will_be_here(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.worker) as browser:
        for preset in ("", "?period=all"):
            page = (await browser.get(f"/incidents/history{preset}")).text
            assert "还没有发生过事件" in page and "事件结束后会留在这里" in page
    assert (await asked(app, scene.worker, "?period=all"))["period"]["since"] is None


async def test_days_that_cant_be_are_said_beside_their_field_and_kept(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.worker) as browser:
        answer = await browser.get("/incidents/history?from=0001-01-01&to=2026-11-01")
        program = await browser.get(API + "?from=x&to=2026-11-01", headers={"Accept": "application/json"})
        file = await browser.get("/incidents/history/export.csv?from=x&to=2026-11-01")
    assert answer.status_code == program.status_code == file.status_code == 422
    assert "请填写日期，2000 年以后" in answer.text and 'value="0001-01-01"' in answer.text


TRICK = '=HYPERLINK("http://evil.example","点我")'


async def test_a_csv_holds_all_rows_in_the_readers_language_and_no_formula_of_anybodys(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    began = datetime(2026, 9, 2, 9, 30, tzinfo=SHANGHAI)
    async with database.session() as session:
        one = await happened(session, scene, began, title=TRICK, title_en="-1+1", losses='"两\n行"', loss_yuan=12.5)
        await explained(session, one, fused=f"equipment:{scene.reactor.id}/valve.sticking")
        await happened(session, scene, began - DAY, level="major")
    query = "?from=2026-09-01&to=2026-09-30"
    async with browsing(app, scene.worker) as browser:
        answer = await browser.get(f"/incidents/history/export.csv{query}")
        major = await browser.get(f"/incidents/history/export.csv{query}&level=major")
    async with browsing(app, scene.worker, locale="en") as browser:
        english = (await browser.get(f"/incidents/history/export.csv{query}")).content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf") and "attachment" in answer.headers["content-disposition"]
    heads, first, second = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    row = dict(zip(heads, first, strict=True))
    assert row["名称"] == "'" + TRICK and row["编号"] == one.number and row["损失"] == '"两\n行"'
    assert row["开始时间 (Asia/Shanghai)"] == "2026-09-02 09:30:00" and row["控制用时（分钟）"] == "20.0"
    assert row["直接损失（元）"] == "12.50" and row["原因已确认"] == "否" and row["原因"]
    assert second[2] == "重大" and len(major.content.decode().strip().splitlines()) == 2
    assert "Began (Asia/Shanghai)" in english and "'-1+1" in english and "重大" not in english


async def test_a_workbook_holds_dates_as_dates_numbers_as_numbers_and_words_as_words(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    began = datetime(2026, 9, 2, 9, 30, tzinfo=SHANGHAI)
    async with database.session() as session:
        await happened(session, scene, began, title=TRICK, losses="a\x0b<b>&_x000D_", injured=3)
    async with browsing(app, scene.worker) as browser:
        answer = await browser.get("/incidents/history/export.xlsx?period=all")
    (sheet,) = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets
    heads, row = sheet.iter_rows()
    cells: dict[Any, Any] = {head.value: cell for head, cell in zip(heads, row, strict=True)}
    assert (cells["名称"].value, cells["名称"].data_type) == (TRICK, "s")
    assert cells["名称"].quotePrefix, "it stays text when it is edited"
    assert cells["开始时间 (Asia/Shanghai)"].value == datetime(2026, 9, 2, 9, 30)  # noqa: DTZ001 - cells have no zone
    assert cells["受伤人数"].value == 3
    assert cells["损失"].value == "a<b>&_x005F_x000D_"


async def test_a_file_of_more_rows_than_are_held_at_once_holds_each_once(
    app: FastAPI, database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 2)
    async with database.session() as session:
        all_of = [await happened(session, scene, now() - n * DAY) for n in range(5)]
        await explained(session, all_of[4], fused=f"equipment:{scene.reactor.id}/valve.sticking")
    async with browsing(app, scene.worker) as browser:
        file = (await browser.get("/incidents/history/export.csv")).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(file))][1:] == [one.number for one in all_of]


async def test_more_rows_than_a_file_takes_are_refused_with_what_to_do(
    app: FastAPI, database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.incidents.history.exporting.MOST_EXPORTED", 1)
    async with database.session() as session:
        for n in range(2):
            await happened(session, scene, now() - n * DAY)
    async with browsing(app, scene.worker) as browser:
        answer = await browser.get("/incidents/history/export.xlsx")
    assert answer.status_code == 422 and "请缩短时间或增加筛选条件" in answer.text


async def test_another_sites_incidents_are_neither_counted_nor_listed_nor_taken_along(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    from tests.incidents.scene import set_scene

    async with database.session() as session:
        foreign = await set_scene(session)
        one = await happened(session, foreign, now() - DAY)
        await explained(session, one, fused=f"equipment:{foreign.reactor.id}/valve.sticking")
    found = await asked(app, scene.worker, f"?equipment={foreign.reactor.id}")
    assert found["total"] == 0 and found["causes"] == []
    assert not await numbers(app, scene.worker, f"before={one.id}")
    async with browsing(app, scene.worker) as browser:
        page = (await browser.get(f"/incidents/history?equipment={foreign.reactor.id}")).text
        file = (await browser.get("/incidents/history/export.csv?period=all")).text
    assert foreign.reactor.name not in page and one.number not in file

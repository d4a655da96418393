"""Safety reports: written once when their time is over, read in both languages, printed, taken along, told."""

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.core.events import Event
from backend.core.jobs import Job
from backend.core.past import as_of
from backend.exclusions.commands import exclude
from backend.exclusions.models import RecordKind
from backend.hazards.models import Rectification
from backend.identity.models import Person, Role, Site
from backend.incidents.models import Incident
from backend.incidents.review.blocks import Reader
from backend.incidents.review.pictures import Chart, Drawn, Spark, Sparks
from backend.incidents.review.printing.shapes import Words, picture_of
from backend.lessons.models import Suggestion
from backend.operations.decisions.models import SuggestionCost
from backend.operations.reports import making
from backend.operations.reports.making import REPORT_JOB, is_time, plan_reports, write_report
from backend.operations.reports.models import Period, SafetyReport
from backend.operations.reports.periods import before, last_over, period_of
from backend.operations.reports.picturing import trends
from tests.factories import actor_for, made, make_area, make_equipment, make_person, make_site, unique
from tests.webclient import running_app, signed_in

ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = {"kind": "month", "first": "2026-10-01", "stage_id": 0, "by": None}


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def site(database: Database) -> Site:
    """A site with one incident and one late rectification in October 2026."""
    async with database.session() as session:
        site = await make_site(session)
        officer = await make_person(session, site, Role.SAFETY_OFFICER)
        await make_person(session, site, Role.LEADER)
        area = await make_area(session, site, name="氨站", name_en="Ammonia store")
        tank = await make_equipment(session, site, area)
        broke = Incident(site_id=site.id, number=unique("SJ-"), kind="gas_leak", level="significant", title="氨泄漏")
        broke.title_en, broke.equipment_id, broke.began_at = "Ammonia leak", tank.id, _at(10, 9)
        broke.state, broke.closed_at = "closed", _at(10, 10)
        await made(session, broke)
        late = Rectification(site_id=site.id, number=unique("ZG-"), title="换垫片", level="general", measure="换")
        late.owner_id, late.opened_by, late.equipment_id = officer.id, officer.id, tank.id
        late.created_at, late.deadline = _at(12, 8), _at(20, 8)
        await made(session, late)
        return site


def _at(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=ZONE)


async def written(database: Database, site: Site, **other: Any) -> SafetyReport | None:
    async with database.session() as session:
        return await write_report(session, {"site_id": site.id, **OCTOBER, **other})


async def one_of(database: Database, site: Site, role: Role) -> Person:
    async with database.session() as session:
        return await make_person(session, site, role)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(Period))
def test_every_day_lies_in_one_period_and_the_last_over_ends_where_it_begins(day: date, kind: Period) -> None:
    window = period_of(kind, day)
    assert window.first <= day < window.until
    assert period_of(kind, window.first) == period_of(kind, window.until - timedelta(days=1)) == window
    assert last_over(kind, day) == before(kind, window) and before(kind, window).until == window.first
    assert window.first.weekday() == 0 if kind is Period.WEEK else window.first.day == 1


def test_a_report_is_written_from_six_in_the_morning_of_the_site() -> None:
    assert not is_time(datetime(2026, 11, 1, 5, 59, tzinfo=ZONE)) and is_time(datetime(2026, 11, 1, 6, 0, tzinfo=ZONE))


async def test_a_month_says_what_happened_what_is_late_and_how_it_was_before(
    app: FastAPI, database: Database, site: Site
) -> None:
    report = await written(database, site)
    assert report is not None and report.until == date(2026, 11, 1)
    assert report.content["counts"]["incidents"] == {"significant": 1} and report.content["before"]["incidents"] == {}
    assert [one["zh"] for one in report.content["places"]] == ["氨站"] and report.content["places"][0]["n"] == 2
    async with signed_in(app, await one_of(database, site, Role.MANAGER)) as browser:
        page = (await browser.get(f"/safety-reports/{report.id}")).text
        assert "安全月报 2026-10" in page and "氨泄漏" in page and "换垫片" in page and "较大 1" in page
        assert "无数据" in page, "what has nothing to count says so"
        assert [one for one in report.content["days"] if any(one[1:])] == [
            ["2026-10-10", 0, 0, 1],
            ["2026-10-12", 0, 1, 0],
        ]
        assert len(report.content["days"]) == 31
        assert 'data-title="每天发生多少"' in page and ">10-12<" in page, "drawn, with its table behind"
        english = (await browser.get(f"/safety-reports/{report.id}", headers={"Accept-Language": "en"})).text
        assert "Monthly safety report 2026-10" in english and "Ammonia leak" in english
        assert 'class="stack safety-report is-big"' in (await browser.get(f"/safety-reports/{report.id}?big=1")).text
        listed = (await browser.get("/safety-reports")).text
        assert f'href="/safety-reports/{report.id}"' in listed


async def test_a_month_that_goes_on_says_how_far_it_counts_and_draws_no_day_to_come(
    app: FastAPI, database: Database, site: Site
) -> None:
    async with database.session() as session, as_of(session, datetime(2026, 10, 15, 12, 30, tzinfo=ZONE)):
        half = await write_report(session, {"site_id": site.id, **OCTOBER})
    manager = await one_of(database, site, Role.MANAGER)
    whole = await written(database, site, by=manager.id)
    assert half is not None and half.content["days"][-1] == ["2026-10-15", 0, 0, 0] and whole is not None
    async with signed_in(app, manager) as browser:
        said = (await browser.get(f"/safety-reports/{half.id}?big=1")).text
        english = (await browser.get(f"/safety-reports/{half.id}", headers={"Accept-Language": "en"})).text
        over = (await browser.get(f"/safety-reports/{whole.id}")).text
    assert "还没有结束，只数到 2026-10-15 12:30" in said and "counted until 2026-10-15 12:30" in english
    assert "还没有结束" not in over


async def test_it_is_taken_along_as_pdf_and_as_a_workbook_in_either_language(
    app: FastAPI, database: Database, site: Site
) -> None:
    report = await written(database, site)
    assert report is not None
    async with signed_in(app, await one_of(database, site, Role.SAFETY_OFFICER)) as browser:
        pdf = await browser.get(f"/safety-reports/{report.id}/pdf?language=en")
        words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
        assert pdf.headers["content-type"] == "application/pdf" and "Ammonia leak" in words
        assert re.search(r'filename="safety-month-2026-10-01-v1\.pdf"', pdf.headers["content-disposition"])
        book = await browser.get(f"/safety-reports/{report.id}/xlsx?language=zh_CN")
        assert book.content[:2] == b"PK"


def _pictured(course: list[float | None], **other: Any) -> dict[str, Any]:
    trend = [[f"2026-10-{place:02}", value] for place, value in enumerate(course, 1)]
    usual = {"code": "checkins", "value": 0.5, "n": 40, "few": "", "before": None, "target": 0.98, "weak": True}
    return {**usual, "trend": trend, **other}


def test_indicators_with_a_course_are_drawn_weak_ones_first_and_older_reports_have_none() -> None:
    reader = Reader("zh_CN", ZONE)
    steady = _pictured([1.0, 1.0], code="response", weak=False)
    _said, drawn = trends([steady, _pictured([0.4, None, 0.6])], reader)
    assert isinstance(drawn, Sparks)
    assert [cell.weak for cell in drawn.cells] == [True, False]
    assert [row.values[0] for row in drawn.cells[0].rows] == [40.0, None, 60.0]
    assert trends([_pictured([0.5])], reader) == trends([{**steady, "trend": ()}], reader) == []


@given(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=2, max_size=40), st.floats(-1e6, 1e6))
def test_whatever_is_drawn_stays_on_the_paper(values: list[float | None], target: float) -> None:
    rows = tuple(Drawn(str(n), float(n), (value,), ("",)) for n, value in enumerate(values))
    cell = Spark("名称", "50%", "目标", "/indicators/checkins", weak=True, target=target, head="日期", rows=rows)
    counts = tuple(replace(row, values=(abs(row.values[0] or 0.0),)) for row in rows)
    for block in (Sparks((cell,) * 5), Chart("每天", ("日期", "隐患"), counts)):
        picture = picture_of(block, Reader("zh_CN", ZONE))
        corners = [corner for shape in picture.shapes if not isinstance(shape, Words) for corner in shape.corners]
        assert all(-3 <= x <= 363 and -3 <= y <= picture.height + 3 for x, y in corners)


async def test_what_somebody_excluded_is_in_no_report(database: Database, site: Site) -> None:
    officer = await one_of(database, site, Role.SAFETY_OFFICER)
    async with database.session() as session:
        late = await session.scalar(select(Rectification).where(col(Rectification.site_id) == site.id))
        assert late is not None
        await exclude(session, await actor_for(session, officer), 1, [(RecordKind.RECTIFICATION, late.id)])
    report = await written(database, site)
    assert report is not None
    assert report.content["counts"]["hazards"] == {} and report.content["late"] == []
    assert [one["n"] for one in report.content["places"]] == [1]
    assert [one[2] for one in report.content["days"] if one[2]] == []


async def test_the_worker_writes_each_report_once_and_tells_who_governs(database: Database, site: Site) -> None:
    manager = await one_of(database, site, Role.MANAGER)
    first, again = await written(database, site), await written(database, site)
    assert first is not None and again is None
    async with database.session() as session:
        of_site = col(Event.site_id) == site.id, col(Event.kind) == "safety_report.written"
        (told,) = (await session.scalars(select(Event).where(*of_site))).all()
        roles = {
            one.id: one.role for one in await session.scalars(select(Person).where(col(Person.site_id) == site.id))
        }
    assert manager.id in told.data["told"] and Role.LEADER not in {roles[one] for one in told.data["told"]}


async def test_when_a_month_is_over_its_report_is_planned_and_where_nothing_happened_none_is(
    database: Database, site: Site
) -> None:
    async with database.session() as session:
        quiet = await make_site(session)
    async with database.session() as session, as_of(session, datetime(2026, 11, 1, 7, tzinfo=ZONE)):
        await plan_reports(session)
        await plan_reports(session)
    async with database.session() as session:
        jobs = await session.scalars(select(Job).where(col(Job.kind) == REPORT_JOB))
        planned = [(job.site_id, job.payload["kind"], job.payload["first"]) for job in jobs]
    assert planned.count((site.id, "month", "2026-10-01")) == 1
    assert [one for one in planned if one[0] == quiet.id] == []


async def test_written_anew_it_is_a_further_version_and_the_first_stays(
    app: FastAPI, database: Database, site: Site
) -> None:
    manager = await one_of(database, site, Role.MANAGER)
    first = await written(database, site)
    async with signed_in(app, manager) as browser:
        wrong = await browser.post("/safety-reports", data={"kind": "month", "day": "2099-01-01"})
        assert wrong.status_code == 422 and "请选择今天或以前的日期" in wrong.text
        asked = await browser.post("/safety-reports", data={"kind": "month", "day": "2026-10-15"})
        assert asked.headers["location"] == "/safety-reports?done=asked"
    second = await written(database, site, by=manager.id)
    assert first is not None and second is not None and (first.version, second.version) == (1, 2)
    async with signed_in(app, manager) as browser:
        page = (await browser.get(f"/safety-reports/{second.id}")).text
        assert "第 2 版" in page and f'href="/safety-reports/{first.id}"' in page and manager.name in page


async def test_who_is_told_is_chosen_from_those_who_may_read_it(app: FastAPI, database: Database, site: Site) -> None:
    manager, worker = await one_of(database, site, Role.MANAGER), await one_of(database, site, Role.WORKER)
    async with signed_in(app, manager) as browser:
        refused = await browser.post("/safety-reports/readers", data={"kind": "week", "people": [worker.id]})
        assert refused.status_code == 422
        await browser.post("/safety-reports/readers", data={"kind": "week", "people": [manager.id]})
    async with database.session() as session:
        assert await making.told(session, site.id, Period.WEEK) == [manager.id]
        assert len(await making.told(session, site.id, Period.MONTH)) >= 2
    async with signed_in(app, worker) as browser:
        assert (await browser.get("/safety-reports")).status_code == 403


async def test_a_report_says_what_decisions_were_to_cost_and_did(app: FastAPI, database: Database, site: Site) -> None:
    """Adopted in October, not paid; adopted in September, paid in October, dearer; paid in November: not there."""
    officer = await one_of(database, site, Role.SAFETY_OFFICER)
    async with database.session() as session:
        for name, decided, planned, spent, paid in (
            ("换阀", _at(5, 9), "8000", None, None),
            ("换泵", _at(5, 9) - timedelta(days=20), "50000", "52000.50", _at(20, 9)),
            ("换表", _at(5, 9) - timedelta(days=20), "300", "300", _at(20, 9) + timedelta(days=20)),
        ):
            one = Suggestion(
                site_id=site.id, key=name, kind="renewal", state="adopted", words=name, words_en=f"New {name}"
            )
            one.decided_at = decided
            await made(session, one)
            cost = SuggestionCost(site_id=site.id, suggestion_id=one.id, money=Decimal(planned), spent_at=paid)
            cost.spent, cost.spent_by = Decimal(spent) if spent else None, officer.id if spent else None
            await made(session, cost)
        report = await write_report(session, {**OCTOBER, "site_id": site.id})
        assert report is not None
    async with signed_in(app, officer) as browser:
        page = (await browser.get(f"/safety-reports/{report.id}")).text
    money = page.split("决策的费用")[1]
    assert "2 项决定，计划 58,000.00 元，实际已花 52,000.50 元" in money
    assert "换阀" in money and "换泵" in money and "换表" not in money and officer.name in money

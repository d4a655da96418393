"""The page of adoption: what is assessed, whom it names, what it advises; how weights change it."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from backend.checkins.models import CheckIn
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Invalid
from backend.feedback import commands as feedback
from backend.feedback.draft import Draft
from backend.hazards.reports.models import HazardReport
from backend.identity.models import AuditEntry, LoginSession, Team
from backend.operations.adoption import queries
from backend.operations.adoption.advising import Phones, Use, What, advise
from backend.operations.adoption.assessing import FACTORS, Level, Rule, assess, check_rule
from backend.operations.adoption.commands import set_rule
from backend.operations.adoption.overview import overview
from backend.operations.adoption.queries import weeks_of
from backend.operations.indicators.figures import Figure, Sums, share
from backend.operations.indicators.overview import figure_of
from backend.operations.indicators.queries.reading import WHOLE
from backend.operations.indicators.rolling import roll_up
from tests.factories import made
from tests.hazards.browsing import browsing, chinese
from tests.incidents.scene import Scene
from tests.incidents.test_pages import text_of
from tests.operations.seen import SHANGHAI, joined, seen

_shares = st.none() | st.tuples(st.integers(0, 50), st.integers(1, 50)).map(lambda one: (min(one), max(one)))


def figure(counted: int, base: int) -> Figure:
    return share(Sums(base, counted, base))


def shown(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:2000]
    return answer.text


def test_a_factor_without_data_gives_its_weight_to_the_others() -> None:
    found = assess(Rule(), {"active": figure(9, 10), "answered": figure(1, 2), "clean_entries": figure(0, 0)})
    assert found.score == pytest.approx(0.80) and found.level == Level.GOOD
    assert [round(part.counts) for part in found.parts] == [75, 0, 25]
    assert assess(Rule(), {}).level is None
    whole = {"active": figure(1, 2), "clean_entries": figure(9, 10), "answered": figure(1, 1)}
    assert assess(Rule(), whole).score == pytest.approx(0.68) and assess(Rule(), whole).level == Level.FAIR


@given(st.tuples(_shares, _shares, _shares), st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_a_score_lies_between_its_factors(counted: tuple[Any, Any, Any], cut: tuple[int, int]) -> None:
    first, second = sorted(cut)
    rule = Rule(dict(zip(FACTORS, (first, second - first, 100 - second), strict=True)))
    figures = {code: figure(*one) for code, one in zip(FACTORS, counted, strict=True) if one}
    found = assess(rule, figures)
    weighed = [one.value or 0.0 for code, one in figures.items() if rule.weights[code]]
    if not weighed:
        assert found.score is None
        return
    assert found.score is not None
    assert min(weighed) - 1e-9 <= found.score <= max(weighed) + 1e-9
    assert sum(part.counts for part in found.parts) == pytest.approx(100)


@pytest.mark.parametrize(
    ("weights", "good", "fair", "wrong"),
    [
        ((60, 20, 21), 80, 60, {"weight_active"}),
        ((60, None, 40), 80, 60, {"weight_clean_entries"}),
        ((60, 20, 20), 60, 60, {"good"}),
        ((101, 0, 0), 80, 0, {"weight_active", "good"}),
    ],
)
def test_weights_that_do_not_add_up_are_refused_beside_their_field(
    weights: tuple[int, ...], good: int, fair: int, wrong: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        check_rule(dict(zip(FACTORS, weights, strict=True)), good, fair)
    assert set(refused.value.fields) == wrong


def test_advice_names_the_team_that_lies_behind_the_role_without_phones_and_the_unclear_page() -> None:
    teams = [Use("1", "甲班", "A", 36, 40), Use("2", "乙班", "B", 8, 20), Use("3", "丙班", "C", 0, 4)]
    phones = [Phones("worker", 20, 8), Phones("leader", 2, 0), Phones("manager", 3, 3)]
    found = advise(teams, phones, [("/alarms/…", 3), ("/tasks", 1)], late=2, waiting=5)
    assert [(one.what, one.key, one.n, one.of) for one in found] == [
        (What.ANSWER, "", 2, 5),
        (What.VISIT_TEAM, "2", 8, 20),
        (What.GIVE_PHONES, "worker", 12, 20),
        (What.EXPLAIN_PAGE, "/alarms/…", 3, 4),
    ], "four weeks of one person say nothing of a team, two leaders nothing of a role"
    assert advise([Use("1", "甲班", "A", 40, 40), Use("2", "乙班", "B", 33, 40)], [], [("/", 1)], 0, 0) == []


def test_weeks_are_whole_and_end_before_the_one_of_today() -> None:
    window = weeks_of(date(2026, 11, 29), 4)
    assert (window.first, window.until) == (date(2026, 10, 26), date(2026, 11, 23))
    assert weeks_of(date(2026, 11, 30), 4).until == date(2026, 11, 30)


async def _used(database: Database, scene: Scene) -> None:
    """Five whole weeks in which the first team came every week, the second once, managers never."""
    today = now().astimezone(SHANGHAI).date()
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(days=7 * n) for n in range(1, 6)]
    await joined(database, scene, monday - timedelta(days=70))
    await seen(
        database,
        scene,
        {"worker": weeks, "leader": [day + timedelta(days=6) for day in weeks], "stranger": weeks[-1:]},
    )
    async with database.session() as session:
        await roll_up(session, scene.site.id)


async def test_the_page_and_the_indicator_count_the_same(database: Database, scene: Scene) -> None:
    await _used(database, scene)
    async with database.session() as session:
        found = await overview(session, scene.manager)
        same = await figure_of(session, scene.manager, WHOLE, found.judged, "active")
        own = await overview(session, scene.leader)
    assert (same.counted, same.base) == (8, 28), "four weeks of seven people: two came each week"
    assert found.assessment.parts[0].figure == same
    assert sum(one.base for _, one in found.roles) == sum(one.base for _, one in found.teams) == 28
    assert [one.base for _, one, _ in found.trend][-5:] == [7, 7, 7, 7, 7] and found.trend[0][1].value is None
    assert (own.assessment.parts[0].figure or same).base == 8, "a leader sees their own team"
    assert {one.id for one in found.unused} == {
        scene.people[name].person_id for name in ("stranger", "rival", "manager", "officer", "admin")
    }
    assert own.unused == [] and own.unused_all == 0


async def test_a_new_site_is_told_when_there_will_be_something(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.manager) as browser:
        page = text_of(shown(await browser.get("/adoption")))
    assert "还没有可以评估的数据" in page and "还没有一个整周" in page and "无数据" in page


async def test_it_says_how_well_it_is_used_by_whom_and_what_to_do(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await _used(database, scene)
    async with database.session() as session:
        for words in ("这图看不懂", "还是看不懂"):
            await feedback.give(session, scene.worker, Draft("unclear", words, page="/alarms/7"))
        phone = "Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari/537.36"
        of = {"site_id": scene.site.id, "csrf_token": "", "expires_at": now() + timedelta(days=1)}
        for name in ("worker", "leader"):
            person = scene.people[name].person_id
            await made(session, LoginSession(**of, token_hash=f"{person}", person_id=person, device=phone))
    async with browsing(app, scene.manager) as browser:
        assert 'href="/adoption"' in shown(await browser.get("/operations"))
        page = shown(await browser.get("/adoption"))
        words = text_of(page)
        assert "28.6" in words and "差" in words and "8 ÷ 28" in words
        assert "计 100%" in words, "feedback isn't due yet, so that use alone counts"
        assert "/alarms/…" in words and "看不懂" in words
        visited = page.split('href="/indicators/adoption/rows?period=30d&amp;scope=team-')[1].split("&")[0]
        assert visited.isdecimal()
        rows = await browser.get(f"/indicators/adoption/rows?period=30d&scope=team-{visited}&counted=no")
        assert "这一周没用过" in text_of(shown(rows))
        assert f'href="/people/{scene.stranger.person_id}"' in page
        assert "应用率" in text_of(shown(await browser.get("/indicators")))
        assert "按期答复的反馈" in text_of(shown(await browser.get("/indicators/adoption")))
    async with browsing(app, scene.leader) as browser:
        page = shown(await browser.get("/adoption"))
        assert f'href="/people/{scene.stranger.person_id}"' not in page, "of another team"
        assert "/feedback/all" not in page and "改权重" not in page
    async with browsing(app, scene.worker) as browser:
        assert (await browser.get("/adoption")).status_code == 403
    async with browsing(app, scene.manager, locale="en") as browser:
        page = text_of(shown(await browser.get("/adoption")).split("<main")[1].split("</main>")[0])
        assert "Adoption assessment" in page
        teams = {row[0].name for row in await _teams(database, scene)}
        people = {one.name for one in scene.people.values()}
        for name in teams | people:
            page = page.replace(name, "")
        assert not chinese(page), chinese(page)


async def _teams(database: Database, scene: Scene) -> Any:
    async with database.session() as session:
        return (await session.execute(select(Team).where(col(Team.site_id) == scene.site.id))).all()


async def test_entries_are_counted_with_what_phones_kept_until_they_had_a_network(
    database: Database, scene: Scene
) -> None:
    judged = weeks_of(now().astimezone(SHANGHAI).date(), 4)
    at = judged.bounds(SHANGHAI)[0] + timedelta(days=3)
    of: dict[str, Any] = {"site_id": scene.site.id, "equipment_id": scene.pump.id}
    async with database.session() as session:
        for later in (timedelta(), timedelta(hours=2)):
            one = CheckIn(**of, person_id=scene.worker.person_id, at=at, created_at=at + later)
            await made(session, one)
        await made(session, CheckIn(**of, person_id=scene.stranger.person_id, at=at, created_at=at))
        report = HazardReport(**of, number="SB-1", factor="object", level="low", reporter_id=scene.worker.person_id)
        report.created_at, report.captured_at = at, at - timedelta(hours=1)
        await made(session, report)
        found = await queries.entries(session, scene.manager, judged)
        own = await queries.entries(session, scene.leader, judged)
    assert [(one.kind, one.made, one.later, one.people) for one in found] == [("checkin", 3, 1, 2), ("report", 1, 1, 1)]
    assert {(one.kind, one.made) for one in own} == {("checkin", 2), ("report", 1)}


async def test_weights_change_with_a_reason_leave_a_version_and_never_overwrite_another_s(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    typed = {"weight_active": "50", "weight_clean_entries": "25", "weight_answered": "25", "good": "85", "fair": "60"}
    async with browsing(app, scene.manager) as browser:
        refused = await browser.post("/adoption/rule", data={**typed, "seen": "0"})
        assert refused.status_code == 422 and "请写明原因" in refused.text and 'value="85"' in refused.text
        assert (
            await browser.post("/adoption/rule", data={**typed, "reason": "先看用", "seen": "0"})
        ).status_code == 303
        stale = await browser.post("/adoption/rule", data={**typed, "reason": "又改", "seen": "0"})
        assert stale.status_code == 409 and "刚才有人改了权重" in stale.text
        page = text_of(shown(await browser.get("/adoption?done=rule")))
        assert "第 1 版" in page and "先看用" in page and "85 分起为好" in page
    async with database.session() as session:
        assert (await queries.rule_of(session, scene.manager)).weights == dict(zip(FACTORS, (50, 25, 25), strict=True))
        with pytest.raises(Conflict):
            await set_rule(session, scene.officer, Rule(), "x", seen=0)
        noted = select(AuditEntry).where(
            col(AuditEntry.site_id) == scene.site.id, col(AuditEntry.action) == "adoption.rule"
        )
        assert (await session.scalars(noted)).one().change["weights"][1].startswith("50 % / 25 % / 25 %")
    async with browsing(app, scene.leader) as browser:
        assert (await browser.post("/adoption/rule", data={**typed, "reason": "x"})).status_code == 403

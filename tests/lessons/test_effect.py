"""What came of an adopted suggestion: told from chance, beside places without the change, at its time."""

import random
from datetime import timedelta

import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.reports.models import HazardReport
from backend.lessons import measuring
from backend.lessons.effect import Counts, Verdict, judge
from backend.lessons.models import Suggestion
from tests.factories import made, unique
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing, text_of
from tests.lessons.past import incident, looked

_events = st.integers(0, 60)


def happened(rate_per_day: float, days: float, random_: random.Random) -> int:
    """A Poisson number of events."""
    count, at = 0, random_.expovariate(rate_per_day)
    while at < days:
        count, at = count + 1, at + random_.expovariate(rate_per_day)
    return count


@settings(deadline=None)
@given(_events, _events, st.floats(0, 29.9))
def test_before_thirty_days_it_is_always_too_early(before: int, after: int, days: float) -> None:
    assert judge(Counts(before, after, 90, days)) is Verdict.TOO_EARLY


@settings(deadline=None)
@given(_events, _events, st.sampled_from((30, 60, 90)))
def test_more_events_after_never_make_a_better_verdict(before: int, after: int, days: int) -> None:
    order = [Verdict.WORKED, Verdict.TOO_EARLY, Verdict.NO_CHANGE, Verdict.WORSE]
    first, second = (judge(Counts(before, count, 90, days)) for count in (after, after + 1))
    rank = {verdict: place for place, verdict in enumerate(order)}
    rank[Verdict.TOO_EARLY] = rank[Verdict.NO_CHANGE]
    assert rank[first] <= rank[second]


def test_where_nothing_changed_hardly_anything_is_claimed_and_a_real_change_is_seen() -> None:
    random_ = random.Random(11)
    same = [judge(Counts(happened(0.3, 90, random_), happened(0.3, 90, random_), 90, 90)) for _ in range(400)]
    assert sum(one in {Verdict.WORKED, Verdict.WORSE} for one in same) / len(same) <= 0.1
    better = [judge(Counts(happened(0.4, 90, random_), happened(0.1, 90, random_), 90, 90)) for _ in range(200)]
    assert better.count(Verdict.WORKED) / len(better) >= 0.9
    worse = [judge(Counts(happened(0.1, 90, random_), happened(0.4, 90, random_), 90, 90)) for _ in range(200)]
    assert worse.count(Verdict.WORSE) / len(worse) >= 0.9


def test_what_became_fewer_everywhere_is_no_merit_of_the_change() -> None:
    assert judge(Counts(40, 15, 90, 90)) is Verdict.WORKED
    assert judge(Counts(40, 15, 90, 90, elsewhere=(80, 30))) is Verdict.NO_CHANGE
    assert judge(Counts(40, 15, 90, 90, elsewhere=(80, 78))) is Verdict.WORKED


def test_with_too_few_events_before_it_stays_too_early() -> None:
    assert judge(Counts(2, 0, 90, 90)) is Verdict.TOO_EARLY


async def test_the_page_says_too_early_and_later_what_changed(
    app: FastAPI, database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted = now()
    async with database.session() as session:
        for n in range(30):
            await incident(session, scene, adopted - timedelta(days=3 * n + 1), kind="fire", equipment_id=scene.pump.id)
            await incident(
                session, scene, adopted + timedelta(days=3 * n + 1), kind="fire", equipment_id=scene.reactor.id
            )
            await incident(
                session, scene, adopted - timedelta(days=3 * n + 2), kind="fire", equipment_id=scene.reactor.id
            )
        one = Suggestion(site_id=scene.site.id, key="a", kind="measure", words="换泵密封", words_en="Renew the seal")
        one.state, one.decided_at, one.decided_by = "adopted", adopted, scene.officer.person_id
        one.watch = {"equipment": str(scene.pump.id), "kind": "incident.fire"}
        one = await made(session, one)

    async def shown() -> str:
        await looked(database, scene)
        async with browsing(app, scene.leader) as browser:
            return text_of((await browser.get(f"/lessons/suggestions/{one.id}")).text)

    page = await shown()
    known = (adopted + timedelta(days=30)).astimezone(scene.leader.zone)
    assert "还太早" in page and f"{known.month}月{known.day}日起才能看出" in page
    monkeypatch.setattr(measuring, "now", lambda: adopted + timedelta(days=61))
    page = await shown()
    assert "采纳后 60 天 见效" in page and "采纳前 89 天 30 次，采纳后 0 次" in page
    assert "没有改动的地方同期 30 次变为 20 次" in page and "采纳后 90 天" not in page
    assert "采纳前计入的记录" in page and "采纳后计入的记录" not in page, "there was none"
    monkeypatch.setattr(measuring, "now", lambda: adopted + timedelta(days=91))
    assert "采纳后 90 天 见效" in await shown()


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "words"),
    [(30, 0, 20, "见效"), (20, 7, 0, "没有变化"), (4, 20, 20, "变差了"), (2, 0, 0, "还太早")],
)
async def test_each_verdict_is_shown_with_bars_around_the_change_and_the_records_counted(
    app: FastAPI,
    database: Database,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    after: int,
    elsewhere: int,
    words: str,
) -> None:
    adopted = now()
    async with database.session() as session:
        pump, reactor = ({"kind": "fire", "equipment_id": unit.id} for unit in (scene.pump, scene.reactor))
        for n in range(before):
            await incident(session, scene, adopted - timedelta(days=85 / before * n + 1), **pump)
        later = [
            await incident(session, scene, adopted + timedelta(days=28 / after * n + 1), **pump) for n in range(after)
        ]
        for n in range(elsewhere):
            await incident(session, scene, adopted - timedelta(days=4 * n + 2), **reactor)
            await incident(session, scene, adopted + timedelta(days=n + 1), **reactor)
        await incident(session, scene, adopted - timedelta(days=89), kind="other")
        one = Suggestion(site_id=scene.site.id, key=words, kind="check_item", words="看密封", words_en="Look")
        one.state, one.decided_at, one.decided_by = "adopted", adopted, scene.officer.person_id
        one.watch = {"equipment": str(scene.pump.id), "sort": "incident,alarm"}
        one = await made(session, one)
    monkeypatch.setattr(measuring, "now", lambda: adopted + timedelta(days=31))
    await looked(database, scene)
    async with browsing(app, scene.leader) as browser:
        page = (await browser.get(f"/lessons/suggestions/{one.id}")).text
        told = (await browser.get(f"/api/v1/lessons/suggestions/{one.id}/effect")).json()["effect"]["done"]
    assert f"采纳后 30 天 {words}" in text_of(page)
    assert page.count('class="is-after"') == 2 and page.count('class="is-before"') == 5 and "effect-change" in page
    assert (told[0]["before"], told[0]["after"]) == (before, after)
    assert all(f'href="/incidents/{each.id}"' in page for each in later)


async def test_what_people_find_by_looking_closer_is_no_failure_of_a_check_item(
    database: Database, scene: Scene
) -> None:
    adopted = now() - timedelta(days=40)
    async with database.session() as session:
        reports = [HazardReport(site_id=scene.site.id, number=unique("YH-"), details="渗油") for _ in range(3)]
        for report in reports:
            report.equipment_id, report.reporter_id = scene.pump.id, scene.worker.person_id
            report.level, report.state, report.factor = "general", "accepted", "equipment"
            await made(session, report)
        await incident(session, scene, adopted - timedelta(days=9), kind="fire", equipment_id=scene.pump.id)
        one = Suggestion(site_id=scene.site.id, key="a", kind="check_item", words="看密封", words_en="Look")
        one.state, one.decided_at, one.decided_by = "adopted", adopted, scene.officer.person_id
        one.watch = {"equipment": str(scene.pump.id), "sort": "incident,alarm"}
        one = await made(session, one)
    await looked(database, scene)
    async with database.session() as session:
        counted = (await session.get_one(Suggestion, one.id)).effect[0]
    assert (counted["before"], counted["after"]) == (1, 0)

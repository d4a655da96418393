"""The incident that a demo site has behind it is made of a recorded fault by the code of any plant."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.core.database import Database
from backend.core.jobs import Job
from backend.incidents.models import Disposal, Incident
from backend.incidents.review.making import watch_reviews
from backend.incidents.review.models import IncidentReview
from backend.incidents.watching import watch_outbreaks
from backend.starter.demo import load_demo
from backend.starter.living import course
from backend.starter.pack import PACKS, Pack, read_pack
from backend.starter.runs import read_run
from backend.starter.story import DeedSpec, StorySpec, story_faults
from backend.tracing.models import TraceCheck

_PACK = read_pack(PACKS / "tep")
_PEOPLE = {one.account for one in _PACK.people}
_EQUIPMENT = {one.code for one in _PACK.equipment}


@pytest.fixture(scope="module", autouse=True)
async def _loaded(database_url: str, tep: Pack) -> AsyncIterator[None]:
    database = Database(database_url, pool_size=1)
    async with database.session() as session:
        await load_demo(session, tep, "a demo password")
    yield
    await database.close()


async def _one(database: Database) -> Incident:
    async with database.session() as session:
        return (await session.scalars(select(Incident))).one()


async def _report(database: Database) -> IncidentReview:
    async with database.session() as session:
        newest = select(IncidentReview).order_by(col(IncidentReview.version).desc()).limit(1)
        return (await session.scalars(newest)).one()


async def test_it_is_closed_and_its_report_names_the_lost_feed_in_both_languages(database: Database) -> None:
    incident, report = await _one(database), await _report(database)
    assert (incident.state, incident.kind, incident.level) == ("closed", "equipment_failure", "significant")
    assert report.content["root"]["probability"] > 0.5
    assert report.content["root"]["name"] == {"zh": "A 进料：供料中断", "en": "A feed: Supply lost"}
    assert report.content["warning"]["lead_s"] > 20 * 60
    assert report.content["courses"]["cells"]
    assert report.content["effects"]


async def test_nobody_is_asked_anything_of_it_any_more(database: Database) -> None:
    async with database.session() as session:
        asked = (await session.scalars(select(TraceCheck))).all()
    assert len(asked) >= 2 and all(one.answer for one in asked)


async def test_all_of_it_bears_the_moment_it_is_of(database: Database) -> None:
    incident = await _one(database)
    async with database.session() as session:
        lines: Sequence[Disposal] = (await session.scalars(select(Disposal).order_by(col(Disposal.id)))).all()
        alarms = (await session.scalars(select(Alarm))).all()
        events = (await session.execute(text("SELECT min(at), max(at) FROM event"))).one()
    assert now() - timedelta(hours=47) < incident.began_at < incident.opened_at < lines[1].received_at
    assert [line.received_at for line in lines] == sorted(line.received_at for line in lines)
    assert lines[-1].received_at == incident.closed_at and incident.closed_at < now() - timedelta(hours=20)
    assert alarms and all(alarm.state == "closed" and alarm.closed_at for alarm in alarms)
    assert incident.began_at <= events[0] <= events[1] <= incident.closed_at


async def test_a_worker_that_starts_after_it_does_nothing_of_it_again(database: Database) -> None:
    before = await _report(database)
    async with database.session() as session:
        assert (await session.scalars(select(Job).where(col(Job.status) == "queued"))).all() == []
        assert await watch_outbreaks(session) == 0
        await watch_reviews(session)
    async with database.session() as session:
        assert len((await session.scalars(select(Incident))).all()) == 1
    assert (await _report(database)).version == before.version


def test_what_happens_comes_in_the_order_of_time_up_to_the_site_s_present() -> None:
    until = now() - timedelta(hours=24)
    began = until - timedelta(hours=22)
    fault, normal = (read_run(PACKS / "tep", _PACK, number) for number in (6, 0))
    moments = list(course(_PACK.story, _PACK.row_s, began, fault, normal, until=until))
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert moments[-1].at < until
    rows = [moment for moment in moments if moment.values is not None]
    story = _PACK.story
    assert len(rows) == story.normal_rows + story.fault_rows + story.restart_rows
    assert rows[story.normal_rows].at == began
    assert rows[story.normal_rows].values == fault.rows[fault.spec.fault_row or 0]


@given(st.data())
def test_a_story_that_nobody_could_live_is_refused(data: st.DataObject) -> None:
    deeds = list(_PACK.story.deeds)
    at = data.draw(st.integers(0, len(deeds) - 1))
    wrong: list[DeedSpec] = [
        msgspec.structs.replace(deeds[at], account="nobody"),
        msgspec.structs.replace(deeds[at], row=-1.0),
        msgspec.structs.replace(deeds[at], does="report", equipment="NOWHERE"),
        msgspec.structs.replace(deeds[at], does="log", deed="sleep"),
    ]
    deeds[at] = data.draw(st.sampled_from(wrong))
    assert list(_faults(msgspec.structs.replace(_PACK.story, deeds=deeds)))
    assert list(_faults(_PACK.story)) == []


def _faults(story: StorySpec) -> list[str]:
    return list(story_faults(story, accounts=_PEOPLE, equipment=_EQUIPMENT))

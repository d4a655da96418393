"""The report of a closed incident: made by itself, from what is known, in versions, in both languages."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, NotFound
from backend.core.jobs import Job
from backend.incidents.commands import Ending, close, contain, log_disposal
from backend.incidents.models import Incident, IncidentTrend
from backend.incidents.recording import Said
from backend.incidents.review.commands import remark
from backend.incidents.review.making import keep_forecasts, review_incident, watch_reviews
from backend.incidents.review.models import REVIEW_JOB, IncidentForecast, IncidentReview
from backend.telemetry.models import Reading
from backend.telemetry.partitions import ensure_partitions
from backend.tracing.models import Trace
from tests.factories import made
from tests.incidents.review_scene import told_trace
from tests.incidents.scene import Scene, incidents, raised, tapped, watched
from tests.incidents.test_pages import browsing


async def burnt(database: Database, scene: Scene) -> Incident:
    """A flood at the reactor that is traced to the pump, while the worker vented and the pressure fell, closed with
    losses."""
    await raised(database, scene, warning=True)
    await raised(database, scene, "temperature", level=Level.MAJOR)
    await watched(database)
    [incident] = await incidents(database, scene)
    await told_trace(database, scene, incident)
    async with database.session() as session:
        await keep_forecasts(session, incident.id)
    vented = now() - timedelta(minutes=2)
    await fall(database, scene, vented)
    async with database.session(site_id=scene.site.id) as session:
        await session.merge(trend_of(scene, incident))
        said = Said("已开放空阀 <3>", captured_at=vented)
        await log_disposal(session, scene.worker, incident.id, "relieve", said)
        await contain(session, scene.leader, incident.id, Said())
    async with database.session(site_id=scene.site.id) as session:
        ending = Ending("密封损坏", None, 1, 0)
        await close(session, scene.manager, incident.id, ending, Said())
    return incident


def trend_of(scene: Scene, incident: Incident) -> IncidentTrend:
    pressure = scene.points["pressure"].id
    moments = {"since": now() - timedelta(minutes=15), "until": now()}
    return IncidentTrend(
        site_id=scene.site.id, incident_id=incident.id, point_id=pressure, nearness="sign", position=0, **moments
    )


async def fall(database: Database, scene: Scene, vented: datetime) -> None:
    """The pressure is at 8 until somebody vents, and at 5 after."""
    async with database.session() as session:
        await ensure_partitions(session, [(vented - timedelta(days=n)).date() for n in (0, 1)])
        for seconds in range(-300, 100, 10):
            at = vented + timedelta(seconds=seconds)
            value = (8.0 if seconds < 0 else 5.0) + 0.01 * (seconds % 20)
            reading = Reading(site_id=scene.site.id, point_id=scene.points["pressure"].id, at=at, value=value)
            await made(session, reading)


async def versions(database: Database, incident: Incident) -> Sequence[IncidentReview]:
    async with database.session() as session:
        wanted = select(IncidentReview).where(col(IncidentReview.incident_id) == incident.id)
        return (await session.scalars(wanted.order_by(col(IncidentReview.version)))).all()


async def reviewed(database: Database, incident: Incident) -> dict[str, Any]:
    """The worker's jobs are done; gives what the newest version holds."""
    async with database.session() as session:
        await review_incident(session, incident.id)
    return (await versions(database, incident))[-1].content


async def test_closing_asks_for_the_report_at_once_and_again_when_the_readings_after_it_are_there(
    database: Database, scene: Scene
) -> None:
    incident = await burnt(database, scene)
    async with database.session() as session:
        while await watch_reviews(session):
            pass
        jobs = (await session.scalars(select(Job).where(col(Job.kind) == REVIEW_JOB).order_by(col(Job.due_at)))).all()
    mine = [job for job in jobs if job.payload["incident_id"] == incident.id]
    assert mine[0].due_at <= now() and now() < mine[-1].due_at < now() + timedelta(minutes=11)


async def test_the_report_tells_the_root_the_scope_the_warning_the_effect_and_the_losses(
    database: Database, scene: Scene
) -> None:
    incident = await burnt(database, scene)
    content = await reviewed(database, incident)
    assert content["root"]["key"] == f"equipment:{scene.pump.id}" and content["root"]["supports"]
    assert content["root"]["name"]["zh"] == scene.pump.name
    assert content["warning"]["lead_s"] >= 0
    assert {one["what"] for one in content["timeline"]} >= {"warning", "alarm", "opened", "relieve", "closed"}
    [effect] = content["effects"]
    assert effect["words"] == "已开放空阀 <3>"
    [moved] = effect["changes"]
    assert moved["moved"] == "fell" and moved["before"] == pytest.approx(8, abs=0.2)
    assert content["accident"] == {
        "class": "ordinary",
        "deaths": 0,
        "injured": 1,
        "loss_yuan": None,
        "losses": "密封损坏",
    }
    assert content["courses"]["cells"][str(scene.points["pressure"].id)]["mean"]
    outcomes = {one["equipment_id"]: one["outcome"] for one in content["scope"]["equipment"]}
    assert outcomes[scene.reactor.id] == "before", "it had alarmed before the first trace was made"
    assert datetime.fromisoformat(content["scope"]["first_told_at"]) >= incident.began_at


async def test_what_was_foretold_while_it_went_on_is_kept_as_it_was_first_said(
    database: Database, scene: Scene
) -> None:
    await raised(database, scene, "flow", level=Level.MAJOR)
    await watched(database)
    [incident] = await incidents(database, scene)
    await told_trace(database, scene, incident)
    async with database.session() as session:
        await keep_forecasts(session, incident.id)
    await told_trace(database, scene, incident, arrives_in=timedelta(hours=5))
    async with database.session() as session:
        await keep_forecasts(session, incident.id)
        kept = select(IncidentForecast).where(col(IncidentForecast.incident_id) == incident.id)
        [forecast] = (await session.scalars(kept)).all()
    assert forecast.equipment_id == scene.reactor.id
    assert forecast.arrival_at - forecast.foretold_at < timedelta(hours=1)


async def test_a_report_is_written_anew_only_when_there_is_more_to_say(database: Database, scene: Scene) -> None:
    incident = await burnt(database, scene)
    await reviewed(database, incident)
    await reviewed(database, incident)
    assert len(await versions(database, incident)) == 1
    async with database.session(site_id=scene.site.id) as session:
        await remark(session, scene.leader, incident.id, "阀门已送检", 1)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        trace.confirmed_node, trace.confirmation_note = f"equipment:{scene.reactor.id}", "看见裂口"
        trace.confirmed_by = scene.leader.person_id
    content = await reviewed(database, incident)
    assert content["root"]["confirmed"] and content["root"]["name"]["zh"] == scene.reactor.name
    kept = await versions(database, incident)
    assert [(one.version, one.remarks, one.author_id) for one in kept] == [
        (1, "", None),
        (2, "阀门已送检", scene.leader.person_id),
        (3, "阀门已送检", None),
    ]


async def test_one_that_goes_on_has_no_report(database: Database, scene: Scene) -> None:
    incident = await tapped(database, scene.worker, scene)
    async with database.session() as session:
        await review_incident(session, incident.id)
    assert not await versions(database, incident)


async def test_remarks_are_a_version_each_and_a_stale_page_overwrites_nothing(database: Database, scene: Scene) -> None:
    incident = await burnt(database, scene)
    await reviewed(database, incident)
    async with database.session(site_id=scene.site.id) as session:
        await remark(session, scene.leader, incident.id, "一", 1, "key")
        again = await remark(session, scene.leader, incident.id, "一", 1, "key")
        assert again.version == 2
        with pytest.raises(Conflict):
            await remark(session, scene.manager, incident.id, "二", 1)
        with pytest.raises(Forbidden):
            await remark(session, scene.worker, incident.id, "三", 2)
        open_one = await tapped(database, scene.worker, scene, apart=True)
        with pytest.raises(NotFound):
            await remark(session, scene.leader, open_one.id, "四", None)
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(text("UPDATE incident_review SET remarks = ''"))


async def test_one_like_it_of_before_is_named_with_why(database: Database, scene: Scene) -> None:
    before = await tapped(database, scene.worker, scene)
    async with database.session(site_id=scene.site.id) as session:
        await contain(session, scene.leader, before.id, Said())
    async with database.session(site_id=scene.site.id) as session:
        await close(session, scene.manager, before.id, Ending(), Said())
    incident = await tapped(database, scene.worker, scene)
    async with database.session(site_id=scene.site.id) as session:
        await contain(session, scene.leader, incident.id, Said())
    async with database.session(site_id=scene.site.id) as session:
        await close(session, scene.manager, incident.id, Ending(), Said())
    content = await reviewed(database, incident)
    [one] = content["similar"]
    assert one["number"] == before.number and {"equipment", "kind"} <= set(one["common"])


async def test_the_page_reads_in_both_languages_and_is_remarked(app: FastAPI, database: Database, scene: Scene) -> None:
    incident = await burnt(database, scene)
    here = f"/incidents/{incident.id}/review"
    async with browsing(app, scene.leader) as leader:
        assert "还没有复盘报告" in (await leader.get(here)).text
        await reviewed(database, incident)
        page = (await leader.get(here)).text
        for words in ("根源和证据", "影响范围：预测和实际", "一般事故", "国务院令第 493 号", "密封损坏", "下降"):
            assert words in page, words
        assert "已开放空阀 &lt;3&gt;" in page and "<svg" in page
        assert here in (await leader.get(f"/incidents/{incident.id}")).text
        answer = await leader.post(f"{here}/remarks", data={"words": "要换密封", "version": "1"})
        assert answer.status_code == 303 and "要换密封" in (await leader.get(answer.headers["location"])).text
        stale = await leader.post(f"{here}/remarks", data={"words": "我的话", "version": "1"})
        assert stale.status_code == 409 and "我的话" in stale.text and "报告刚才有了新的一版" in stale.text
        assert "要换密封" not in (await leader.get(f"{here}?version=1")).text
        assert (await leader.get(f"{here}?version=9")).status_code == 404
    async with browsing(app, scene.worker, locale="en") as worker:
        english = (await worker.get(here)).text
        assert "Root cause and evidence" in english and "decree 493" in english and "Ordinary accident" in english
        assert 'name="words"' not in re.sub(r"(?s)<header.*?</header>", "", english), "a worker writes no remarks"
        assert (await worker.get(f"/api/v1{here}")).json()["content"]["accident"]["class"] == "ordinary"

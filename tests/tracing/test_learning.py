"""The engine learns from people: a corrected root changes the next ranking, going back restores it, history judges."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import Alarm, AlarmGroup
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.jobs import Job, run_job
from backend.identity.models import AuditEntry, Role
from backend.telemetry.partitions import ensure_partitions
from backend.tracing.commands import confirm_cause
from backend.tracing.gathering import Material, Span, alarms_of_group, gather_for
from backend.tracing.making import explain, make_trace
from backend.tracing.models import Trace
from backend.tracing.versions.active import active_model, similar
from backend.tracing.versions.commands import activate_version, ask_replay, learn_waiting, set_learning
from backend.tracing.versions.learning import learn_from
from backend.tracing.versions.models import REPLAY_JOB, Because, ReplayState, TraceCase, TraceModel, TraceReplay
from backend.tracing.versions.queries import overview, similar_to, trial
from tests.factories import made
from tests.tracing.conftest import Troubled, disturb, made_trace, trouble
from workers.handlers import HANDLERS

EARLIER = timedelta(hours=2)


async def confirm(database: Database, found: Troubled, trace: Trace, node: str, note: str = "") -> None:
    async with database.session(site_id=found.site.id) as session:
        await confirm_cause(session, found.actors[Role.LEADER], trace.id, node=node, note=note)


async def again(database: Database, found: Troubled) -> int:
    """The same fault once more: what was so far lies two hours back; gives the group of the new alarm."""
    async with database.session() as session:
        await ensure_partitions(session, {(now() - EARLIER).date(), now().date()})
        for statement in (
            "UPDATE reading SET at = at - CAST(:by AS interval) "
            "WHERE site_id = :site AND at > now() - interval '20 minutes'",
            "UPDATE alarm SET raised_at = raised_at - CAST(:by AS interval), active = false, state = 'closed' "
            "WHERE site_id = :site",
            "UPDATE trace SET window_from = window_from - CAST(:by AS interval), "
            "window_to = window_to - CAST(:by AS interval) WHERE site_id = :site",
        ):
            await session.execute(text(statement), {"by": EARLIER, "site": found.site.id})
        await disturb(session, found)
        group = await made(session, AlarmGroup(site_id=found.site.id))
        first = await session.get_one(Alarm, found.alarm_id)
        values = {name: getattr(first, name) for name in Alarm.model_fields if name != "id"}
        await made(
            session,
            Alarm(**values | {"group_id": group.id, "raised_at": now(), "active": True, "state": "unacknowledged"}),
        )
    return group.id


async def ranking(database: Database, found: Troubled, material: Material) -> list[tuple[str, float]]:
    """Every candidate with its probability, as the site's active version has it."""
    async with database.session() as session:
        model = await active_model(session, found.site.id)
    return [(cause.node, cause.probability) for cause in explain(material, model, most=None)[0].causes]


def rank_of(ranked: list[tuple[str, float]], node: str) -> int:
    return [name for name, _ in ranked].index(node)


async def versions(session: AsyncSession, found: Troubled) -> list[TraceModel]:
    wanted = select(TraceModel).where(col(TraceModel.site_id) == found.site.id)
    return list((await session.scalars(wanted.order_by(col(TraceModel.version)))).all())


async def material_of(database: Database, group_id: int) -> Material:
    async with database.session() as session:
        site_id, alarms = await alarms_of_group(session, group_id)
        return await gather_for(session, site_id, alarms, Span(now()))


async def test_a_corrected_cause_comes_first_in_the_next_trace_of_the_fault_and_going_back_restores(
    database: Database,
) -> None:
    found = await trouble(database)
    first = await made_trace(database, found)
    shown = [cause["node"] for cause in first.result["causes"]]
    corrected = shown[1]
    await confirm(database, found, first, shown[0])
    await confirm(database, found, first, corrected, "现场发现是这里")
    group_id = await again(database, found)
    material = await material_of(database, group_id)
    taught = await ranking(database, found, material)
    async with database.session() as session:
        second = await make_trace(session, group_id)
        kept = await versions(session, found)
        like = await similar(session, found.site.id, second.result)
    officer = found.actors[Role.SAFETY_OFFICER]
    async with database.session(site_id=found.site.id) as session:
        await activate_version(session, officer, kept[0].id)
    untaught = await ranking(database, found, material)
    assert rank_of(taught, corrected) == 0 < rank_of(untaught, corrected)
    assert dict(taught)[corrected] > 1.3 * dict(untaught)[corrected]
    assert [version.because for version in kept] == [Because.SHIPPED, Because.CONFIRMED, Because.CORRECTED]
    assert second.result["model_version"] == 2 and second.result["causes"][0]["node"] == corrected
    assert [(one["trace_id"], one["node"], one["note"]) for one in like] == [(first.id, corrected, "现场发现是这里")]
    async with database.session(site_id=found.site.id) as session:
        await activate_version(session, officer, kept[2].id)
    assert await ranking(database, found, material) == taught, "and forth again gives exactly the same numbers"


async def test_a_correction_takes_the_place_of_the_case_and_the_same_again_changes_nothing(
    database: Database,
) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    one, other = (cause["node"] for cause in trace.result["causes"][:2])
    for node in (one, one, other):
        await confirm(database, found, trace, node)
    async with database.session() as session:
        kept = await versions(session, found)
        cases = (await session.scalars(select(TraceCase).where(col(TraceCase.trace_id) == trace.id))).all()
    by_id = {case.id: case for case in cases}
    assert [(case.node, case.current, case.rank) for case in cases] == [(one, False, 1), (other, True, 2)]
    learned = [[by_id[id_].node for id_ in version.content["cases"]] for version in kept]
    assert learned == [[], [one], [other]] and [v.active for v in kept] == [False, False, True]
    assert all(case.signature["sizes"] for case in cases) and any(case.lags for case in cases)


async def test_another_cause_takes_back_what_was_learned_and_any_point_of_the_plant_can_be_named(
    database: Database,
) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    shown = {cause["node"] for cause in trace.result["causes"]}
    beyond = next(key for code in found.points if (key := found.point_key(code)) not in shown)
    await confirm(database, found, trace, beyond)
    await confirm(database, found, trace, "other", "上游管网停气")
    async with database.session() as session:
        kept = await versions(session, found)
        cases = (await session.scalars(select(TraceCase).where(col(TraceCase.trace_id) == trace.id))).all()
    assert [(case.node, case.rank) for case in cases] == [(beyond, None), ("", None)]
    assert kept[-1].content["cases"] == [] and kept[-1].content["prior"] == kept[0].content["prior"]


async def test_a_trace_that_is_made_again_isn_t_told_its_own_answer(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    before = [cause["node"] for cause in trace.result["causes"]]
    await confirm(database, found, trace, before[2])
    refined = await made_trace(database, found)
    assert [cause["node"] for cause in refined.result["causes"]][:3] == before[:3]
    assert (refined.result["model_version"], refined.confirmed_node) == (1, before[2])


async def test_a_confirmed_cause_of_the_library_raises_it_for_all_equipment_of_the_class(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    valve, pump = found.equipment_key("FEED_A"), found.equipment_key("FEED_D")
    async with database.session(site_id=found.site.id) as session:
        kept = await session.get_one(Trace, trace.id)
        weighed = {"probability": 0.3, "title": "", "title_en": "", "contributes": False}
        shown = [{"key": key, **weighed} for key in (f"{pump}/feed.empty", f"{valve}/valve.sticking")]
        kept.result, kept.confirmed_node = kept.result | {"fused": shown}, valve
        session.add(kept)
        case = await learn_from(session, found.actors[Role.LEADER], kept, fused=f"{valve}/valve.sticking")
    async with database.session() as session:
        model = await active_model(session, found.site.id)
    assert (case.node, case.library_key, case.rank) == (valve, "valve.sticking", 2)
    assert case.offered == ["feed.empty", "valve.sticking"]
    assert model.causes["valve.sticking"] > 0 > model.causes["feed.empty"]


async def test_a_site_may_decide_itself_when_to_learn(database: Database) -> None:
    found = await trouble(database)
    officer = found.actors[Role.SAFETY_OFFICER]
    async with database.session(site_id=found.site.id) as session:
        await set_learning(session, officer, at_once=False)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    async with database.session(site_id=found.site.id) as session:
        assert [view.case.trace_id for view in (await overview(session, officer)).waiting] == [trace.id]
        learned = await learn_waiting(session, officer)
        assert (learned.version, learned.because, learned.active) == (1, Because.GATHERED, True)
        assert (await overview(session, officer)).waiting == ()
        with pytest.raises(Conflict):
            await learn_waiting(session, officer)


async def test_every_change_is_audited_and_told(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    officer = found.actors[Role.SAFETY_OFFICER]
    async with database.session(site_id=found.site.id) as session:
        shipped = (await versions(session, found))[0]
        await activate_version(session, officer, shipped.id)
        await set_learning(session, officer, at_once=False)
    async with database.session() as session:
        audited = select(AuditEntry).where(col(AuditEntry.site_id) == found.site.id).order_by(col(AuditEntry.id))
        entries = [(e.action, e.actor_id, e.change) for e in await session.scalars(audited)]
        told = select(col(Event.kind)).where(col(Event.site_id) == found.site.id, col(Event.subject) == "trace_model")
        kinds = (await session.scalars(told.order_by(col(Event.id)))).all()
    leader = found.actors[Role.LEADER].person_id
    assert entries[-3:] == [
        ("trace_model.learn", leader, {"model_version": [0, 1]}),
        ("trace_model.activate", officer.person_id, {"model_version": [1, 0]}),
        ("trace_model.set_learning", officer.person_id, {"at_once": [True, False]}),
    ]
    assert kinds == ["trace_model.made", "trace_model.activated"]


async def test_only_who_configures_may_go_back_learn_or_try_and_only_at_their_own_site(database: Database) -> None:
    found, stranger = await trouble(database), await trouble(database)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    async with database.session() as session:
        shipped = (await versions(session, found))[0]
    leader, other = found.actors[Role.LEADER], stranger.actors[Role.ADMIN]
    period = {"from_at": now() - EARLIER, "to_at": now() + EARLIER}
    async with database.session() as session:
        for refused in (
            activate_version(session, leader, shipped.id),
            learn_waiting(session, leader),
            set_learning(session, leader, at_once=False),
            ask_replay(session, leader, shipped.id, **period),
        ):
            with pytest.raises(Forbidden):
                await refused
        with pytest.raises(NotFound):
            await activate_version(session, other, shipped.id)
        with pytest.raises(NotFound):
            await ask_replay(session, other, shipped.id, **period)
        with pytest.raises(Conflict):
            await activate_version(session, found.actors[Role.ADMIN], (await versions(session, found))[1].id)


async def test_the_version_in_use_is_the_only_one_and_two_confirmations_at_once_make_two_versions(
    database: Database,
) -> None:
    import asyncio

    found = await trouble(database)
    first = await made_trace(database, found)
    group_id = await again(database, found)
    async with database.session() as session:
        second = await make_trace(session, group_id)
    nodes = [cause["node"] for cause in first.result["causes"]]
    await asyncio.gather(confirm(database, found, first, nodes[0]), confirm(database, found, second, nodes[1]))
    async with database.session() as session:
        kept = await versions(session, found)
    assert [version.version for version in kept] == [0, 1, 2]
    assert [version.active for version in kept] == [False, False, True]
    assert len(kept[2].content["cases"]) == 2


async def replayed(database: Database, found: Troubled, model: TraceModel) -> TraceReplay:
    """A trial of ``model``, done by its jobs as the worker does them."""
    officer = found.actors[Role.SAFETY_OFFICER]
    async with database.session(site_id=found.site.id) as session:
        asked = await ask_replay(session, officer, model.id, from_at=now() - 2 * EARLIER, to_at=now() + EARLIER)
    while True:
        async with database.session() as session:
            wanted = select(Job).where(col(Job.kind) == REPLAY_JOB, col(Job.site_id) == found.site.id)
            waiting = (await session.scalars(wanted.where(col(Job.status) == "queued"))).all()
        if not waiting:
            break
        for job in waiting:
            assert await run_job(database, HANDLERS, job.id)
    async with database.session() as session:
        return await session.get_one(TraceReplay, asked.id)


async def test_a_trial_judges_each_trace_by_what_others_taught_on_the_readings_still_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.tracing.versions.replaying.STEP_S", 0.0)
    found = await trouble(database)
    first = await made_trace(database, found)
    true = first.result["causes"][1]["node"]
    await confirm(database, found, first, true)
    group_id = await again(database, found)
    async with database.session() as session:
        second = await make_trace(session, group_id)
    await confirm(database, found, second, true)
    async with database.session() as session:
        kept = await versions(session, found)
    done = await replayed(database, found, kept[2])
    by_trace: dict[int, dict[str, Any]] = {one["trace_id"]: one for one in done.results}
    assert done.state == ReplayState.DONE and (done.version, done.against) == (2, 1)
    assert by_trace.keys() == {first.id, second.id}
    assert by_trace[second.id]["rank"] == by_trace[second.id]["against"] == 1, "taught by the first in both versions"
    assert by_trace[first.id]["rank"] == 1 < by_trace[first.id]["against"], "version 1 knew nothing but this trace"
    async with database.session(site_id=found.site.id) as session:
        seen = await trial(session, found.actors[Role.SAFETY_OFFICER], done.id)
    assert (seen.version.top1, seen.against.top1, seen.skipped) == (1.0, 0.5, 0)
    jobs = await job_count(database, found)
    assert jobs == 2, "one trace a step"


async def job_count(database: Database, found: Troubled) -> int:
    async with database.session() as session:
        wanted = select(Job).where(col(Job.kind) == REPLAY_JOB, col(Job.site_id) == found.site.id)
        return len((await session.scalars(wanted)).all())


async def test_a_trace_whose_readings_are_gone_is_passed_over_and_an_empty_period_is_refused(
    database: Database,
) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    async with database.session() as session:
        model = (await versions(session, found))[1]
        await session.execute(text("DELETE FROM reading WHERE site_id = :site"), {"site": found.site.id})
    done = await replayed(database, found, model)
    assert done.results == [{"trace_id": trace.id, "skipped": "readings"}]
    officer = found.actors[Role.SAFETY_OFFICER]
    async with database.session(site_id=found.site.id) as session:
        for period in ((now() - 9 * EARLIER, now() - 8 * EARLIER), (now(), now() - EARLIER)):
            with pytest.raises(Invalid):
                await ask_replay(session, officer, model.id, from_at=period[0], to_at=period[1])


async def test_a_trial_whose_job_failed_for_good_is_over_and_doesn_t_stand_in_the_way(database: Database) -> None:
    found = await trouble(database)
    trace = await made_trace(database, found)
    await confirm(database, found, trace, trace.result["causes"][0]["node"])
    officer = found.actors[Role.SAFETY_OFFICER]
    period = {"from_at": now() - EARLIER, "to_at": now() + EARLIER}
    async with database.session(site_id=found.site.id) as session:
        model = (await versions(session, found))[1]
        first = await ask_replay(session, officer, model.id, **period)
        assert (await trial(session, officer, first.id)).running
        with pytest.raises(Conflict):
            await ask_replay(session, officer, model.id, **period)
        mine = (col(Job.kind) == REPLAY_JOB) & (col(Job.site_id) == found.site.id)
        await session.execute(update(Job).where(mine).values(status="dead"))
        assert (await trial(session, officer, first.id)).broken
        assert (await ask_replay(session, officer, model.id, **period, against=0)).against == 0
        await session.execute(update(Job).where(mine).values(status="dead"))
        for unknown in (1, 77):
            with pytest.raises(Invalid):
                await ask_replay(session, officer, model.id, **period, against=unknown)


async def test_a_trace_names_earlier_ones_like_it_but_never_itself(database: Database) -> None:
    found = await trouble(database)
    first = await made_trace(database, found)
    await confirm(database, found, first, "other", "仪表气源压力低")
    actor = found.actors[Role.WORKER]
    async with database.session(site_id=found.site.id) as session:
        assert await similar_to(session, actor, first) == []
    group_id = await again(database, found)
    async with database.session() as session:
        second = await make_trace(session, group_id)
    async with database.session(site_id=found.site.id) as session:
        (one,) = await similar_to(session, actor, second)
        assert await similar_to(session, replace(actor, site_id=actor.site_id + 1), second) == []
    assert (one.seen.case.trace_id, one.seen.name, one.seen.case.note) == (first.id, None, "仪表气源压力低")
    assert one.likeness > 0.9

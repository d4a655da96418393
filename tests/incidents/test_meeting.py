"""What people do with a review meeting, who may, what stays for ever, and what its end makes."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.jobs import Job
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.actor import Actor
from backend.incidents.meeting.commands import (
    Pick,
    Verdict,
    Wish,
    amend,
    ask_why,
    call_off,
    choose,
    confirm,
    convene,
    open_choices,
)
from backend.incidents.meeting.queries.evidence import evidence_of
from backend.incidents.meeting.whys import Why
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.review.models import REVIEW_JOB
from backend.tracing.commands import confirm_cause
from backend.tracing.models import Trace
from backend.tracing.versions.models import TraceModel
from tests.incidents.meeting_scene import causes, convened, opened, seen, traced, untraced
from tests.incidents.scene import Scene, events_of, set_scene, tapped
from tests.incidents.test_commands import actions, do
from tests.incidents.test_review_duties import neglect


async def meeting_tasks(database: Database, actor: Actor) -> list[str]:
    async with database.session(site_id=actor.site_id) as session:
        found = await waiting_for(session, actor)
    return [one.url for one in (*found.late, *found.today, *found.later) if one.kind is TaskKind.MEETING]


async def trace_of(database: Database, incident: Incident) -> Trace:
    async with database.session() as session:
        return (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()


async def test_who_is_asked_is_told_and_has_it_in_their_tasks_till_it_was_held(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    told = (await events_of(database, incident.id))[-1]
    assert told.kind == "incident.meeting_convened" and "二楼会议室" in told.data["title_zh"]
    assert told.data["told"] == sorted([scene.worker.person_id, scene.stranger.person_id])
    here = f"/incidents/{incident.id}/meeting"
    assert await meeting_tasks(database, scene.worker) == [f"{here}?step=choose"]
    assert await meeting_tasks(database, scene.leader) == [f"{here}?step=choose"], "who convenes attends"
    assert await meeting_tasks(database, scene.rival) == []
    await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[1]), Said())
    assert await meeting_tasks(database, scene.worker) == [here], "chosen, not held yet"
    await do(database, scene.leader, call_off, incident.id, "停电")
    assert await meeting_tasks(database, scene.worker) == []
    assert (await events_of(database, incident.id))[-1].data["told"]


async def test_only_a_closed_incident_is_met_about_by_who_leads_and_one_meeting_at_a_time(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    going_on = await tapped(database, scene.worker, scene, apart=True)
    wish = Wish(now() + timedelta(hours=1), "会议室", [])
    with pytest.raises(Conflict):
        await do(database, scene.leader, convene, going_on.id, wish)
    with pytest.raises(Forbidden):
        await do(database, scene.worker, convene, incident.id, wish)
    first = await do(database, scene.leader, convene, incident.id, wish, "key")
    assert (await do(database, scene.leader, convene, incident.id, wish, "key")).id == first.id
    with pytest.raises(Conflict):
        await do(database, scene.manager, convene, incident.id, wish)
    async with database.session() as session:
        elsewhere = await set_scene(session)
    with pytest.raises(NotFound):
        await do(database, elsewhere.leader, convene, incident.id, wish)


async def test_a_meeting_needs_a_time_a_place_and_people_of_the_site(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    async with database.session() as session:
        elsewhere = await set_scene(session)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, convene, incident.id, Wish(None, " ", [elsewhere.worker.person_id]))
    assert set(refused.value.fields) == {"at", "place", "people"}


async def test_a_choice_is_made_once_by_who_was_asked_and_never_changed(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    with pytest.raises(Forbidden):
        await do(database, scene.rival, choose, incident.id, Pick(causes(scene)[0]), Said())
    with pytest.raises(Invalid):
        await do(database, scene.worker, choose, incident.id, Pick("equipment:999999"), Said())
    with pytest.raises(Invalid):
        await do(database, scene.worker, choose, incident.id, Pick("other"), Said(" "))
    said = Said("垫片装反", idempotency_key="c1")
    for _ in range(2):
        await do(database, scene.worker, choose, incident.id, Pick("other"), said)
    with pytest.raises(Conflict):
        await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[0]), Said())
    for statement in ("UPDATE incident_meeting_choice SET cause = 'x'", "DELETE FROM incident_meeting_choice"):
        with pytest.raises(DBAPIError):
            async with database.session() as session:
                await session.execute(text(statement))


async def test_a_choice_made_without_a_network_before_the_opening_counts_a_later_one_does_not(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    before = now()
    await do(database, scene.leader, open_choices, incident.id)
    await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[0]), Said(captured_at=before))
    with pytest.raises(Conflict):
        await do(database, scene.stranger, choose, incident.id, Pick(causes(scene)[0]), Said())


async def test_the_audit_and_the_event_log_say_that_somebody_chose_and_never_what(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[2]), Said())
    assert (await actions(database, scene))[-1] == "meeting.choose"
    async with database.session() as session:
        audited = await session.scalar(text("SELECT CAST(change AS text) FROM audit_entry ORDER BY id DESC LIMIT 1"))
    told = (await events_of(database, incident.id))[-1]
    assert causes(scene)[2] not in str(audited) and causes(scene)[2] not in str(told.data)
    assert told.data["told"] == []


async def test_names_are_for_who_leads_counts_and_ranking_for_all_once_opened(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    pump, reactor, _ = causes(scene)
    picks = [(scene.worker, pump), (scene.stranger, pump), (scene.manager, reactor)]
    await opened(database, scene, incident, picks)
    leader = (await seen(database, scene.leader, incident)).compared
    assert leader
    assert [(one.candidate.key, one.count, one.rank) for one in leader.picked][:2] == [(pump, 2, 1), (reactor, 1, 2)]
    assert {person.id for person in leader.picked[0].people} == {scene.worker.person_id, scene.stranger.person_id}
    worker = (await seen(database, scene.worker, incident)).compared
    assert worker and [one.count for one in worker.picked] == [one.count for one in leader.picked]
    assert all(not one.people for one in worker.picked), "a worker learns how many, not who"
    assert vars(worker.comparison.agreement) == {"chosen": 3, "blind": 3, "with_first": 2, "most": 2}


async def test_what_merely_contributes_can_be_chosen_and_has_no_place_in_the_ranking(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    pump, reactor, flow = causes(scene)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        fused = [{**one, "contributes": one["key"] == reactor} for one in trace.result["fused"]]
        trace.result = {**trace.result, "fused": fused}
    await opened(database, scene, incident, [(scene.worker, reactor)])
    compared = (await seen(database, scene.leader, incident)).compared
    assert compared
    ranks = {one.candidate.key: (one.rank, one.contributes) for one in compared.picked}
    assert ranks == {reactor: (None, True), pump: (1, False), flow: (2, False)}


async def test_who_had_seen_the_ranking_is_not_counted_as_blind(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[0], saw_ranking=True), Said())
    compared = (await seen(database, scene.worker, incident)).compared
    assert compared and (compared.comparison.agreement.blind, compared.comparison.agreement.with_first) == (0, 0)


async def test_the_confirmed_cause_goes_through_the_trace_which_learns_and_the_report_is_asked_for_anew(
    database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    pump, reactor, _ = causes(scene)
    async with database.session(site_id=scene.site.id) as session:
        await confirm_cause(session, scene.manager, (await trace_of(database, incident)).id, node=pump)
    await convened(database, scene, incident)
    with pytest.raises(Conflict):
        await do(database, scene.leader, confirm, incident.id, Verdict(reactor, "", "裂口"))
    await do(database, scene.leader, open_choices, incident.id)
    with pytest.raises(Invalid):
        await do(database, scene.leader, confirm, incident.id, Verdict(reactor, "", " "))
    await do(database, scene.leader, confirm, incident.id, Verdict(reactor, "", "拆开看到裂口"))
    trace = await trace_of(database, incident)
    assert (trace.confirmed_node, trace.confirmation_note) == (reactor, "拆开看到裂口")
    assert trace.confirmed_by == scene.leader.person_id
    view = await seen(database, scene.worker, incident)
    assert view.compared and view.compared.former and view.compared.former.title == scene.pump.name
    assert view.discussed and view.discussed.cause_title == scene.reactor.name
    async with database.session() as session:
        job = select(Job).where(col(Job.kind) == REVIEW_JOB, col(Job.dedupe_key) == f"{incident.id}:traced")
        assert (await session.scalars(job)).first() is not None
        learned = select(TraceModel).where(col(TraceModel.site_id) == scene.site.id)
        assert (await session.scalars(learned)).first() is not None


async def test_without_a_trace_the_library_offers_causes_and_none_may_be_named(
    database: Database, scene: Scene
) -> None:
    incident = await untraced(database, scene)
    await convened(database, scene, incident)
    view = await seen(database, scene.worker, incident)
    assert len(view.candidates) >= 2 and all("factor." in one.key for one in view.candidates)
    assert all(one.title and one.title_en for one in view.candidates)
    await do(database, scene.worker, choose, incident.id, Pick(view.candidates[0].key), Said())
    after = await seen(database, scene.worker, incident)
    assert after.compared and not after.compared.ranked
    await do(database, scene.leader, open_choices, incident.id)
    await do(database, scene.leader, confirm, incident.id, Verdict("none", "", "等检测报告"))
    discussed = (await seen(database, scene.worker, incident)).discussed
    assert discussed and (discussed.cause, discussed.reason) == ("none", "等检测报告")


async def test_a_cause_without_a_place_is_told_to_the_trace_in_words(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        trace.result = {**trace.result, "fused": [], "causes": []}
        await session.execute(text("UPDATE incident SET equipment_id = NULL WHERE id = :id"), {"id": incident.id})
    await convened(database, scene, incident)
    chosen = (await seen(database, scene.worker, incident)).candidates[0]
    assert chosen.key.startswith("factor.")
    await do(database, scene.leader, open_choices, incident.id)
    await do(database, scene.leader, confirm, incident.id, Verdict(chosen.key, "", "问过当班的人"))
    told = await trace_of(database, incident)
    assert (told.confirmed_node, told.confirmation_note) == ("other", f"{chosen.title}：问过当班的人")


async def test_candidates_follow_the_trace_until_somebody_has_chosen(database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    meeting = await convened(database, scene, incident)
    wish = Wish(meeting.at, meeting.place, [scene.worker.person_id])

    async def only(keys: list[str]) -> None:
        async with database.session() as session:
            trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
            fused = [one for one in trace.result["fused"] if one["key"] in keys]
            trace.result = {**trace.result, "fused": fused}

    await only(causes(scene)[:2])
    await do(database, scene.leader, amend, incident.id, wish, 1)
    assert {one.key for one in (await seen(database, scene.worker, incident)).candidates} == set(causes(scene)[:2])
    await do(database, scene.worker, choose, incident.id, Pick(causes(scene)[1]), Said())
    await only(causes(scene)[:1])
    changed = Wish(meeting.at, "食堂", [])
    await do(database, scene.leader, amend, incident.id, changed, 2)
    view = await seen(database, scene.worker, incident)
    assert {one.key for one in view.candidates} == set(causes(scene)[:2]) and view.place == "食堂"
    assert view.asked, "who has chosen stays"
    with pytest.raises(Conflict):
        await do(database, scene.leader, amend, incident.id, wish, 1)


async def test_whys_cite_the_incident_s_records_and_a_stale_page_overwrites_nothing(
    database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await traced(database, scene)
    await opened(database, scene, incident, [(scene.worker, causes(scene)[0])])
    async with database.session(site_id=scene.site.id) as session:
        evidence = await evidence_of(session, scene.leader, incident.id)
    line = next(key for key, one in evidence.items() if key.startswith("line") and "已开放空阀" in one.title)
    sign = next(key for key in evidence if key.startswith("sign"))
    lines = [Why("为什么压力高", "泵不出水", sign), Why("", "密封坏了", line), Why("", "没有按期换")]
    first = await do(database, scene.leader, ask_why, incident.id, lines, "management", 0)
    assert first.lines[0]["cite"]["url"].startswith("/alarms/")
    with pytest.raises(Conflict):
        await do(database, scene.manager, ask_why, incident.id, lines, "people", 0)
    with pytest.raises(Invalid):
        await do(database, scene.leader, ask_why, incident.id, [Why("", "a", "line:999999"), lines[1]], "people", 1)
    again = await do(database, scene.leader, ask_why, incident.id, lines[:2], "machine", 1)
    assert again.version == 2
    discussed = (await seen(database, scene.worker, incident)).discussed
    assert discussed and discussed.whys and (discussed.whys.factor, len(discussed.whys.lines)) == ("machine", 2)
    with pytest.raises(DBAPIError):
        async with database.session() as session:
            await session.execute(text("UPDATE incident_meeting_whys SET factor = 'people'"))

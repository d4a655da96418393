"""Hazard reports from sending to removal, with everybody who may and may not, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select
from sqlmodel import col

from backend.core import files
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.events import Event
from backend.core.pictures import Picture
from backend.core.settings import Settings
from backend.hazards import commands as rectifying
from backend.hazards import queries as rectifications
from backend.hazards.plan import Plan
from backend.hazards.recording import Sent
from backend.hazards.reports import commands, queries
from backend.hazards.reports.commands import ReportDraft
from backend.hazards.reports.lifecycle import stands_open
from backend.hazards.reports.models import HazardReport, ReportState
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from tests.hazards.cast import Cast, make_cast

PICTURE = Picture(b"webp", b"small", 640, 480)
Given = TypeVar("Given")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "settings", lambda: Settings(data_dir=tmp_path))


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    one = Database(database_url)
    yield one
    await one.close()


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


async def do(database: Database, actor: Actor, command: Callable[..., Awaitable[Given]], *arguments: Any) -> Given:
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments)


async def sent(database: Database, actor: Actor, cast: Cast, **changes: Any) -> HazardReport:
    draft = ReportDraft(details="螺栓松动", equipment_id=cast.reactor_id)
    return await do(database, actor, commands.report_hazard, replace(draft, **changes))


async def accepted(database: Database, cast: Cast, report: HazardReport) -> HazardReport:
    return await do(database, cast.leader, commands.accept, report.id, "significant", cast.wang.team_id)


def a_plan(cast: Cast, **changes: Any) -> Plan:
    plan = Plan("换螺栓", "更换并紧固", cast.wang.person_id, now() + timedelta(days=3), "significant")
    return replace(plan, **changes)


async def events_of(database: Database, report: HazardReport) -> list[Event]:
    async with database.session() as session:
        wanted = select(Event).where(col(Event.subject) == "report", col(Event.subject_id) == report.id)
        return list(await session.scalars(wanted.order_by(col(Event.id))))


async def test_a_report_waits_for_the_leader_and_suggests_a_level_with_its_reason(
    database: Database, cast: Cast
) -> None:
    report = await sent(database, cast.wang, cast, details="法兰泄漏")
    assert (report.state, report.level, report.level_reason, report.level_sign) == ("waiting", "major", "word", "泄漏")
    assert report.number.startswith("SB-") and report.number.endswith("-001")
    told = (await events_of(database, report))[0].data["told"]
    assert told == [cast.leader.person_id], "the reporter's own leader, since nobody keeps the reactor's area"
    async with database.session() as session:
        counts = [await session.scalar(queries.select_waiting_count(who)) for who in (cast.leader, cast.wang)]
    assert counts == [1, 0]


async def test_what_is_undecided_is_named_by_its_words_or_number_and_its_place(database: Database, cast: Cast) -> None:
    first = await sent(database, cast.wang, cast, details="螺栓松动\n左边第三个")
    second = await sent(database, cast.wang, cast, details="", pictures=[PICTURE])
    await accepted(database, cast, await sent(database, cast.wang, cast, details="已决定的"))
    found = await do(database, cast.leader, queries.undecided)
    listed = await do(database, cast.leader, queries.to_triage)
    assert [one.name for one in found] == ["螺栓松动", second.number]
    assert [(one.id, one.level, one.created_at) for one in found] == [
        (card.report.id, card.report.level, card.report.created_at) for card in listed
    ]
    reactor = listed[0].equipment
    assert reactor and {(one.place, one.place_en) for one in found} == {(reactor.name, reactor.name_en)}
    assert found[0].id == first.id


async def test_it_goes_from_report_to_removal_and_the_reporter_hears_of_it(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast, pictures=[PICTURE])
    await accepted(database, cast, report)
    opened = await do(database, cast.leader, commands.rectify, report.id, a_plan(cast), Sent())
    assert (opened.equipment_id, opened.level) == (cast.reactor_id, "significant")
    story = await do(database, cast.leader, rectifications.story, opened.id)
    assert len(story.before) == 1, "the report's picture is the one of before"
    assert (await do(database, cast.wang, queries.card, report.id)).outcome == "rectifying"
    await do(database, cast.wang, rectifying.start, opened.id, Sent())
    await do(database, cast.wang, rectifying.submit, opened.id, Sent(note="换好了"))
    await do(database, cast.leader, rectifying.verify, opened.id, Sent())
    card = (await do(database, cast.wang, queries.mine))[0]
    assert (card.outcome, card.open) == ("removed", False)
    heard = [event.kind for event in await events_of(database, report) if cast.wang.person_id in event.data["told"]]
    assert heard == ["report.accepted", "report.rectified", "report.removed"]


async def test_a_report_sent_twice_arrives_once(database: Database, cast: Cast) -> None:
    key = {"idempotency_key": "phone-1", "pictures": [PICTURE]}
    both = await asyncio.gather(*(sent(database, cast.wang, cast, **key) for _ in range(2)))
    later = await sent(database, cast.wang, cast, captured_at=now() - timedelta(hours=1), **key)
    assert len({one.id for one in (*both, later)}) == 1
    assert len((await do(database, cast.wang, queries.story, later.id)).photos) == 1
    with pytest.raises(Conflict):
        await sent(database, cast.wang, cast, details="另一件事", idempotency_key="phone-1")


async def test_fifty_at_once_are_fifty_with_numbers_without_gaps(database: Database, cast: Cast) -> None:
    many = await asyncio.gather(*(sent(database, cast.wang, cast, idempotency_key=f"q-{n}") for n in range(50)))
    assert sorted(int(one.number[-3:]) for one in many) == list(range(1, 51))


async def test_a_place_that_is_gone_is_said_and_not_dropped(database: Database, cast: Cast) -> None:
    for changes in ({"equipment_id": 2**40}, {"equipment_id": None, "area_id": 2**40}, {"equipment_id": None}):
        with pytest.raises(Invalid) as refused:
            await sent(database, cast.wang, cast, **changes)
        assert set(refused.value.fields) == {"place"}


async def test_one_of_another_site_cannot_be_named_seen_or_decided(database: Database, cast: Cast) -> None:
    async with database.session() as session:
        other = await make_cast(session)
    report = await sent(database, cast.wang, cast)
    for command, arguments in [
        (commands.accept, (report.id, "low", other.leader.team_id)),
        (commands.refuse, (report.id, "不")),
        (commands.merge, (report.id, 1)),
        (queries.story, (report.id,)),
    ]:
        with pytest.raises(NotFound):
            await do(database, other.leader, command, *arguments)
    with pytest.raises(Invalid):
        await sent(database, other.wang, other, equipment_id=cast.reactor_id)


async def test_mine_is_added_to_the_one_that_stands_and_shares_its_outcome(database: Database, cast: Cast) -> None:
    first = await sent(database, cast.mate, cast)
    found = await do(database, cast.wang, queries.similar, cast.reactor_id, None)
    assert [card.report.id for card in found] == [first.id]
    mine = await sent(database, cast.wang, cast, details="我也看到了", joins=first.id)
    assert (mine.state, mine.merged_into_id) == ("merged", first.id)
    await do(database, cast.leader, commands.refuse, first.id, "已在检修计划里")
    told = (await events_of(database, first))[-1].data["told"]
    assert told == sorted([cast.wang.person_id, cast.mate.person_id])
    card = (await do(database, cast.wang, queries.mine))[0]
    assert card.outcome == "refused" and card.main and card.main.decision_note == "已在检修计划里"
    assert (await do(database, cast.wang, queries.story, first.id)).card.report.id == first.id
    with pytest.raises(Conflict):
        await sent(database, cast.stranger, cast, joins=first.id)


async def test_merging_takes_along_what_was_merged_before(database: Database, cast: Cast) -> None:
    main, second = await sent(database, cast.mate, cast), await sent(database, cast.stranger, cast)
    third = await sent(database, cast.wang, cast, joins=second.id)
    await do(database, cast.leader, commands.merge, second.id, main.id)
    story = await do(database, cast.leader, queries.story, main.id)
    assert [added.report.id for added in story.added] == [second.id, third.id]
    with pytest.raises(Invalid):
        await do(database, cast.leader, commands.merge, main.id, main.id)
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.merge, main.id, third.id)


async def test_two_that_are_merged_into_each_other_at_once_leave_one(database: Database, cast: Cast) -> None:
    one, other = await sent(database, cast.wang, cast), await sent(database, cast.mate, cast)
    results = await asyncio.gather(
        do(database, cast.leader, commands.merge, one.id, other.id),
        do(database, cast.officer, commands.merge, other.id, one.id),
        return_exceptions=True,
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


async def test_of_two_who_decide_at_once_one_is_first_and_the_other_told(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast)
    results = await asyncio.gather(
        accepted(database, cast, report),
        do(database, cast.officer, commands.refuse, report.id, "不是隐患"),
        return_exceptions=True,
    )
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


async def test_a_decision_that_a_phone_sends_again_changes_nothing_and_another_is_refused(
    database: Database, cast: Cast
) -> None:
    one, other, third = [await sent(database, cast.wang, cast, details=words) for words in ("甲", "乙", "丙")]
    team = cast.wang.team_id
    for _ in range(2):
        await do(database, cast.leader, commands.accept, one.id, "general", team)
        await do(database, cast.leader, commands.merge, other.id, one.id)
        await do(database, cast.leader, commands.refuse, third.id, "不是隐患")
    for report in (one, other, third):
        assert len(await events_of(database, report)) == 2, "sent, and decided on once"
    for decision in (
        do(database, cast.leader, commands.accept, one.id, "low", team),
        do(database, cast.manager, commands.accept, one.id, "general", team),
        do(database, cast.leader, commands.merge, other.id, third.id),
        do(database, cast.leader, commands.refuse, third.id, "别的原因"),
    ):
        with pytest.raises(Conflict):
            await decision


async def test_a_rectification_is_opened_once_also_by_a_double_tap(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast)
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.rectify, report.id, a_plan(cast), Sent())
    await accepted(database, cast, report)
    plan, once = a_plan(cast), Sent(idempotency_key="form-1")
    both = await asyncio.gather(*(do(database, cast.leader, commands.rectify, report.id, plan, once) for _ in "12"))
    assert both[0].id == both[1].id
    with pytest.raises(Conflict):
        await do(database, cast.leader, commands.rectify, report.id, plan, Sent(idempotency_key="form-2"))


async def test_a_worker_decides_nothing_and_sees_of_others_what_stands_open(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast, pictures=[PICTURE])
    for command, arguments in [
        (commands.accept, (report.id, "low", cast.wang.team_id)),
        (commands.refuse, (report.id, "不")),
        (commands.merge, (report.id, 1)),
        (commands.rectify, (report.id, a_plan(cast), Sent())),
        (commands.open_link, ()),
    ]:
        with pytest.raises(Forbidden):
            await do(database, cast.wang, command, *arguments)
    assert len((await do(database, cast.stranger, queries.story, report.id)).photos) == 1
    await do(database, cast.leader, commands.refuse, report.id, "重复")
    with pytest.raises(NotFound):
        await do(database, cast.stranger, queries.story, report.id)


async def test_deciding_names_what_is_missing(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast)
    with pytest.raises(Invalid) as refused:
        await do(database, cast.leader, commands.accept, report.id, "huge", None)
    assert set(refused.value.fields) == {"level", "team_id"}
    with pytest.raises(Invalid):
        await do(database, cast.leader, commands.refuse, report.id, " \0 ")


async def test_a_check_in_reports_with_its_own_title_level_and_origin(database: Database, cast: Cast) -> None:
    report = await sent(
        database, cast.wang, cast, title="护罩缺失", level="major", origin="checkin", origin_id=7, details=""
    )
    assert (report.title, report.level, report.level_reason) == ("护罩缺失", "major", "given")
    assert (report.origin, report.origin_id) == ("checkin", 7)


async def test_every_decision_leaves_an_audit_entry(database: Database, cast: Cast) -> None:
    report = await sent(database, cast.wang, cast)
    await accepted(database, cast, report)
    async with database.session() as session:
        entries = list(
            await session.scalars(
                select(AuditEntry)
                .where(col(AuditEntry.object_type) == "hazard_report", col(AuditEntry.object_id) == report.id)
                .order_by(col(AuditEntry.id))
            )
        )
    assert [entry.action for entry in entries] == ["report.sent", "report.accepted"]
    assert entries[1].change["state"] == ["waiting", "accepted"]


async def test_the_list_of_open_hazards_follows_the_rule(database: Database, cast: Cast) -> None:
    waiting, refused = await sent(database, cast.wang, cast), await sent(database, cast.wang, cast)
    await do(database, cast.leader, commands.refuse, refused.id, "不是")
    taken = await sent(database, cast.wang, cast)
    await accepted(database, cast, taken)
    listed = {card.report.id for card in await do(database, cast.leader, queries.open_hazards, cast.reactor_id)}
    assert listed == {waiting.id, taken.id}
    assert {stands_open(state, None) for state in (ReportState.WAITING, ReportState.ACCEPTED)} == {True}

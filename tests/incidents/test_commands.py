"""What people do with an incident: report, log, lead, contain, close, call off; who may, and what stays for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from backend.alarms.models import Level
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.pictures import Picture
from backend.hazards.reports.voice import VoiceNote
from backend.identity.actor import Actor
from backend.identity.models import AuditEntry
from backend.incidents import commands
from backend.incidents.commands import Ending, Setting
from backend.incidents.recording import Said
from tests.incidents.scene import Scene, events_of, incidents, log_of, raised, set_scene, sources, tapped, watched

PICTURE = Picture(b"webp", b"small", 640, 480)
Given = TypeVar("Given")


async def do(database: Database, actor: Actor, command: Callable[..., Awaitable[Given]], *arguments: Any) -> Given:
    async with database.session(site_id=actor.site_id) as session:
        return await command(session, actor, *arguments)


async def actions(database: Database, scene: Scene) -> list[str]:
    async with database.session() as session:
        found = select(AuditEntry.action).where(col(AuditEntry.site_id) == scene.site.id).order_by(col(AuditEntry.id))
        return list(await session.scalars(found))


async def test_one_tap_opens_an_incident_named_by_kind_and_place_in_both_languages(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    assert (one.kind, one.level, one.state, one.opened_by) == ("gas_leak", "major", "open", scene.worker.person_id)
    assert one.title == f"气体泄漏、环境异常：{scene.reactor.name}" and one.title_en.endswith(scene.reactor.name_en)
    assert one.area_id == scene.area.id, "equipment brings its area"
    [line] = await log_of(database, one.id)
    assert (line.kind, line.words, line.person_id) == ("reported", "闻到氨味", scene.worker.person_id)
    assert await sources(database, one.id) == {("person", line.id)}
    [opened] = await events_of(database, one.id)
    called = {scene.people[name].person_id for name in ("leader", "manager", "officer")}
    assert set(opened.data["told"]) == called, "all but who reports it; the other team isn't called"
    assert await actions(database, scene) == ["incident.report"]


async def test_a_second_tap_at_the_same_place_joins_and_its_words_stand_in_the_log(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    again = await tapped(database, scene.stranger, scene, kind="injury", said=Said("有人晕倒"))
    assert again.id == one.id
    assert [line.words for line in await log_of(database, one.id)] == ["闻到氨味", "有人晕倒"]
    apart = await tapped(database, scene.stranger, scene, apart=True)
    assert apart.id != one.id and apart.number.endswith("-002")


async def test_a_tap_goes_where_it_is_told_and_counts_though_that_is_over_meanwhile(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    assert (await tapped(database, scene.worker, scene, equipment_id=scene.pump.id, joins=one.id)).id == one.id
    await do(database, scene.leader, commands.call_off, one.id, Said("演练"))
    assert (await tapped(database, scene.worker, scene, joins=one.id)).id != one.id


async def test_two_taps_at_the_same_moment_make_one_incident(database: Database, scene: Scene) -> None:
    await asyncio.gather(*(tapped(database, scene.people[name], scene) for name in ("worker", "stranger", "leader")))
    [one] = await incidents(database, scene)
    assert len(await log_of(database, one.id)) == 3


async def test_a_tap_on_the_page_of_an_alarm_belongs_to_the_flood_of_that_alarm(
    database: Database, scene: Scene
) -> None:
    alarm = await raised(database, scene)
    one = await tapped(database, scene.leader, scene, equipment_id=None, alarm_id=alarm)
    assert one.equipment_id == scene.reactor.id and ("alarm", alarm) in await sources(database, one.id)
    later = await raised(database, scene, "flow", level=Level.MAJOR)
    await watched(database)
    assert ("alarm", later) in await sources(database, one.id)
    assert len(await incidents(database, scene)) == 1


async def test_a_tap_that_a_phone_sends_twice_arrives_once(database: Database, scene: Scene) -> None:
    said = Said("冒烟", idempotency_key="k1")
    one, again = [await tapped(database, scene.worker, scene, said=said) for _ in range(2)]
    assert one.id == again.id and len(await log_of(database, one.id)) == 1
    with pytest.raises(Conflict):
        await tapped(database, scene.worker, scene, said=Said("别的", idempotency_key="k1"))


async def test_a_tap_without_kind_or_place_is_refused_beside_the_field(database: Database, scene: Scene) -> None:
    with pytest.raises(Invalid) as refused:
        await tapped(database, scene.worker, scene, kind="", equipment_id=None)
    assert set(refused.value.fields) == {"kind", "place"}


async def test_what_was_written_offline_keeps_its_moment(database: Database, scene: Scene) -> None:
    earlier = now() - timedelta(minutes=40)
    one = await tapped(database, scene.worker, scene, said=Said("漏了", captured_at=earlier))
    assert one.began_at == earlier < one.opened_at
    [line] = await log_of(database, one.id)
    assert line.at == earlier < line.received_at


@pytest.mark.usefixtures("own_folder")
async def test_disposals_with_picture_and_voice_stand_in_the_log_once_and_the_lead_hears(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.leader, commands.put_in_charge, one.id, None, Said())
    said = Said("已关 3 号阀", [PICTURE], VoiceNote(b"x", "webm"), idempotency_key="d1")
    lines = [await do(database, scene.worker, commands.log_disposal, one.id, "isolate", said) for _ in range(2)]
    assert lines[0].id == lines[1].id and lines[0].voice_path.endswith(".webm")
    assert [line.kind for line in await log_of(database, one.id)] == ["reported", "led", "isolate"]
    told = (await events_of(database, one.id))[-1]
    assert (told.kind, told.data["told"], told.data["note"]) == (
        "incident.logged",
        [scene.leader.person_id],
        "已关 3 号阀",
    )


async def test_a_note_says_something_and_an_action_is_one_of_ours(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    for action, field in (("note", "words"), ("closed", "deed"), ("", "deed")):
        with pytest.raises(Invalid) as refused:
            await do(database, scene.worker, commands.log_disposal, one.id, action, Said())
        assert list(refused.value.fields) == [field]
    await do(database, scene.worker, commands.log_disposal, one.id, "stop", Said())


async def test_what_was_done_before_the_end_and_arrives_after_it_still_counts(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.leader, commands.call_off, one.id, Said("是蒸汽"))
    done = Said("已通风", captured_at=now() - timedelta(minutes=5))
    line = await do(database, scene.worker, commands.log_disposal, one.id, "ventilate", done)
    [ended] = await incidents(database, scene)
    assert ended.closed_at and line.at < ended.closed_at < line.received_at


@pytest.mark.usefixtures("own_folder")
@pytest.mark.parametrize("table", ["incident_disposal", "incident_disposal_photo"])
@pytest.mark.parametrize("how", ["UPDATE {} SET site_id = site_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
async def test_the_database_itself_refuses_to_change_the_log(
    database: Database, scene: Scene, table: str, how: str
) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.worker, commands.log_disposal, one.id, "note", Said("照片", [PICTURE]))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.session() as session:
            await session.execute(text(how.format(table)))


async def test_contained_and_closed_by_another_with_losses_and_everybody_who_knew_hears_it(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    with pytest.raises(Conflict):
        await do(database, scene.leader, commands.close, one.id, Ending(), Said())
    await do(database, scene.leader, commands.contain, one.id, Said("已堵漏"))
    with pytest.raises(Forbidden):
        await do(database, scene.leader, commands.close, one.id, Ending(), Said())
    await do(database, scene.manager, commands.close, one.id, Ending("一只阀门", None, 1, 0), Said("恢复生产"))
    [ended] = await incidents(database, scene)
    assert (ended.state, ended.contained_by, ended.closed_by) == (
        "closed",
        scene.leader.person_id,
        scene.manager.person_id,
    )
    assert (ended.losses, ended.loss_yuan, ended.injured, ended.deaths) == ("一只阀门", None, 1, 0)
    told = (await events_of(database, one.id))[-1]
    knew = {scene.people[name].person_id for name in ("worker", "leader", "officer")}
    assert (told.kind, set(told.data["told"])) == ("incident.closed", knew)
    assert await actions(database, scene) == ["incident.report", "incident.contained", "incident.closed"]
    assert (await log_of(database, one.id))[-1].change["losses"] == ["", "一只阀门"]


async def test_a_graver_level_calls_those_whom_the_lesser_one_did_not(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene, kind="near_miss")
    assert scene.manager.person_id not in (await events_of(database, one.id))[0].data["told"]
    await do(database, scene.leader, commands.set_facts, one.id, Setting("fire", "startup", "major"), Said())
    told = (await events_of(database, one.id))[-1]
    assert {scene.manager.person_id, scene.officer.person_id} <= set(told.data["told"])
    [one] = await incidents(database, scene)
    assert (one.kind, one.phase, one.level) == ("fire", "startup", "major")


async def test_nonsense_is_refused_by_field(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.leader, commands.set_facts, one.id, Setting("x", "running", "low"), Said())
    assert set(refused.value.fields) == {"kind", "level"}
    with pytest.raises(Invalid):
        await do(database, scene.leader, commands.put_in_charge, one.id, 10**9, Said())
    with pytest.raises(Invalid):
        await do(database, scene.leader, commands.call_off, one.id, Said("  "))


async def test_a_stale_screen_and_a_repeat_change_nothing(database: Database, scene: Scene) -> None:
    one = await tapped(database, scene.worker, scene)
    with pytest.raises(Conflict):
        await do(database, scene.leader, commands.contain, one.id, Said(version=one.version - 1))
    for _ in range(2):
        await do(database, scene.leader, commands.contain, one.id, Said("好了", idempotency_key="c1"))
    assert [line.kind for line in await log_of(database, one.id)] == ["reported", "contained"]


async def test_workers_report_and_log_but_do_not_lead_and_nobody_touches_another_site(
    database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    for command, arguments in (
        (commands.contain, (Said(),)),
        (commands.call_off, (Said("x"),)),
        (commands.put_in_charge, (None, Said())),
        (commands.close, (Ending(), Said())),
        (commands.set_facts, (Setting("fire", "running", "major"), Said())),
    ):
        with pytest.raises(Forbidden):
            await do(database, scene.worker, command, one.id, *arguments)
    async with database.session() as session:
        other = await set_scene(session)
    with pytest.raises(NotFound):
        await do(database, other.leader, commands.contain, one.id, Said())
    with pytest.raises(NotFound):
        await do(database, other.worker, commands.log_disposal, one.id, "stop", Said())
    theirs = await tapped(database, other.worker, other, joins=one.id)
    assert theirs.id != one.id and len(await log_of(database, one.id)) == 1
    with pytest.raises(Invalid):
        await tapped(database, other.worker, other, equipment_id=scene.reactor.id)


async def test_a_picture_lies_on_the_disk_before_its_line(database: Database, scene: Scene, own_folder: Path) -> None:
    one = await tapped(database, scene.worker, scene, said=Said("看", [PICTURE]))
    async with database.session() as session:
        asked = text(
            "SELECT p.path FROM incident_disposal_photo p JOIN incident_disposal d ON d.id = p.disposal_id "
            "WHERE d.incident_id = :id"
        )
        path = await session.scalar(asked, {"id": one.id})
    assert (own_folder / "photos" / str(path)).read_bytes() == b"webp"

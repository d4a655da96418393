"""What comes of failures: of the worker, of the other side, of the line between."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.channels import commands
from backend.channels.delivering import deliver
from backend.channels.kinds import Kind
from backend.channels.leasing import LEASE, lease_one
from backend.channels.working import Sender, give_up_old, send_due
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.identity.models import Role
from tests.channels.other_sides import OtherSide, other_side
from tests.channels.scene import TOKEN, Scene, set_scene
from tests.factories import actor_for

WRONG_KEY = (200, {"errcode": 93000, "errmsg": f"invalid webhook url, hint: [1] {TOKEN}"})
LIMITED = (200, {"errcode": 45009, "errmsg": "api freq out of limit"})
BROKEN = (503, "no")


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_scene(database)


async def test_what_dies_between_call_and_note_is_sent_once_more_with_its_number(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    started = now() + timedelta(seconds=4)
    await scene.follow()
    with holding(started):
        async with scene.database.session() as session:
            call = await lease_one(session)
        assert call is not None
        await deliver(call)  # and dies: nothing is noted
        assert await send_due(scene.database) == 0, "another worker leaves it to the first as long as its lease runs"
    with holding(started + LEASE + timedelta(seconds=1)):
        assert await send_due(scene.database) == 1 and await send_due(scene.database) == 0
    assert len(side.got) == 2 and side.got[0].body == side.got[1].body
    assert [one.attempts for one in await scene.messages()] == [2]


async def test_what_dies_before_its_events_are_kept_keeps_them_the_next_time(scene: Scene, side: OtherSide) -> None:
    from backend.channels.following import follow_events

    await scene.channel()
    await scene.alarms()
    with pytest.raises(ZeroDivisionError):
        async with scene.database.session() as session:
            assert await follow_events(session) > 0
            raise ZeroDivisionError
    assert await scene.work() == 1 and len(side.got) == 1


async def test_trouble_at_the_other_side_is_tried_again_with_growing_rests(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    side.answers = [BROKEN] * 3
    started = now()
    await scene.follow(started)
    tried = []
    side.before = lambda _: tried.append(second)
    for second in range(4, 80):
        with holding(started + timedelta(seconds=second)):
            await send_due(scene.database)
    assert tried == [4, 9, 19, 39], "after 5, 10 and 20 seconds"
    row = await scene.row()
    assert row.failures == 0 and row.paused_at is None and [one.state for one in await scene.messages()] == ["sent"]


async def test_a_major_alarm_doesnt_wait_out_a_long_rest(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    side.answers = [BROKEN] * 9
    started = now()
    await scene.follow(started)
    for minute in range(60):
        with holding(started + timedelta(minutes=minute, seconds=10)):
            await send_due(scene.database)
    count = len(side.got)
    await scene.alarms(1, "major")
    later = started + timedelta(minutes=60, seconds=30)
    await scene.follow(later)
    with holding(later + timedelta(seconds=32)):
        assert await send_due(scene.database) >= 1
    assert len(side.got) > count


async def test_a_limit_of_the_other_side_is_kept_and_is_no_failure(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms(1, "major")
    side.answers = [LIMITED]
    started = now()
    await scene.work(since=started)
    await scene.alarms(1, "major")
    assert await scene.work(timedelta(seconds=50), since=started) == 0
    assert await scene.work(timedelta(seconds=70), since=started) == 2
    assert (await scene.row()).failures == 0


async def test_a_wrong_key_pauses_the_channel_and_tells_who_keeps_it(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    side.answers = [WRONG_KEY] * 9
    started = now()
    await scene.follow(started)
    for minute in range(30):
        with holding(started + timedelta(minutes=minute)):
            await send_due(scene.database)
    assert len(side.got) == 5, "then it rests until a person has looked"
    row = await scene.row()
    assert (row.paused_by, row.last_reason) == ("failures", "wrong_key")
    assert TOKEN not in row.last_detail and "93000" in row.last_detail
    (told,) = await scene.told("channel.paused")
    assert told.data["told"] == [scene.officer.id] and "地址里的密钥不对" in told.data["title_zh"]
    assert told.data["url"] == f"/channels/{scene.channel_id}"

    await scene.alarms(3)
    side.answers = []
    async with scene.database.session() as session:
        await commands.resume(session, await actor_for(session, scene.officer), scene.channel_id)
    later = started + timedelta(minutes=31)
    assert await scene.work(timedelta(minutes=1), since=later) == 1, "what waited"
    assert await scene.work(timedelta(minutes=1, seconds=16), since=later) == 1, "and what came meanwhile"
    assert sum(one.items for one in await scene.messages() if one.state == "sent") == 4


async def test_who_isnt_reached_for_half_an_hour_is_told_of_and_comes_back_by_itself(
    scene: Scene, side: OtherSide
) -> None:
    await scene.channel()
    await scene.alarms()
    side.answers = [BROKEN] * 12
    started = now()
    await scene.follow(started)
    for minute in range(120):
        with holding(started + timedelta(minutes=minute, seconds=4)):
            await send_due(scene.database)
    (told,) = await scene.told("channel.failing")
    assert "一直连不上" in told.data["title_zh"]
    row = await scene.row()
    assert row.paused_at is None and row.failures == 0 and [one.state for one in await scene.messages()] == ["sent"]


async def test_what_cant_be_sent_within_a_day_is_given_up_and_said_once(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms(2)
    async with scene.database.session() as session:
        await commands.pause(session, await actor_for(session, scene.officer), scene.channel_id)
    await scene.follow()
    with holding(now() + timedelta(hours=23)):
        async with scene.database.session() as session:
            assert await give_up_old(session) == 0
    with holding(now() + timedelta(hours=25)):
        for expected in (2, 0):
            async with scene.database.session() as session:
                assert await give_up_old(session) == expected
    (message,) = await scene.messages()
    assert (message.state, message.reason, message.items) == ("given_up", "too_old", 2) and side.got == []
    (told,) = await scene.told("channel.gave_up")
    assert "有 2 条消息一天内没能发出" in told.data["title_zh"]


async def test_a_slow_letter_a_second_holds_nobody_longer_than_ten_seconds(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    side.drips = True
    started = now()
    assert await scene.work() == 1
    assert 9 < (now() - started).total_seconds() < 14
    assert (await scene.row()).last_reason == "timed_out"


async def test_a_slow_other_side_holds_up_no_other_channel(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    side.drips = True
    with other_side() as quick:
        await scene.channel(kind=Kind.WEBHOOK, address=f"{quick.url}/hook", inside=True)
        await scene.alarms()
        await scene.follow()
        sender = Sender(scene.database)
        with holding(now() + timedelta(seconds=4)):
            await sender.round()
            for _ in range(40):
                await asyncio.sleep(0.05)
        assert len(quick.got) == 1 and len(side.got) == 1, "the slow one is still speaking"
        assert (await scene.row()).last_sent_at is not None
        await sender.close()


async def test_two_workers_share_the_work_and_send_nothing_twice(scene: Scene, side: OtherSide) -> None:
    for _ in range(6):
        await scene.channel()
    await scene.alarms(3)
    await asyncio.gather(*(scene.follow() for _ in range(3)))
    with holding(now() + timedelta(seconds=4)):
        made = await asyncio.gather(*(send_due(scene.database) for _ in range(3)))
    assert sum(made) == 6 == len({got.markdown.rpartition("编号")[2] for got in side.got}) == len(side.got)


async def test_a_test_goes_out_also_while_it_rests_and_says_what_is_wrong(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    side.answers = [WRONG_KEY]
    async with scene.database.session() as session:
        actor = await actor_for(session, scene.officer)
        await commands.pause(session, actor, scene.channel_id)
        await commands.ask_for_test(session, actor, scene.channel_id)
        await commands.ask_for_test(session, actor, scene.channel_id)
    await scene.alarms()
    await scene.work()
    assert len(side.got) == 1 and "这是一条试发消息" in side.got[0].markdown
    (message,) = await scene.messages()
    assert (message.state, message.reason) == ("given_up", "wrong_key")
    row = await scene.row()
    assert row.failures == 0 and row.paused_by == "person", "a test that somebody asked for counts against nobody"


async def test_a_key_that_cant_be_opened_is_said_and_nothing_is_sent(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    async with scene.database.session() as session:
        await session.execute(text("UPDATE channel SET sealed = 'x' WHERE id = :id"), {"id": scene.channel_id})
    await scene.alarms()
    await scene.work()
    assert (await scene.row()).last_reason == "sealed" and side.got == []


async def test_those_who_keep_channels_are_told_and_nobody_else(scene: Scene, side: OtherSide) -> None:
    from backend.delivery.audience import Told, may_role_be_told

    await scene.channel()
    await scene.alarms()
    side.answers = [WRONG_KEY] * 5
    started = now()
    await scene.follow(started)
    for minute in range(10):
        with holding(started + timedelta(minutes=minute)):
            await send_due(scene.database)
    (told,) = await scene.told("channel.paused")
    assert may_role_be_told(scene.site.id, Role.SAFETY_OFFICER, told) is Told.SOME
    assert may_role_be_told(scene.site.id, Role.WORKER, told) is Told.NOBODY

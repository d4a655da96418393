"""From an event to the other side: once each, grouped, within limits, whatever fails in between."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from backend.channels import commands
from backend.channels.delivering import deliver
from backend.channels.kinds import Kind
from backend.channels.leasing import LEASE, lease_one
from backend.channels.signing import dingtalk_signature, feishu_signature, webhook_signature
from backend.channels.working import forget_sent, give_up_old, send_due
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.events import record_event
from backend.identity.models import Role
from tests.channels.other_sides import OtherSide
from tests.channels.scene import SECRET, TOKEN, Scene, set_scene
from tests.factories import actor_for, make_area

WRONG_KEY = (200, {"errcode": 93000, "errmsg": f"invalid webhook url, hint: [1] {TOKEN}"})
LIMITED = (200, {"errcode": 45009, "errmsg": "api freq out of limit"})
BROKEN = (503, "no")


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_scene(database)


async def test_an_alarm_reaches_a_wecom_group_once_with_place_and_post(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    (alarm,) = await scene.alarms()
    assert await scene.work() == 1 and await scene.work() == 0
    (got,) = side.got
    assert got.path == f"/cgi-bin/webhook/send?key={TOKEN}"
    assert f"[储罐压力 0 高报](http://ansu.test/alarms/{alarm.id})" in got.markdown
    assert "> 地点：罐区" in got.markdown and "> 负责岗位：储运岗" in got.markdown
    (message,) = await scene.messages()
    assert (message.state, message.attempts, message.level) == ("sent", 1, "significant")
    assert f"编号 {message.id}" in got.markdown and (await scene.row()).last_sent_at is not None


async def test_dingtalk_and_feishu_are_signed_as_they_check_it(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.DINGTALK, locale="en")
    await scene.channel(kind=Kind.FEISHU, locale="en")
    await scene.alarms()
    assert await scene.work() == 2
    ding, fei = side.got
    asked = {name: values[0] for name, values in parse_qs(urlsplit(ding.path).query).items()}
    assert asked["access_token"] == TOKEN
    assert dingtalk_signature(int(asked["timestamp"]), SECRET) in ding.path
    assert fei.path == f"/open-apis/bot/v2/hook/{TOKEN}"
    assert fei.told["sign"] == feishu_signature(int(fei.told["timestamp"]), SECRET)
    assert abs(int(fei.told["timestamp"]) - now().timestamp()) < 60
    for got in (ding, fei):
        assert "Tank pressure 0 high" in got.markdown and "Place: Tank farm" in got.markdown


async def test_a_webhook_gets_json_that_it_can_check_and_know_again(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.WEBHOOK, address=f"{side.url}/hook?a=1", inside=True)
    (alarm,) = await scene.alarms()
    side.answers = [BROKEN]
    await scene.work()
    await scene.work(timedelta(seconds=20))
    first, second = side.got
    assert first.body == second.body and first.path == "/hook?a=1"
    assert first.headers["x-ansu-delivery"] == second.headers["x-ansu-delivery"] == first.told["delivery"]
    stamp = int(second.headers["x-ansu-timestamp"])
    assert second.headers["x-ansu-signature"] == webhook_signature(stamp, second.body, SECRET)
    assert [item["id"] for item in first.told["items"]] == [alarm.id] and first.told["version"] == 1


async def test_two_hundred_alarms_are_few_messages_and_none_is_lost(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    started = now()
    await scene.alarms(199)
    await scene.alarms(1, "major")
    await scene.follow(started)
    for second in range(0, 120, 2):
        with holding(started + timedelta(seconds=second)):
            await send_due(scene.database)
    assert len(side.got) == 1, "they came within the time of gathering"
    assert "200（重大 1，较大 199）" in side.got[0].markdown and len(side.got[0].markdown.encode()) <= 4096
    assert sum(one.items for one in await scene.messages() if one.state == "sent") == 200


async def test_a_flood_that_goes_on_keeps_the_limit_and_the_graver_goes_first(scene: Scene, side: OtherSide) -> None:
    """For two minutes a major alarm every second: each is told within seconds or with the next message."""
    await scene.channel()
    started, calls = now(), list[float]()
    side.before = lambda _: calls.append(second)
    for second in range(120):
        await scene.alarms(1, "major")
        await scene.follow(started + timedelta(seconds=second))
        with holding(started + timedelta(seconds=second)):
            await send_due(scene.database)
    assert all(sum(one <= call < one + 60 for call in calls) <= 20 for one in calls)
    assert len(calls) <= 42 and calls[0] <= 4
    with holding(started + timedelta(seconds=300)):
        await send_due(scene.database)
    assert sum(one.items for one in await scene.messages() if one.state == "sent") == 120


async def test_lesser_news_after_a_message_gathers_and_major_news_does_not_wait(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    started = now()
    await scene.work(since=started)
    await scene.alarms(2)
    assert await scene.work(since=started + timedelta(seconds=5)) == 0
    await scene.alarms(1, "major")
    assert await scene.work(since=started + timedelta(seconds=6)) == 1
    assert "预警报警 3（重大 1，较大 2）" in side.got[-1].markdown


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


async def test_quiet_hours_are_kept_for_their_end_but_for_what_is_major(scene: Scene, side: OtherSide) -> None:
    night = now().replace(second=0, microsecond=0) + timedelta(hours=1)
    morning = night + timedelta(hours=8)
    clocks = [f"{moment.astimezone(ZoneInfo(scene.site.time_zone)):%H:%M}" for moment in (night, morning)]
    await scene.channel(quiet_from=clocks[0], quiet_until=clocks[1])
    await scene.alarms(3)
    assert await scene.work(since=night) == 0
    await scene.alarms(1, "major")
    assert await scene.work(since=night + timedelta(minutes=1)) == 1 and "◆" in side.got[0].markdown
    assert await scene.work(since=morning - timedelta(seconds=10)) == 0
    assert await scene.work(since=morning) == 1 and "预警报警 3" in side.got[1].markdown


async def test_only_what_happens_at_its_places_is_told(scene: Scene, side: OtherSide) -> None:
    async with scene.database.session() as session:
        elsewhere = await make_area(session, scene.site)
    await scene.channel(area_ids=[str(elsewhere.id)])
    await scene.alarms()
    assert await scene.work() == 0
    await scene.channel(area_ids=[str(scene.area.id)])
    await scene.alarms()
    assert await scene.work() == 1 and len(side.got) == 1


async def test_nothing_of_another_site_and_nothing_from_before_is_told(scene: Scene, side: OtherSide) -> None:
    await scene.alarms()
    await scene.channel()
    other = await set_scene(scene.database)
    await other.alarms(2)
    assert await scene.work() == 0 and side.got == []


async def test_incidents_and_overdue_rectifications_are_told_to_who_asks(scene: Scene, side: OtherSide) -> None:
    await scene.channel(topics=["incidents", "overdue"])
    async with scene.database.session() as session:
        for kind, subject in (("incident.opened", "incident"), ("rectification.overdue", "rectification")):
            title = {"title_zh": f"{subject} 一", "title_en": f"{subject} one", "url": f"/{subject}s/1"}
            about = {"kind": kind, "subject": subject, "subject_id": 987_654, "level": "major", "data": title}
            await record_event(session, site_id=scene.site.id, **about)  # type: ignore[arg-type]
    await scene.alarms()
    assert await scene.work() == 1
    assert "事件 1，整改逾期 1（重大 2）" in side.got[0].markdown and "储罐" not in side.got[0].markdown


async def test_a_slow_letter_a_second_holds_nobody_longer_than_ten_seconds(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    side.drips = True
    started = now()
    assert await scene.work() == 1
    assert 9 < (now() - started).total_seconds() < 14
    assert (await scene.row()).last_reason == "timed_out"


async def test_no_detour_is_taken(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.WEBHOOK, address=f"{side.url}/hook", inside=True)
    await scene.alarms()
    side.answers, side.headers = [(302, "")], {"Location": f"{side.url}/elsewhere"}
    await scene.work()
    assert [one.path for one in side.got] == ["/hook"] and (await scene.row()).last_reason == "redirected"


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "169.254.169.254", "0.0.0.0", "127.1", "0x7f000002"])
async def test_this_machine_and_metadata_are_not_called(scene: Scene, side: OtherSide, host: str) -> None:
    port = urlsplit(side.url).port
    await scene.channel(kind=Kind.WEBHOOK, address=f"http://{host}:{port}/hook", inside=True)
    await scene.alarms()
    await scene.work()
    assert side.got == [] and (await scene.row()).last_reason in {"forbidden_address", "no_such_host"}


async def test_a_private_address_needs_its_tick(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.WEBHOOK, address="https://10.255.255.1/hook")
    await scene.alarms()
    await scene.work()
    assert (await scene.row()).last_reason == "inside_address" and side.got == []


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


async def test_a_key_that_cant_be_opened_is_said_and_typed_anew(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    async with scene.database.session() as session:
        await session.execute(text("UPDATE channel SET sealed = 'x' WHERE id = :id"), {"id": scene.channel_id})
    await scene.alarms()
    await scene.work()
    assert (await scene.row()).last_reason == "sealed" and side.got == []


async def test_the_database_holds_no_secret_in_the_clear(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.DINGTALK)
    async with scene.database.session() as session:
        for table in ("channel", "audit_entry", "event", "channel_news", "channel_message"):
            rows = json.dumps([dict(row) for row in (await session.execute(
                text(f"SELECT to_jsonb(t) AS row FROM {table} t")
            )).mappings()])  # fmt: skip
            assert TOKEN not in rows and SECRET not in rows


async def test_what_was_sent_is_forgotten_after_three_months(scene: Scene, side: OtherSide) -> None:
    await scene.channel()
    await scene.alarms()
    await scene.work()
    for days, left in ((89, 1), (91, 0)):
        with holding(now() + timedelta(days=days)):
            async with scene.database.session() as session:
                await forget_sent(session)
        assert len(await scene.messages()) == left


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

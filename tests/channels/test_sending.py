"""From an event to the other side: once each, grouped, within limits, whatever fails in between."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from backend.channels.kinds import Kind
from backend.channels.signing import dingtalk_signature, feishu_signature, webhook_signature
from backend.channels.working import forget_sent, send_due
from backend.core.clock import holding, now
from backend.core.database import Database
from backend.core.events import record_event
from backend.core.settings import PROJECT_ROOT
from tests.channels.other_sides import OtherSide, certificate, other_side, tls_of
from tests.channels.scene import SECRET, TOKEN, Scene, set_scene
from tests.factories import make_area

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


async def test_only_a_trusted_certificate_gets_the_message(
    scene: Scene, side: OtherSide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, "localhost")
    with other_side(tls_of(file)) as secure:
        await scene.channel(kind=Kind.WEBHOOK, address=f"{secure.url}/hook")
        await scene.alarms()
        started = now()
        await scene.work(since=started)
        assert secure.got == [] and (await scene.row()).last_reason == "untrusted"
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert await scene.work(timedelta(minutes=1), since=started) == 1
        assert len(secure.got) == 1 and (await scene.row()).failures == 0


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


async def test_the_check_that_the_documents_show_fits_what_is_sent(scene: Scene, side: OtherSide) -> None:
    await scene.channel(kind=Kind.WEBHOOK, address=f"{side.url}/hook", inside=True)
    await scene.alarms()
    await scene.work(since=now() - timedelta(seconds=4))
    code = re.search(r"```python\n(.*?)```", (PROJECT_ROOT / "docs" / "channels.zh.md").read_text(), re.DOTALL)
    assert code is not None
    shown: dict[str, Any] = {}
    exec(code[1], shown)
    (got,) = side.got
    headers = {"X-AnSu-Timestamp": got.headers["x-ansu-timestamp"], "X-AnSu-Signature": got.headers["x-ansu-signature"]}
    assert shown["genuine"](headers, got.body, SECRET)
    assert not shown["genuine"](headers, got.body + b" ", SECRET) and not shown["genuine"](headers, got.body, "other")


async def test_a_deadline_that_passed_wakes_nobody_at_night_however_grave(scene: Scene, side: OtherSide) -> None:
    night = now().replace(second=0, microsecond=0) - timedelta(hours=1)
    clocks = [
        f"{moment.astimezone(ZoneInfo(scene.site.time_zone)):%H:%M}" for moment in (night, night + timedelta(hours=8))
    ]
    await scene.channel(topics=["overdue"], quiet_from=clocks[0], quiet_until=clocks[1])
    async with scene.database.session() as session:
        title = {"title_zh": "整改逾期", "title_en": "Rectification overdue", "url": "/rectifications/1"}
        about = {"kind": "rectification.overdue", "subject": "rectification", "subject_id": 987_655, "level": "major"}
        await record_event(session, site_id=scene.site.id, data=title, **about)  # type: ignore[arg-type]
    assert await scene.work() == 0 and await scene.work(timedelta(hours=8)) == 1


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

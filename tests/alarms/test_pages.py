"""The pages of alarms as people use them: the list, one alarm with its story, deeds done once and refusals in words."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from backend.alarms.commands import close
from backend.alarms.models import Level
from backend.core.database import Database
from backend.core.errors import Conflict
from backend.core.events import record_event
from backend.delivery.commands import address_people, keep_receipts
from backend.identity.models import Role
from tests.alarms.browsing import Browsers, form_key, raised, returned, words
from tests.alarms.setting import Setting, settle
from tests.webclient import signed_in


async def fetch(database: Database, sql: str, **values: Any) -> Sequence[Any]:
    async with database.session() as session:
        return (await session.execute(text(sql), values)).all()


async def test_the_list_shows_a_flood_together_with_level_state_and_place(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    general = await raised(database, setting)
    major = await raised(database, setting, machine=1, level=Level.MAJOR)
    page = await (await browsers(Role.WORKER)).get("/alarms")
    shown = words(page)
    assert page.status_code == 200
    assert "同一波 2 条" in shown
    assert shown.index("压力1 高报") < shown.index("压力0 高报"), "the worst first"
    assert "设备1" in shown and "待确认" in shown
    assert shown.index("重大") < shown.index("一般", shown.index("压力1")), "level is a word too"
    assert f'href="/alarms/{general}"' in page.text and f'href="/alarms/{major}"' in page.text


async def test_a_list_that_refreshes_itself_gets_the_list_alone(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    await raised(database, setting)
    browser = await browsers(Role.LEADER)
    part = await browser.get("/alarms", headers={"HX-Request": "true", "HX-Target": "alarm-list"})
    assert part.text.lstrip().startswith("<section") and "<html" not in part.text
    assert 'data-refresh-on="alarm"' in part.text and "压力0 高报" in part.text


async def test_more_of_a_long_list_keeps_what_is_shown(
    database: Database, setting: Setting, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.alarms.queries.listing.PAGE", 2)
    monkeypatch.setattr("backend.alarms.pages.board.MOST_PAGES", 2)
    for n in range(5):
        await raised(database, setting, condition_key=f"k{n}", title=f"第{n}条", equipment_id=None)
    browser = await browsers(Role.LEADER)
    seen: list[list[str]] = []
    url: str | None = "/alarms"
    while url:
        page = await browser.get(url)
        seen.append(re.findall(r"第(\d)条", words(page)))
        more = re.search(r'class="button is-quiet more" href="([^"]+)"', page.text)
        url = more[1].replace("&amp;", "&") if more else None
    assert seen == [["4", "3"], ["4", "3", "2", "1"], ["0"]]


async def test_tabs_and_filters_narrow_the_list_and_say_when_nothing_is_left(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    await raised(database, setting)
    await raised(database, setting, machine=2, level=Level.MAJOR)
    browser = await browsers(Role.LEADER)
    assert "压力2" not in words(await browser.get("/alarms?level=general"))
    assert "压力0" not in words(await browser.get("/alarms?search=设备2"))
    assert "没有符合条件的预警" in words(await browser.get("/alarms?search=无此物"))
    assert "没有搁置的预警" in words(await browser.get("/alarms?show=shelved"))
    assert "还没有关闭过的预警" in words(await browser.get("/alarms?show=closed"))
    assert (await browser.get("/alarms?show=nonsense&level=x")).status_code == 200


async def test_one_tap_acknowledges_and_the_story_names_who(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.LEADER)
    page = await browser.get(f"/alarms/{alarm}")
    assert "101.0 kPa" in words(page) and "100.0 kPa" in words(page)
    done = await browser.post(f"/alarms/{alarm}/acknowledge", data={"idempotency_key": form_key(page, "acknowledge")})
    assert (done.status_code, done.headers["location"]) == (303, f"/alarms/{alarm}?done=acknowledge")
    after = await browser.get(done.headers["location"])
    assert "已确认，不再继续通知" in words(after)
    assert "已确认 · leader某" in words(after)
    assert "/acknowledge" not in after.text
    assert f'href="/rectifications/new?alarm_id={alarm}"' in after.text.partition('id="alarm-action"')[2]


async def test_the_same_form_sent_twice_acknowledges_once_and_is_answered_alike(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.LEADER)
    form = {"idempotency_key": form_key(await browser.get(f"/alarms/{alarm}"), "acknowledge")}
    first = await browser.post(f"/alarms/{alarm}/acknowledge", data=form)
    second = await browser.post(f"/alarms/{alarm}/acknowledge", data=form)
    assert (first.status_code, first.headers["location"]) == (second.status_code, second.headers["location"])
    events = await fetch(
        database, "SELECT 1 FROM event WHERE kind = 'alarm.acknowledged' AND subject_id = :id", id=alarm
    )
    assert len(events) == 1


async def test_who_comes_second_reads_why_and_keeps_their_words(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    leader, manager = await browsers(Role.LEADER), await browsers(Role.MANAGER)
    await leader.post(f"/alarms/{alarm}/acknowledge")
    late = await manager.post(f"/alarms/{alarm}/acknowledge", data={"note": "我去现场看看"})
    assert late.status_code == 409
    assert "报警已有人确认" in words(late) and "我去现场看看" in words(late)


async def test_shelving_needs_a_reason_and_keeps_what_was_chosen(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.LEADER)
    refused = await browser.post(f"/alarms/{alarm}/shelve", data={"minutes": "480"})
    assert refused.status_code == 422
    assert "请填写搁置原因" in words(refused)
    assert re.search(r'name="minutes" value="480" checked', refused.text)
    assert '<details class="card sheet" id="do-shelve" open>' in refused.text
    too_long = await browser.post(f"/alarms/{alarm}/shelve", data={"minutes": "9000", "other_reason": "换表"})
    assert too_long.status_code == 409 and "搁置时间超过该等级允许的上限" in words(too_long)
    assert 'value="换表"' in too_long.text
    done = await browser.post(f"/alarms/{alarm}/shelve", data={"minutes": "480", "reason": "正在检修"})
    assert done.status_code == 303
    shelved = words(await browser.get(f"/alarms/{alarm}"))
    assert "已搁置" in shelved and "正在检修" in shelved and "取消搁置" in shelved
    assert (await browser.post(f"/alarms/{alarm}/unshelve")).status_code == 303
    assert "待确认" in words(await browser.get(f"/alarms/{alarm}"))


async def test_a_false_alarm_needs_a_word_on_why(database: Database, setting: Setting, browsers: Browsers) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.LEADER)
    assert "请选择属实或误报" in words(await browser.post(f"/alarms/{alarm}/judge", data={"note": "x"}))
    refused = await browser.post(f"/alarms/{alarm}/judge", data={"verdict": "false"})
    assert refused.status_code == 422 and "请说明为什么是误报" in words(refused)
    assert re.search(r'name="verdict" value="false" checked', refused.text)
    done = await browser.post(f"/alarms/{alarm}/judge", data={"verdict": "false", "note": "仪表在校验"})
    assert done.status_code == 303
    judged = words(await browser.get(f"/alarms/{alarm}"))
    assert "误报" in judged and "仪表在校验" in judged
    assert f'href="/alarms/{alarm}"' in (await browser.get("/alarms?show=false")).text


async def test_a_major_alarm_is_closed_by_a_second_person(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting, level=Level.MAJOR)
    leader, manager = await browsers(Role.LEADER), await browsers(Role.MANAGER)
    await leader.post(f"/alarms/{alarm}/acknowledge")
    await returned(database, setting)
    own = await leader.get(f"/alarms/{alarm}")
    assert "重大报警须由确认人以外的另一人关闭" in words(own)
    assert "已恢复，待关闭" in words(own)
    refused = await leader.post(f"/alarms/{alarm}/close", data={"note": "温度已降"})
    assert refused.status_code == 409
    assert "重大报警须由确认人以外的另一人关闭" in words(refused) and "温度已降" in words(refused)
    done = await manager.post(f"/alarms/{alarm}/close", data={"note": "现场已复核"})
    assert done.status_code == 303
    closed = words(await manager.get(f"/alarms/{alarm}"))
    assert "已关闭 · manager某" in closed and "现场已复核" in closed
    async with database.session() as session:
        with pytest.raises(Conflict):
            await close(session, setting.actor(Role.SAFETY_OFFICER), alarm)


async def test_a_worker_reads_and_may_only_add_what_they_saw(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    browser = await browsers(Role.WORKER)
    page = await browser.get(f"/alarms/{alarm}")
    assert page.status_code == 200
    forms = re.findall(r'<form[^>]*action="([^"]+)"', page.text.partition("<main")[2])
    assert forms == [f"/alarms/{alarm}/note"]
    assert (await browser.post(f"/alarms/{alarm}/note", data={"note": " "})).status_code == 422
    form = {"note": "阀门已手动关小", "idempotency_key": form_key(page, "note")}
    for _sent in range(2):
        assert (await browser.post(f"/alarms/{alarm}/note", data=form)).status_code == 303
    story = words(await browser.get(f"/alarms/{alarm}"))
    assert story.count("阀门已手动关小") == 1 and "备注 · worker某" in story
    for deed in ("acknowledge", "shelve", "unshelve", "close", "judge"):
        assert (await browser.post(f"/alarms/{alarm}/{deed}")).status_code == 403


async def test_the_page_says_whose_phone_has_it_and_who_opened_it(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    leader, worker = setting.people[Role.LEADER], setting.people[Role.WORKER]
    async with database.session() as session:
        await record_event(
            session, site_id=setting.site_id, kind="alarm.escalated", subject="alarm", subject_id=alarm,
            data={"told": [leader, worker], "title_zh": "请处理", "title_en": "Please handle"},
        )  # fmt: skip
    (event,) = await fetch(
        database, "SELECT id FROM event WHERE kind = 'alarm.escalated' AND subject_id = :id", id=alarm
    )
    async with database.session() as session:
        await address_people(session)
        await keep_receipts(session, setting.actor(Role.LEADER), [event.id])
    browser = await browsers(Role.LEADER)
    page = words(await browser.get(f"/alarms/{alarm}"))
    assert "通知 → leader某、worker某" in page
    assert re.search(r"leader某 班组长 收到 .* 已收到", page)
    assert re.search(r"worker某 一线员工 手机未收到", page)
    assert "看过" not in page
    assert "看过" in words(await browser.get(f"/alarms/{alarm}", headers={"HX-Request": "true"}))
    await (await browsers(Role.WORKER)).get(f"/alarms/{alarm}", headers={"HX-Request": "true"})
    seen = await fetch(
        database, "SELECT seen_at FROM delivery WHERE event_id = :id AND person_id = :who", id=event.id, who=worker
    )
    assert [row.seen_at for row in seen] == [None], "a page that refreshes itself isn't somebody who looks"


async def test_the_story_tells_of_the_rectification_but_to_a_worker_only_of_their_own(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    alarm = await raised(database, setting)
    worker = setting.people[Role.WORKER]
    async with database.session() as session:
        for number, told, photos in (("ZG-1", [worker], [7]), ("ZG-2", [], [])):
            await record_event(
                session, site_id=setting.site_id, kind="rectification.opened", subject="rectification",
                subject_id=1, story=f"alarm:{alarm}", actor_id=setting.people[Role.LEADER],
                data={"title_zh": f"开出整改 {number}", "title_en": f"Opened {number}", "url": "/rectifications/1",
                      "note": "更换密封", "told": told, "photos": photos},
            )  # fmt: skip
    page = await (await browsers(Role.LEADER)).get(f"/alarms/{alarm}")
    assert "开出整改 ZG-1 · leader某 → worker某" in words(page) and "开出整改 ZG-2" in words(page)
    assert 'src="/photos/7/thumbnail"' in page.text and "更换密封" in words(page)
    own = words(await (await browsers(Role.WORKER)).get(f"/alarms/{alarm}"))
    assert "ZG-1" in own and "ZG-2" not in own


async def test_the_trace_of_the_flood_is_in_the_story_of_each_of_its_alarms(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    first = await raised(database, setting)
    second = await raised(database, setting, machine=1)
    async with database.session() as session:
        for kind in ("trace.made", "trace.refined", "trace.refined"):
            await record_event(
                session, site_id=setting.site_id, kind=kind, subject="trace", subject_id=1, story=f"alarm:{first}",
                data={"title_zh": "溯源" + kind, "title_en": kind, "url": "/traces/1"},
            )  # fmt: skip
    browser = await browsers(Role.LEADER)
    for alarm in (first, second):
        page = words(await browser.get(f"/alarms/{alarm}"))
        assert "溯源trace.made" in page
        assert page.count("溯源trace.refined") == 1 and "共 2 次" in page
    assert "同一波的其他预警（1）" in words(await browser.get(f"/alarms/{second}"))
    assert "压力0 高报" in words(await browser.get(f"/alarms/{second}"))


async def test_another_site_finds_neither_the_alarm_nor_its_deeds(
    app: Any, database: Database, setting: Setting
) -> None:
    alarm = await raised(database, setting)
    async with database.session() as session:
        other = await settle(session)
        from backend.identity.models import Person

        stranger = await session.get_one(Person, other.people[Role.ADMIN])
    async with signed_in(app, stranger) as browser:
        assert (await browser.get(f"/alarms/{alarm}")).status_code == 404
        for deed in ("acknowledge", "shelve", "unshelve", "close", "judge", "note"):
            assert (await browser.post(f"/alarms/{alarm}/{deed}")).status_code == 404
        assert "压力0" not in words(await browser.get("/alarms"))
    state = await fetch(database, "SELECT state FROM alarm WHERE id = :id", id=alarm)
    assert state[0].state == "unacknowledged"


async def test_in_english_no_chinese_is_left(database: Database, setting: Setting, browsers: Browsers) -> None:
    alarm = await raised(database, setting, level=Level.MAJOR)
    async with database.session() as session:
        await session.execute(
            text("UPDATE person SET locale = 'en', name_en = 'Li' WHERE site_id = :s"), {"s": setting.site_id}
        )
    browser = await browsers(Role.LEADER)
    await browser.post(f"/alarms/{alarm}/shelve", data={"minutes": "15", "reason": "正在检修"})
    for url in ("/alarms", "/alarms?show=closed", f"/alarms/{alarm}"):
        page = await browser.get(url)
        assert page.status_code == 200
        assert not re.search(r"[\u4e00-\u9fff]", words(page)), (url, words(page))

"""Alarm load as people see it: figures that open their rows, a rule tried on the past, a calmer one by one tap."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlmodel import col

from backend.alarms.drafts import draft_of
from backend.alarms.models import Alarm, AlarmRule
from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden
from backend.core.jobs import JobContext
from backend.operations.alarmload import commands
from backend.operations.alarmload.following import followed
from backend.operations.alarmload.models import RuleTrial
from backend.operations.alarmload.overview import asked_of, overview
from backend.operations.alarmload.queries.load import Which, rows
from backend.operations.alarmload.view import view_of
from backend.operations.alarmload.working import work_on_trial
from tests.hazards.browsing import browsing, chinese
from tests.incidents.test_pages import text_of
from tests.operations.noisy import FLUTTERS, Noisy, make_noisy, rise_begins


@pytest.fixture
async def noisy(database: Database) -> Noisy:
    async with database.session() as session:
        return await make_noisy(session)


async def test_every_figure_is_counted_from_the_log_and_opens_its_rows(
    app: FastAPI, database: Database, noisy: Noisy
) -> None:
    """Twelve calls of a closed-again alarm in one ten-minute slot (a flood), three of them within a minute."""
    slot = now() - timedelta(hours=3)
    slot -= timedelta(seconds=slot.timestamp() % 600)
    seconds = [5, 20, 40, *(90 + 50 * n for n in range(9))]
    async with database.session() as session:
        for n, second in enumerate(seconds):
            at = slot + timedelta(seconds=second)
            await noisy.raised(session, at, back=at + timedelta(seconds=8))
            if n == 11:
                await session.execute(
                    text("UPDATE alarm SET state = 'closed' WHERE site_id = :s"), {"s": noisy.site_id}
                )
        await noisy.raised(session, now() - timedelta(hours=30), condition_key="old:H", rule_id=None, level="major")
    async with database.session() as session:
        found = await overview(session, noisy.leader, asked_of("7d", ""), "7d")
        elsewhere = await overview(session, noisy.leader, asked_of("7d", "team:999999"), "7d")
        of_team = await overview(session, noisy.leader, asked_of("7d", f"team:{noisy.team_id}"), "7d")
        hourly = await rows(session, noisy.leader, asked_of("24h", ""), Which.CHATTERING)
    assert (found.alarms, found.operators, found.rate.peak) == (13, 1, 12.0)
    assert found.rate.average is not None and round(found.rate.average * 7 * 144) == 13
    assert [(one.from_at, one.alarms) for one in found.floods] == [(slot, 12)]
    assert found.flooded is not None and round(found.flooded * 7 * 144, 6) == 1
    assert (found.stale, found.chattering) == (1, 1) and len(hourly) == 1, "the third within a minute makes it chatter"
    assert [(one.rule_id, one.raised) for one in found.worst] == [(noisy.rule.id, 12), (None, 1)]
    assert found.split is not None and round(found.split["high"], 3) == round(1 / 13, 3)
    assert sum(cell.alarms for cell in found.cells) == 13 and max(cell.fullest for cell in found.cells) == 12
    assert elsewhere.alarms == 0 and of_team.alarms == 13
    async with browsing(app, noisy.leader) as browser:
        page = await browser.get("/alarm-load")
        assert "超出目标" in page.text and "12 次 · 92.3%" in text_of(page.text) and "找安静的设置" not in page.text
        listed = await browser.get(f"/alarm-load/rows?rule={noisy.rule.id}")
        assert listed.text.count('class="row"') == 12
        assert (await browser.get("/api/v1/alarm-load?period=24h")).json()["alarms"] == 12
    async with browsing(app, noisy.officer, locale="en") as browser:
        assert not chinese(text_of((await browser.get(f"/alarm-load?within=area:{noisy.area_id}")).text)) - _own(noisy)


async def test_the_number_of_operators_is_a_setting_and_a_wrong_one_is_kept_as_typed(
    app: FastAPI, noisy: Noisy
) -> None:
    async with browsing(app, noisy.officer) as browser:
        refused = await browser.post("/alarm-load/operators", data={"operators": "三"})
        assert refused.status_code == 422 and "请填写 1 到 500 的整数" in refused.text and 'value="三"' in refused.text
        assert (await browser.post("/alarm-load/operators", data={"operators": "3"})).status_code == 303
        assert (await browser.get("/api/v1/alarm-load")).json()["operators"] == 3
        await browser.post("/alarm-load/operators", data={"operators": ""})
        assert (await browser.get("/api/v1/alarm-load")).json()["operators"] == 1


async def test_a_draft_is_judged_over_the_past_beside_the_rule_in_force_and_a_missed_true_alarm_comes_first(
    app: FastAPI, database: Database, noisy: Noisy
) -> None:
    at = rise_begins(noisy)
    async with database.session() as session:
        true = await noisy.raised(session, at, back=at + timedelta(minutes=15))
        await session.execute(text("UPDATE alarm SET judgement = 'true' WHERE id = :id"), {"id": true})
    typed: dict[str, Any] = {
        "kind": "threshold", "name": "压力高", "point_id": noisy.point.id, "level": "general", "limit_H": "115",
        "enabled": "on", "days": "7",
    }  # fmt: skip
    async with browsing(app, noisy.officer) as browser:
        url = f"/rule-trials?rule_id={noisy.rule.id}"
        blind = text_of((await browser.post(url, data=typed, headers={"HX-Request": "true"})).text)
        assert blind.index("会漏掉 1 条要紧的预警") < blind.index(f"{FLUTTERS + 1} 0 次预警"), blind
        slow = await browser.post(url, data=typed | {"limit_H": "100", "on_delay_s": "30"})
        page = text_of((await browser.get(slow.headers["location"])).text)
        assert f"{FLUTTERS + 1} 1 次预警" in page and "保住 1 条，漏掉 0 条" in page and "晚 30 秒" in page
        new = await browser.post("/rule-trials", data=typed | {"limit_H": "105"}, headers={"HX-Request": "true"})
        assert "1 次预警" in text_of(new.text) and "<html" not in new.text
        wrong = await browser.post(url, data=typed | {"limit_H": "高"}, headers={"HX-Request": "true"})
        assert wrong.status_code == 422 and "请填写数字" in wrong.text
    async with database.session() as session:
        rule = (await session.scalars(select(AlarmRule).where(col(AlarmRule.id) == noisy.rule.id))).one()
        assert (rule.version, rule.parameters) == (1, noisy.rule.parameters), "trying changes nothing"


async def test_a_calmer_setting_is_found_taken_by_one_tap_followed_and_taken_back(
    app: FastAPI, database: Database, noisy: Noisy
) -> None:
    at = rise_begins(noisy)
    async with database.session() as session:
        true = await noisy.raised(session, at, back=at + timedelta(minutes=15))
        await session.execute(text("UPDATE alarm SET judgement = 'true' WHERE id = :id"), {"id": true})
    async with browsing(app, noisy.officer) as browser:
        asked = await browser.post(f"/rules/{noisy.rule.id}/calmer")
        url = asked.headers["location"]
        page = text_of((await browser.get(url)).text)
        assert "采用这个设置" in page and "保住 1 条，漏掉 0 条" in page and "不晚" in page
        assert (await browser.post(f"{url}/apply")).headers["location"] == f"{url}?done=applied"
        assert (await browser.post(f"{url}/apply")).status_code == 409, "the rule is another version by now"
        assert url in (await browser.get(f"/rules/{noisy.rule.id}")).text, "its reason leads back"
        again = await browser.post(f"/rules/{noisy.rule.id}/calmer")
        assert "没有找到安全的改法" in (await browser.get(again.headers["location"])).text
    async with database.session() as session:
        rule = (await session.scalars(select(AlarmRule).where(col(AlarmRule.id) == noisy.rule.id))).one()
        (one,) = await followed(session, noisy.leader, rule_id=rule.id)
        made = one.change.made
        assert rule.version == 2 and rule.parameters == noisy.rule.parameters and rule.on_delay_s == 0.0
        assert (made.alarms_before, one.came) == (FLUTTERS + 1, [])
        replayed = await commands.ask_trial(session, noisy.officer, draft_of(rule), rule_id=rule.id, days=7)
        assert view_of(replayed).before.alarms == made.alarms_after <= 0.3 * made.alarms_before, "the load is lower"
        made.applied_at = now() - timedelta(days=8)
    async with database.session() as session:
        (one,) = await followed(session, noisy.leader, rule_id=rule.id)
        assert [(came.days, came.alarms, came.as_promised, came.over) for came in one.came] == [
            (7.0, 0, True, True), (8.0, 1, True, False),
        ]  # fmt: skip
    async with browsing(app, noisy.officer) as browser:
        assert "恢复原来的设置" in (await browser.get(url)).text
        assert (await browser.post(f"/rationalisations/{made.id}/restore")).status_code == 303
    async with database.session() as session:
        rule = (await session.scalars(select(AlarmRule).where(col(AlarmRule.id) == noisy.rule.id))).one()
        assert (rule.version, rule.deadband, rule.off_delay_s) == (3, 0.0, 0.0)
        with pytest.raises(Conflict):
            await commands.restore(session, noisy.officer, made.id)
        with pytest.raises(Forbidden):
            await commands.ask_suggestion(session, noisy.leader, rule.id)


async def test_what_takes_longer_than_a_person_waits_is_done_by_a_worker(
    database: Database, noisy: Noisy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.operations.alarmload.working.PATIENCE_S", -1.0)
    async with database.session() as session:
        trial = await commands.ask_suggestion(session, noisy.officer, noisy.rule.id)
    assert trial.state == "running"
    async with database.session() as session:
        job = (
            await session.execute(
                text("SELECT id, payload FROM job WHERE kind = 'rule.trial' AND site_id = :s"), {"s": noisy.site_id}
            )
        ).one()
        await work_on_trial(JobContext(session, database, job.id, noisy.site_id, job.payload, 1))
    async with database.session() as session:
        done = await session.get_one(RuleTrial, trial.id)
        assert view_of(done).can_be_taken and done.done_share == 1.0


async def test_a_true_alarm_within_a_flutter_still_comes_though_the_flutter_goes(
    database: Database, noisy: Noisy
) -> None:
    async with database.session() as session:
        id_ = await noisy.raised(session, noisy.begun + timedelta(seconds=70))
        alarm = await session.get_one(Alarm, id_)
        alarm.returned_at, alarm.judgement = noisy.begun + timedelta(seconds=80), "true"
    async with database.session() as session:
        view = view_of(await commands.ask_suggestion(session, noisy.officer, noisy.rule.id))
    assert view.safe and view.kept == 1 and view.latest_s == 0, "the first call of a flutter still comes"


def _own(noisy: Noisy) -> set[str]:
    return {"区", "班", "设备", "测点", "规则", "厂区", "员工"}

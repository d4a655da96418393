"""Rules as people read, make and change them on pages."""

import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.alarms.queries import rules as queries
from backend.alarms.queries.rules import Service, Wanted
from backend.core.database import Database
from backend.identity.models import Person, Role
from tests.alarms.browsing import Browsers, raised, words
from tests.alarms.setting import Setting, add_rule, settle
from tests.webclient import signed_in


async def fetch(database: Database, sql: str, **values: Any) -> Sequence[Any]:
    async with database.session() as session:
        return (await session.execute(text(sql), values)).all()


async def rule_of(database: Database, setting: Setting, **fields: Any) -> int:
    async with database.session() as session:
        return (await add_rule(session, setting, **fields)).id


def filled(page: httpx.Response) -> dict[str, str]:
    """What a browser would send of the page's form, with nothing touched."""
    form = page.text.partition('id="rule"')[2].partition("</form>")[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name[1]] = value[1] if value else ""
    for name_, body in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>([^<]*)</textarea>', form):
        fields[name_] = body
    for name_, body in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        fields[name_] = chosen[1] if chosen else ""
    return fields


async def test_rules_stand_under_their_equipment_with_what_they_watch(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    await rule_of(
        database,
        setting,
        point=1,
        name="流量骤降",
        kind="rate",
        parameters={"per_minute": 5.0, "window_s": 60.0, "direction": "fall"},
    )
    rule = await rule_of(database, setting, name="压力高")
    await raised(database, setting, rule_id=rule)
    page = words(await (await browsers(Role.LEADER)).get("/rules"))
    assert page.index("设备0") < page.index("压力高") < page.index("设备1") < page.index("流量骤降")
    assert "H 100 HH 120 kPa" in page
    assert "1 条未关闭" in page
    assert "新增规则" not in page, "a leader reads"


async def test_rules_are_found_by_words_and_by_service(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    await rule_of(database, setting, name="甲", out_of_service_reason="检修")
    await rule_of(database, setting, name="乙", enabled=False, point=1)
    await rule_of(database, setting, name="丙", point=2)
    browser = await browsers(Role.SAFETY_OFFICER)

    async def found(query: str) -> set[str]:
        part = await browser.get(f"/rules?{query}", headers={"HX-Request": "true", "HX-Target": "rule-rows"})
        return set(re.findall("[甲乙丙]", words(part)))

    assert await found("") == {"甲", "乙", "丙"}
    assert await found("service=out_of_service") == {"甲"}
    assert await found("service=disabled") == {"乙"}
    assert await found("service=in_force") == {"丙"}
    assert await found("search=设备1") == {"乙"}
    assert await found("search=P2") == {"丙"}


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_pages_of_rules_show_each_once(database: Database, setting: Setting, most: int) -> None:
    async with database.session() as session:
        for n in range(5):
            await add_rule(
                session, setting, point=None if n == 4 else n % 3, kind="deviation" if n == 4 else "threshold"
            )
        found: list[int] = []
        after = ""
        while True:
            page = await queries.rules(session, setting.actor(), Wanted(), after=after, most=most)
            found += [card.rule.id for card in page.cards]
            after = page.following
            if not after:
                break
        everything = await queries.rules(session, setting.actor(), Wanted())
    assert found == [card.rule.id for card in everything.cards]
    assert len(set(found)) == 5
    assert everything.cards[-1].point is None


async def test_a_rule_is_made_after_choosing_its_kind(database: Database, setting: Setting, browsers: Browsers) -> None:
    browser = await browsers(Role.SAFETY_OFFICER)
    kinds = await browser.get(f"/rules/new?point_id={setting.points[0]}")
    assert f"/rules/new?kind=rate&amp;point_id={setting.points[0]}" in kinds.text
    form = filled(await browser.get(f"/rules/new?kind=threshold&point_id={setting.points[0]}"))
    assert form["point_id"] == str(setting.points[0])
    form |= {"name": "压力高", "limit_HH": "120", "level_HH": "major", "limit_H": "100", "advice": "检查冷却水"}
    made = await browser.post("/rules", data=form)
    assert made.status_code == 303
    again = await browser.post("/rules", data=form)
    assert again.headers["location"] == made.headers["location"], "sent twice, made once"
    page = words(await browser.get(made.headers["location"]))
    assert "规则已建立" in page and "检查冷却水" in page
    assert "高高限 ≥ 120 kPa" in page and "重大" in page
    rules = await fetch(database, "SELECT parameters FROM alarm_rule WHERE site_id = :s", s=setting.site_id)
    (limits,) = [rule.parameters["limits"] for rule in rules]
    assert limits["HH"] == {"value": 120.0, "level": "major"} and limits["H"]["value"] == 100.0


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("rate", {"per_minute": "-1"}, {"per_minute": "2,5"}),
        ("silence", {"after_s": "abc"}, {"after_s": "30"}),
        ("deviation", {"false_alarm_rate": "3"}, {"false_alarm_rate": "0.05"}),
        ("threshold", {"limit_H": "5", "limit_HH": "4"}, {"limit_H": "5", "limit_HH": "6"}),
    ],
)
async def test_a_refused_form_says_where_and_keeps_what_was_typed(
    database: Database, setting: Setting, browsers: Browsers, kind: str, wrong: dict[str, str], right: dict[str, str]
) -> None:
    browser = await browsers(Role.SAFETY_OFFICER)
    form = filled(await browser.get(f"/rules/new?kind={kind}")) | {"name": "新规则"}
    if kind != "deviation":
        form["point_id"] = str(setting.points[0])
    refused = await browser.post("/rules", data=form | wrong)
    assert refused.status_code == 422
    assert 'class="field-error"' in refused.text
    kept = filled(refused)
    assert kept | form | wrong == kept, "everything typed is still there"
    assert (await browser.post("/rules", data=kept | right)).status_code == 303


async def test_an_edit_is_a_version_with_who_and_what_in_words(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    rule = await rule_of(database, setting)
    browser = await browsers(Role.SAFETY_OFFICER)
    form = filled(await browser.get(f"/rules/{rule}/edit"))
    assert form["limit_HH"] == "120" and form["enabled"] == "on" and form["version"] == "1"
    saved = await browser.post(f"/rules/{rule}", data=form | {"limit_H": "105", "deadband": "2", "latched": "on"})
    assert saved.headers["location"] == f"/rules/{rule}?done=saved"
    page = words(await (await browsers(Role.LEADER)).get(f"/rules/{rule}"))
    assert "修改规则 · safety_officer某" in page and "第 2 版" in page
    assert "高限 100 → 105" in page and "回差 5 → 2" in page and "需人工关闭 否 → 是" in page
    assert "高高限 120" not in page.partition("修改记录")[2], "what didn't change isn't told"


async def test_a_rule_goes_back_to_how_it_stood_before_any_of_its_changes(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    rule = await rule_of(database, setting)
    browser, leader = await browsers(Role.SAFETY_OFFICER), await browsers(Role.LEADER)
    first = filled(await browser.get(f"/rules/{rule}/edit"))
    for edit in ({"limit_H": "105", "deadband": "2"}, {"limit_H": "107", "on_delay_s": "9"}):
        form = filled(await browser.get(f"/rules/{rule}/edit"))
        assert (await browser.post(f"/rules/{rule}", data=form | edit)).status_code == 303
    entries = re.findall(r'name="entry" value="(\d+)"', (await browser.get(f"/rules/{rule}")).text)
    assert (await leader.post(f"/rules/{rule}/restore", data={"entry": entries[1]})).status_code == 403
    assert 'name="entry"' not in (await leader.get(f"/rules/{rule}")).text
    assert (await browser.post(f"/rules/{rule}/restore", data={"entry": "1" * 18})).status_code == 404
    assert (await browser.post(f"/rules/{rule}/restore", data={"entry": entries[1]})).status_code == 303
    now = filled(await browser.get(f"/rules/{rule}/edit"))
    assert now.pop("version") == "4" and {k: v for k, v in now.items() if k != "idempotency_key"} == {
        k: v for k, v in first.items() if k not in ("idempotency_key", "version")
    }
    assert "原因 恢复到改前" in words(await browser.get(f"/rules/{rule}")).replace(" — →", "")


async def test_an_edit_over_somebody_elses_is_refused_and_kept(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    rule = await rule_of(database, setting)
    first, second = await browsers(Role.SAFETY_OFFICER), await browsers(Role.ADMIN)
    mine, theirs = filled(await first.get(f"/rules/{rule}/edit")), filled(await second.get(f"/rules/{rule}/edit"))
    assert (await second.post(f"/rules/{rule}", data=theirs | {"name": "改过"})).status_code == 303
    late = await first.post(f"/rules/{rule}", data=mine | {"name": "我的改法"})
    assert late.status_code == 409
    assert "规则已被他人修改" in words(late) and 'value="我的改法"' in late.text
    again = await second.post(f"/rules/{rule}", data=theirs | {"name": "改过"})
    assert again.status_code == 303, "the same form once more is the same edit"


async def test_switching_off_what_guards_major_needs_a_reason(
    database: Database, setting: Setting, browsers: Browsers
) -> None:
    rule = await rule_of(database, setting)
    browser = await browsers(Role.SAFETY_OFFICER)
    form = filled(await browser.get(f"/rules/{rule}/edit"))
    del form["enabled"]
    refused = await browser.post(f"/rules/{rule}", data=form)
    assert refused.status_code == 422 and "停用重大等级的规则须说明原因" in words(refused)
    assert (await browser.post(f"/rules/{rule}", data=form | {"reason": "探头拆检"})).status_code == 303
    page = words(await browser.get(f"/rules/{rule}"))
    assert "已停用" in page and "探头拆检" in page


async def test_out_of_service_and_back_with_a_reason(database: Database, setting: Setting, browsers: Browsers) -> None:
    rule = await rule_of(database, setting)
    alarm = await raised(database, setting, rule_id=rule, condition_key=f"{rule}:H")
    browser = await browsers(Role.SAFETY_OFFICER)
    refused = await browser.post(f"/rules/{rule}/out-of-service", data={"reason": " "})
    assert refused.status_code == 422 and "请填写退出服务的原因" in words(refused)
    assert (await browser.post(f"/rules/{rule}/out-of-service", data={"reason": "校表"})).status_code == 303
    assert "退出服务：校表" in words(await browser.get(f"/rules/{rule}"))
    assert "校表" in words(await browser.get(f"/alarms/{alarm}"))
    assert (await browser.post(f"/rules/{rule}/out-of-service", data={"reason": "再来"})).status_code == 409
    assert (await browser.post(f"/rules/{rule}/back")).status_code == 303
    assert (await browser.post(f"/rules/{rule}/back")).status_code == 409
    async with database.session() as session:
        card = await queries.rule_card(session, setting.actor(), rule)
    assert card.service == Service.IN_FORCE


async def test_a_rule_tells_how_often_it_was_wrong(database: Database, setting: Setting, browsers: Browsers) -> None:
    rule = await rule_of(database, setting)
    browser = await browsers(Role.LEADER)
    alarm = await raised(database, setting, rule_id=rule, condition_key=f"{rule}:H")
    await raised(database, setting, rule_id=rule, condition_key=f"{rule}:HH")
    await browser.post(f"/alarms/{alarm}/judge", data={"verdict": "false", "note": "误触"})
    assert "发生 2 次，误报 1 次" in words(await browser.get(f"/rules/{rule}"))


async def test_another_site_finds_no_rule_and_changes_none(app: FastAPI, database: Database, setting: Setting) -> None:
    rule = await rule_of(database, setting, name="甲厂规则")
    async with database.session() as session:
        other = await settle(session)
        stranger = await session.get_one(Person, other.people[Role.ADMIN])
    async with signed_in(app, stranger) as browser:
        for url in (f"/rules/{rule}", f"/rules/{rule}/edit"):
            assert (await browser.get(url)).status_code == 404
        for deed in ("", "/out-of-service", "/back"):
            assert (await browser.post(f"/rules/{rule}{deed}", data={"reason": "x"})).status_code == 404
        assert "甲厂规则" not in words(await browser.get("/rules"))
        form = filled(await browser.get("/rules/new?kind=silence"))
        foreign = await browser.post("/rules", data=form | {"name": "偷", "point_id": str(setting.points[0])})
        assert foreign.status_code == 422 and "请选择测点" in words(foreign)


async def test_in_english_no_chinese_is_left(database: Database, setting: Setting, browsers: Browsers) -> None:
    rule = await rule_of(database, setting, name="压力高", name_en="Pressure high")
    async with database.session() as session:
        await session.execute(
            text("UPDATE person SET locale = 'en', name_en = 'Li' WHERE site_id = :s"), {"s": setting.site_id}
        )
    browser = await browsers(Role.SAFETY_OFFICER)
    form = filled(await browser.get(f"/rules/{rule}/edit"))
    await browser.post(f"/rules/{rule}", data=form | {"limit_H": "99", "level": "low", "latched": "on"})
    pages = [
        "/rules",
        f"/rules/{rule}",
        "/rules/new",
        *(f"/rules/new?kind={k}" for k in ("threshold", "rate", "silence", "deviation")),
    ]
    for url in pages:
        page = await browser.get(url)
        assert page.status_code == 200
        assert not re.search(r"[\u4e00-\u9fff]", words(page)), (url, words(page))

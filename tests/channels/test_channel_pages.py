"""Pages of channels: made, changed, tried, paused and removed by who may; secrets are never shown again."""

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from backend.channels.sealing import unseal
from backend.core.database import Database
from backend.identity.models import Person, Role
from tests.channels.other_sides import OtherSide
from tests.channels.scene import SECRET, TOKEN, Scene, set_scene
from tests.factories import make_person
from tests.webclient import signed_in

ADDRESS = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"
FORM = {
    "kind": "dingtalk",
    "name": "一车间群",
    "address": ADDRESS,
    "secret": SECRET,
    "locale": "zh_CN",
    "topics": ["alarms", "week"],
    "alarms_from": "general",
    "quiet_from": "22:00",
    "quiet_until": "06:30",
}


@pytest.fixture
async def scene(database: Database) -> Scene:
    return await set_scene(database)


async def somebody(scene: Scene, role: Role) -> Person:
    async with scene.database.session() as session:
        return await make_person(session, scene.site, role)


async def test_a_safety_officer_makes_a_channel_and_nobody_sees_its_secrets_again(app: FastAPI, scene: Scene) -> None:
    async with signed_in(app, scene.officer) as browser:
        assert "还没有通知渠道" in (await browser.get("/channels")).text
        assert "钉钉群" in (await browser.get("/channels/new")).text
        assert "加签密钥" in (await browser.get("/channels/new?kind=dingtalk")).text
        made = await browser.post("/channels", data={**FORM, "area_ids": [str(scene.area.id)]})
        assert made.status_code == 303, made.text
        path = made.headers["location"].partition("?")[0]
        pages = [await browser.get(url) for url in ("/channels", path, f"{path}/edit", "/audit")]
        for page in pages:
            assert page.status_code == 200 and TOKEN not in page.text and SECRET not in page.text
        assert "…5aaa" in pages[1].text and "罐区" in pages[1].text and "22:00 – 06:30" in pages[1].text
        assert "一般及以上" in pages[1].text and 'value="22:00"' in pages[2].text
        assert "新建渠道" in pages[3].text and "一车间群" in pages[3].text


async def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(app: FastAPI, scene: Scene) -> None:
    wrong = {**FORM, "name": "", "address": "https://evil.example/robot", "topics": [], "quiet_until": "25:00"}
    async with signed_in(app, scene.officer) as browser:
        page = await browser.post("/channels", data=wrong)
    assert page.status_code == 422
    for words in ("请填写名称", "这不是钉钉群机器人的地址", "请至少选一项", "请填写开始和结束时间"):
        assert words in page.text
    assert "https://evil.example/robot" in page.text and SECRET not in page.text


async def test_a_channel_is_changed_without_its_secrets_being_typed_again(app: FastAPI, scene: Scene) -> None:
    channel = await scene.channel(kind="dingtalk")
    kept = {**FORM, "name": "白班群", "address": "", "secret": "", "topics": ["incidents"]}
    async with signed_in(app, scene.officer) as browser:
        assert (await browser.post(f"/channels/{channel}", data=kept)).status_code == 303
        row = await scene.row()
        opened = unseal(scene.site.id, row.sealed)
        assert (row.name, row.topics, opened["token"], opened["secret"]) == ("白班群", ["incidents"], TOKEN, SECRET)
        other = {**kept, "address": ADDRESS.replace(TOKEN, "b" * 64)}
        assert (await browser.post(f"/channels/{channel}", data=other)).status_code == 303
        opened = unseal(scene.site.id, (await scene.row()).sealed)
        assert (opened["token"], opened["secret"]) == ("b" * 64, SECRET)
        assert "换了密钥" in (await browser.get("/audit")).text
        both = {**kept, "address": ADDRESS.replace(TOKEN, "c" * 64), "secret": "SEC-of-another"}
        assert (await browser.post(f"/channels/{channel}", data=both)).status_code == 303
        opened = unseal(scene.site.id, (await scene.row()).sealed)
        assert (opened["token"], opened["secret"]) == ("c" * 64, "SEC-of-another")


async def test_somebody_tries_it_and_reads_what_to_do(app: FastAPI, scene: Scene, side: OtherSide) -> None:
    channel = await scene.channel(kind="dingtalk")
    async with signed_in(app, scene.officer) as browser:
        side.answers = [(200, {"errcode": 310000, "errmsg": "sign not match"})]
        assert (await browser.post(f"/channels/{channel}/test")).status_code == 303
        assert "正在试发" in (await browser.get(f"/channels/{channel}")).text
        await scene.work()
        page = (await browser.get(f"/channels/{channel}")).text
        assert "试发没有成功" in page and "签名不对" in page and "请核对加签密钥" in page and "sign not match" in page
        assert "没能发出" in page, "its line among the last messages says the same"
        await browser.post(f"/channels/{channel}/test")
        await scene.work()
        assert "试发成功" in (await browser.get(f"/channels/{channel}")).text


async def test_a_program_reads_how_channels_stand(app: FastAPI, scene: Scene, side: OtherSide) -> None:
    channel = await scene.channel(kind="dingtalk")
    await scene.alarms(2)
    await scene.follow()
    async with signed_in(app, await somebody(scene, Role.MANAGER)) as program:
        (found,) = (await program.get("/api/v1/channels", headers={"Accept": "application/json"})).json()
    expected = {"id": channel, "name": "夜班群", "kind": "dingtalk", "state": "new", "waiting": 2, "given_up": 0}
    assert {**found, **expected} == found and TOKEN not in str(found) and "sealed" not in found


async def test_one_tap_lets_a_paused_channel_go_on(app: FastAPI, scene: Scene, side: OtherSide) -> None:
    channel = await scene.channel()
    async with signed_in(app, scene.officer) as browser:
        assert (await browser.post(f"/channels/{channel}/pause")).status_code == 303
        await scene.alarms(2)
        assert await scene.work() == 0
        page = (await browser.get(f"/channels/{channel}")).text
        assert "恢复发送" in page and "2 条" in page
        assert (await browser.post(f"/channels/{channel}/resume")).status_code == 303
        assert await scene.work() == 1 and "预警报警 2" in side.got[0].markdown


async def test_a_removed_channel_is_gone_with_its_secrets(app: FastAPI, scene: Scene, side: OtherSide) -> None:
    channel = await scene.channel()
    await scene.alarms()
    await scene.follow()
    async with signed_in(app, scene.officer) as browser:
        assert (await browser.post(f"/channels/{channel}/remove")).status_code == 303
        for method, url in (("GET", ""), ("GET", "/edit"), ("POST", "/test"), ("POST", "/resume")):
            assert (await browser.request(method, f"/channels/{channel}{url}")).status_code == 404
        assert "还没有通知渠道" in (await browser.get("/channels")).text
    assert (await scene.row()).sealed == b"" and await scene.work() == 0 and side.got == []


async def test_managers_look_on_and_leaders_and_workers_have_no_part(app: FastAPI, scene: Scene) -> None:
    channel = await scene.channel()
    async with signed_in(app, await somebody(scene, Role.MANAGER)) as browser:
        page = (await browser.get(f"/channels/{channel}")).text
        assert "<form" not in page.partition("<main")[2].partition("page-foot")[0]
        assert (await browser.post(f"/channels/{channel}/test")).status_code == 403
        assert "/channels" in (await browser.get("/me")).text
    for role in (Role.LEADER, Role.WORKER):
        async with signed_in(app, await somebody(scene, role)) as browser:
            assert (await browser.get("/channels")).status_code == 403


async def test_another_sites_areas_cant_be_named(app: FastAPI, scene: Scene) -> None:
    other = await set_scene(scene.database)
    async with signed_in(app, scene.officer) as browser:
        page = await browser.post("/channels", data={**FORM, "area_ids": [str(other.area.id)]})
    assert page.status_code == 422 and "请从列出的区域中选择" in page.text


async def test_a_mailbox_without_encryption_needs_the_plants_own_network(app: FastAPI, scene: Scene) -> None:
    mail = {
        "kind": "email",
        "name": "周报",
        "topics": ["week"],
        "alarms_from": "major",
        "host": "smtp.plant.example",
        "port": "25",
        "security": "none",
        "sender": "a@plant.example",
        "recipients": "b@plant.example, 不是邮箱",
    }
    async with signed_in(app, scene.officer) as browser:
        page = await browser.post("/channels", data=mail)
        assert page.status_code == 422 and "不加密只限本厂内网" in page.text and "每行一个" in page.text
        fine = {**mail, "inside": "true", "recipients": "b@plant.example；c@plant.example"}
        assert (await browser.post("/channels", data=fine)).status_code == 303
    async with scene.database.session() as session:
        kept = await session.scalar(text("SELECT setting FROM channel WHERE site_id = :id"), {"id": scene.site.id})
    assert kept is not None and kept["recipients"] == ["b@plant.example", "c@plant.example"]


async def test_a_stored_password_goes_to_no_other_server(app: FastAPI, scene: Scene) -> None:
    """Else whoever may change the channel could have it sent to a server of their own."""
    mail = {
        "kind": "email",
        "name": "周报",
        "topics": ["week"],
        "alarms_from": "major",
        "host": "smtp.plant.example",
        "port": "465",
        "security": "tls",
        "user": "a",
        "password": "code",
        "sender": "a@plant.example",
        "recipients": "b@plant.example",
    }
    async with signed_in(app, scene.officer) as browser:
        path = (await browser.post("/channels", data=mail)).headers["location"].partition("?")[0]
        for other in (
            {"host": "smtp.evil.example"},
            {"port": "26"},
            {"user": "b"},
            {"security": "none", "inside": "1"},
        ):
            page = await browser.post(path, data={**mail, "password": "", **other})
            assert page.status_code == 422 and "请再填一次密码" in page.text, other
        kept = await browser.post(path, data={**mail, "password": "", "recipients": "c@plant.example"})
        assert kept.status_code == 303


async def test_an_address_kept_as_the_plants_own_is_looked_at_again(app: FastAPI, scene: Scene) -> None:
    """Else unticking it would send what happens unencrypted to the outside."""
    hook = {**FORM, "kind": "webhook", "address": "http://mes.plant.example/in", "inside": "1"}
    async with signed_in(app, scene.officer) as browser:
        path = (await browser.post("/channels", data=hook)).headers["location"].partition("?")[0]
        page = await browser.post(path, data={**hook, "address": "", "inside": ""})
        assert page.status_code == 422 and "厂外的地址要用 https://" in page.text
        assert (await browser.post(path, data={**hook, "address": "", "name": "MES"})).status_code == 303


async def test_an_address_that_cant_be_opened_is_asked_for_when_a_secret_is_typed(app: FastAPI, scene: Scene) -> None:
    channel = await scene.channel(kind="dingtalk")
    async with scene.database.session() as session:
        await session.execute(text("UPDATE channel SET sealed = 'x' WHERE id = :id"), {"id": channel})
    async with signed_in(app, scene.officer) as browser:
        page = await browser.post(f"/channels/{channel}", data={**FORM, "address": ""})
        assert page.status_code == 422 and "保存的地址打不开了" in page.text
        assert (await browser.post(f"/channels/{channel}", data=FORM)).status_code == 303
    assert unseal(scene.site.id, (await scene.row()).sealed)["token"] == TOKEN


async def test_nobody_s_mailbox_stays_behind_a_removed_channel(app: FastAPI, scene: Scene) -> None:
    mail = {"host": "smtp.plant.example", "port": "465", "security": "tls", "sender": "a@plant.example"}
    channel = await scene.channel(kind="email", topics=["week"], recipients="b@plant.example", **mail)
    async with signed_in(app, scene.officer) as browser:
        assert (await browser.post(f"/channels/{channel}/remove")).status_code == 303
    row = await scene.row()
    assert (row.sealed, row.setting, row.shown) == (b"", {}, "")


async def test_there_are_at_most_thirty(app: FastAPI, scene: Scene) -> None:
    for _ in range(30):
        await scene.channel()
    async with signed_in(app, scene.officer) as browser:
        page = await browser.post("/channels", data=FORM)
    assert page.status_code == 409 and "最多 30 个渠道" in page.text

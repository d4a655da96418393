"""An incident at a glance: the head says what matters, parts stay folded, nothing ends over people's heads."""

import re

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.core.errors import Conflict, Invalid
from backend.incidents import commands as base
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.incidents.response.commands import (
    Closing,
    Order,
    end_evacuation,
    mark_person,
    order_evacuation,
    say_safe,
    set_cordon,
)
from backend.incidents.response.models import Evacuation
from tests.incidents.scene import Scene, incidents, log_of, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing, text_of

GLANCE = {"HX-Request": "true", "HX-Target": "incident-now"}


async def evacuated(database: Database, scene: Scene) -> tuple[Incident, Evacuation]:
    one = await tapped(database, scene.worker, scene)
    return one, await do(database, scene.leader, order_evacuation, one.id, Order([scene.area.id]), Said())


async def all_out(database: Database, scene: Scene, evacuation: Evacuation) -> None:
    for who in (scene.worker, scene.leader):
        await do(database, who, say_safe, evacuation.id, Said())


def line(page: str, name: str) -> str:
    """What the folded part says in a line."""
    found = re.search(rf'id="said-{name}"[^>]*>(.*?)</span>\s*(?:</summary>|\n|<span|<div)', page, re.DOTALL)
    assert found, name
    return text_of(found[1]).strip()


async def test_the_page_says_how_each_part_stands_and_asks_for_none_before_it_is_opened(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    await do(database, scene.leader, set_cordon, one.id, Closing("circle", 50.0), Said())
    async with browsing(app, scene.leader) as leader:
        page = (await leader.get(f"/incidents/{one.id}")).text
    assert "load" not in re.findall(r'hx-trigger="([^"]+)"', page.split('id="incident-now"')[1])
    for part in ("plan", "evacuation", "cordon", "scope", "duties"):
        assert f'href="/incidents/{one.id}/{part}"' in page, "without a script a plain link leads there"
    assert line(page, "cordon") == "50 米" and line(page, "evacuation") == "没有下令"
    assert line(page, "plan").startswith("0 / ") and "划定了警戒区" in line(page, "log")


async def test_whatever_happens_freshens_head_lines_and_log_in_one_answer(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one, _ = await evacuated(database, scene)
    async with browsing(app, scene.worker) as worker:
        fresh = (await worker.get(f"/incidents/{one.id}/glance", headers=GLANCE)).text
        other = (await worker.get(f"/incidents/{one.id + 999}/glance", headers=GLANCE)).status_code
    assert "<html" not in fresh and 'id="incident-now"' in fresh and other == 404
    assert line(fresh, "evacuation") == "已清点 0 / 2" and "没到 2 / 2 人" in text_of(fresh)
    assert re.search(r'id="incident-log" hx-swap-oob="true">.*下令疏散', fresh, re.DOTALL)
    assert "我安全了" in fresh, "one tap, without unfolding anything"


async def test_the_head_offers_the_next_step_and_taking_charge_with_one_tap(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one = await tapped(database, scene.worker, scene)
    async with browsing(app, scene.leader) as leader:
        head = (await leader.get(f"/incidents/{one.id}/glance", headers=GLANCE)).text
        step = re.search(r'name="step" value="([^"]+)"', head)
        assert step and 'id="take-charge"' in head
        ticked = await leader.post(
            f"/incidents/{one.id}/plan/ticks", data={"step": step[1], "state": "done", "back": "incident"}
        )
        led = await leader.post(f"/incidents/{one.id}/lead", data={"version": one.version})
        after = (await leader.get(f"/incidents/{one.id}/glance", headers=GLANCE)).text
    assert ticked.headers["location"] == f"/incidents/{one.id}" and led.status_code == 303
    assert f'value="{step[1]}"' not in after and 'id="take-charge"' not in after
    assert [found.lead_id for found in await incidents(database, scene)] == [scene.leader.person_id]


@pytest.mark.parametrize("how", ["close", "call_off"])
async def test_nothing_is_over_while_somebody_is_missing(database: Database, scene: Scene, how: str) -> None:
    one, evacuation = await evacuated(database, scene)
    await do(database, scene.leader, base.contain, one.id, Said())
    await do(database, scene.worker, say_safe, evacuation.id, Said())

    async def end(over: bool) -> None:
        if how == "close":
            await do(database, scene.manager, base.close, one.id, base.Ending(evacuation_over=over), Said())
        else:
            async with database.session(site_id=scene.site.id) as session:
                await base.call_off(session, scene.manager, one.id, Said("演练"), evacuation_over=over)

    with pytest.raises(Conflict, match="没到"):
        await end(over=True)
    await do(database, scene.leader, mark_person, evacuation.id, scene.leader.person_id, "absent", Said())
    with pytest.raises(Invalid) as refused:
        await end(over=False)
    assert set(refused.value.fields) == {"evacuation_over"}
    await end(over=True)
    kinds = [told.kind for told in await log_of(database, one.id)]
    assert kinds[-2:] == ["evacuated", "closed" if how == "close" else "called_off"]


async def test_whose_end_was_said_with_a_reason_stands_in_no_way(database: Database, scene: Scene) -> None:
    one, evacuation = await evacuated(database, scene)
    await do(database, scene.leader, base.contain, one.id, Said())
    await do(database, scene.leader, end_evacuation, evacuation.id, Said("都在家里，电话确认"))
    await do(database, scene.manager, base.close, one.id, base.Ending(), Said())
    assert [found.state for found in await incidents(database, scene)] == ["closed"]


async def test_the_form_that_ends_it_leads_to_the_roll_call_and_keeps_what_was_typed(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene)
    await do(database, scene.leader, set_cordon, one.id, Closing("circle", 50.0), Said())
    await do(database, scene.leader, base.contain, one.id, Said())
    async with browsing(app, scene.manager) as manager:
        refused = await manager.post(f"/incidents/{one.id}/close", data={"losses": "一只阀门"})
        await all_out(database, scene, evacuation)
        unticked = await manager.post(f"/incidents/{one.id}/close", data={"losses": "一只阀门"})
        ended = await manager.post(f"/incidents/{one.id}/close", data={"evacuation_over": "on"})
    form = refused.text.split('id="fold-close"')[1].split("</form>")[0]
    assert refused.status_code == 409 and "一只阀门" in form
    assert f'href="/incidents/{one.id}/evacuation"' in form and "警戒区还没有解除" in form
    assert unticked.status_code == 422 and "请勾选疏散已结束" in unticked.text
    assert ended.status_code == 303, "a cordon that still stands is no reason to refuse"


async def test_home_and_tasks_call_first_while_an_evacuation_goes_on(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    one, evacuation = await evacuated(database, scene)
    async with browsing(app, scene.worker) as worker:
        home, tasks = (await worker.get("/")).text, (await worker.get("/tasks")).text
        safe = await worker.post(f"/incidents/{one.id}/evacuation/safe", data={"evacuation": evacuation.id})
        after = (await worker.get("/")).text
    async with browsing(app, scene.stranger) as stranger:
        elsewhere = (await stranger.get("/")).text
    assert home.index("roll-card") < home.index("home-incidents")
    for page in (home, tasks):
        assert "请立即离开" in page and f'action="/incidents/{one.id}/evacuation/safe"' in page
    assert safe.status_code == 303 and "你已报平安" in after and "/evacuation/safe" not in after
    assert "请勿进入" in elsewhere
    await do(database, scene.leader, end_evacuation, evacuation.id, Said("班长在家"))
    async with browsing(app, scene.worker) as worker:
        assert "roll-card" not in (await worker.get("/")).text

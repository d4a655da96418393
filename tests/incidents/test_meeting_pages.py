"""A review meeting from its page to the report: one step a screen, refused forms kept, PDF and document with it."""

import re
from datetime import timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.incidents.models import Incident
from tests.hazards.browsing import chinese, hidden
from tests.incidents.meeting_scene import causes, convened, opened, traced
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_review_duties import neglect
from tests.incidents.test_review_printing import docx_text, pdf_text
from tests.incidents.test_review_report import reviewed


async def sent(browser: httpx.AsyncClient, incident: Incident, verb: str, step: str, **form: Any) -> httpx.Response:
    """Send a form of a step's page with what stands hidden in it."""
    here = f"/incidents/{incident.id}/meeting"
    page = (await browser.get(f"{here}?step={step}")).text
    kept = {name: hidden(page, name) for name in ("idempotency_key", "version") if f'name="{name}" value=' in page}
    return await browser.post(f"{here}{verb}", data={**kept, **form})


async def test_convening_keeps_what_was_typed_and_proposes_who_took_part(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await reviewed(database, incident)
    here = f"/incidents/{incident.id}/meeting"
    async with browsing(app, scene.leader) as leader:
        assert f'hx-get="{here}"' in (await leader.get(f"/incidents/{incident.id}/review")).text
        brief = await leader.get(here, headers={"HX-Request": "true", "HX-Target": "incident-meeting"})
        assert "召集复盘会" in brief.text and "<html" not in brief.text
        form = (await leader.get(here)).text
        assert re.search(rf'name="people" value="{scene.worker.person_id}" checked', form), "who took part is ticked"
        wish = {"at": "", "place": "二楼", "people": [scene.worker.person_id], "idempotency_key": "k"}
        refused = await leader.post(here, data=wish)
        assert refused.status_code == 422 and "请填写一年以内的时间" in refused.text and 'value="二楼"' in refused.text
        assert not re.search(rf'value="{scene.manager.person_id}" checked', refused.text)
        local = (now() + timedelta(hours=2)).astimezone(scene.leader.zone).strftime("%Y-%m-%dT%H:%M")
        answer = await leader.post(here, data={**wish, "at": local})
        assert answer.headers["location"] == f"{here}?step=attend&done=convened"
        assert "二楼" in (await leader.get(answer.headers["location"])).text
    async with browsing(app, scene.worker) as worker:
        assert here in (await worker.get("/tasks")).text


async def test_the_choice_comes_first_and_shows_what_it_is_held_against_only_then(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident)
    pump, _, _ = causes(scene)
    here = f"/incidents/{incident.id}/meeting"
    async with browsing(app, scene.leader) as leader, browsing(app, scene.worker) as worker:
        page = (await worker.get(here)).text
        assert "您认为根源是什么" in page and 'data-outbox="盲选根源' in page and f'value="{pump}"' in page
        told = text_of(page.split('id="meeting-choose"')[1])
        assert not re.search(r"%|(?<!-)\b64\b", told), "no probability"
        refused = await sent(worker, incident, "/choice", "choose", cause="other", words="")
        assert refused.status_code == 422 and "请写您认为的原因" in refused.text
        assert (await sent(worker, incident, "/choice", "choose", cause=pump)).status_code == 303
        compared = (await worker.get(f"{here}?step=compare")).text
        assert "64%" in compared and 'id="meeting-cause"' not in compared, "nothing is discussed before the opening"
        assert "64%" not in (await leader.get(f"{here}?step=compare")).text, "the leader hasn't chosen"
        await sent(leader, incident, "/opening", "choose")
        assert "64%" in (await leader.get(f"{here}?step=compare")).text


async def test_who_is_to_choose_is_asked_to_before_the_report_shows_the_root_and_may_read_on_anyway(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await reviewed(database, incident)
    await convened(database, scene, incident, scene.worker)
    here = f"/incidents/{incident.id}/review"
    async with browsing(app, scene.worker) as worker, browsing(app, scene.rival) as rival:
        page = (await worker.get(here)).text
        assert 'id="review-first"' in page and "根源和证据" not in page and "/pdf" not in page
        assert "根源和证据" in (await worker.get(f"{here}?anyway=1")).text
        assert "根源和证据" in (await rival.get(here)).text, "who isn't asked to come just reads"
        await sent(worker, incident, "/choice", "choose", cause=causes(scene)[0])
        assert "根源和证据" in (await worker.get(here)).text


async def test_what_is_refused_in_the_discussion_stays_as_it_was_typed(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    incident = await traced(database, scene)
    await opened(database, scene, incident, [(scene.worker, causes(scene)[0])])
    here = f"/incidents/{incident.id}/meeting"
    async with browsing(app, scene.leader) as leader:
        refused = await sent(leader, incident, "/cause", "compare", cause="other", words="垫片装反", reason="")
        assert refused.status_code == 422 and "请写明理由" in refused.text and "垫片装反" in refused.text
        whys = {"question": ["为什么压力高", ""], "answer": ["泵不出水", "密封坏了"], "cite": ["", ""]}
        refused = await sent(leader, incident, "/whys", "why", **whys)
        assert refused.status_code == 422 and "请选择根本原因属于哪一类" in refused.text and "密封坏了" in refused.text
        await sent(leader, incident, "/whys", "why", **whys, factor="machine")
        stale = await leader.post(f"{here}/whys", data={**whys, "factor": "people", "version": "0"})
        assert stale.status_code == 409 and "密封坏了" in stale.text
        decision = {"words": "泵密封改双端面", "kind": "engineering", "owner_id": scene.worker.person_id, "due_on": ""}
        refused = await sent(leader, incident, "/decisions", "decide", **decision)
        assert refused.status_code == 422 and "泵密封改双端面" in refused.text
        stale = await leader.post(f"{here}/minutes", data={"minutes": "旧页", "version": "99"})
        assert stale.status_code == 409 and "旧页" in stale.text
        assert (await sent(leader, incident, "/minutes", "close", minutes="先存")).status_code == 303
        refused = await sent(leader, incident, "/end", "close", minutes="一致同意")
        assert refused.status_code == 422 and "请至少勾选一位到会的人" in refused.text and "一致同意" in refused.text


async def test_the_report_on_page_and_paper_holds_the_meeting_with_its_decisions_as_they_stand_now(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await neglect(database, scene)
    incident = await traced(database, scene)
    await reviewed(database, incident)
    pump, here = causes(scene)[0], f"/incidents/{incident.id}/meeting"
    await opened(database, scene, incident, [(scene.worker, pump)])
    async with browsing(app, scene.leader) as leader, browsing(app, scene.worker) as worker:
        assert 'id="review-meeting"' not in (await leader.get(f"/incidents/{incident.id}/review")).text, "not yet"
        await sent(leader, incident, "/presence", "attend", person=scene.worker.person_id, state="present")
        await sent(leader, incident, "/cause", "compare", cause=pump, reason="拆开<看>到裂口")
        lapse = re.search(r'<option value="(lapse:\d+)"', (await leader.get(f"{here}?step=why")).text)
        assert lapse
        whys = {"question": ["", ""], "answer": ["泵不出水", "密封坏了"], "cite": ["", lapse[1]]}
        await sent(leader, incident, "/whys", "why", **whys, factor="machine")
        due = (now().date() + timedelta(days=7)).isoformat()
        decision = {"words": "泵密封改双端面", "kind": "engineering", "owner_id": scene.worker.person_id, "due_on": due}
        await sent(leader, incident, "/decisions", "decide", **decision)
        answer = await sent(leader, incident, "/end", "close", minutes="一致同意")
        assert answer.headers["location"] == f"{here}?step=decide&done=closed"
        async with database.session() as session:
            found = select(Rectification).where(col(Rectification.measure) == "泵密封改双端面")
            made = (await session.scalars(found.order_by(col(Rectification.id).desc()))).first()
        assert made and made.title in (await worker.get("/tasks")).text
        assert f'hx-get="/rectifications/{made.id}/meeting"' in (await worker.get(f"/rectifications/{made.id}")).text
        assert f"{here}?number=1" in (await worker.get(f"/rectifications/{made.id}/meeting")).text
        report = (await leader.get(f"/incidents/{incident.id}/review")).text.split('id="review-meeting"')[1]
        for words in (
            "1 人选；没看过排序的 1 人里，1 人选了系统排第一的",
            "拆开&lt;看&gt;到裂口",
            "密封坏了",
            made.number,
            "待整改",
            "漏检",
        ):
            assert words in report, words
        of_worker = (await worker.get(f"/incidents/{incident.id}/review")).text.split('id="review-meeting"')[1]
        assert "（依据：履职记录）" in of_worker and "漏检" not in of_worker.split("</section>")[0]
        printed = pdf_text((await leader.get(f"/incidents/{incident.id}/review/pdf?language=en")).content)
        assert "Review meeting" in printed and "5-why" in printed and made.number in printed
        word = docx_text((await leader.get(f"/incidents/{incident.id}/review/docx?language=zh_CN")).content)
        assert "复盘会" in word and "拆开<看>到裂口" in word and "一致同意" in word


async def test_every_step_reads_in_english(app: FastAPI, database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    await convened(database, scene, incident, scene.worker, scene.manager, place="Room 2")
    here = f"/incidents/{incident.id}/meeting"
    async with browsing(app, scene.leader, locale="en") as leader:
        await sent(leader, incident, "/choice", "choose", cause="other", words="wrong gasket")
        await sent(leader, incident, "/opening", "choose")
        await sent(leader, incident, "/cause", "compare", cause="none", reason="lab report pending")
        whys = {"question": ["", ""], "answer": ["no flow", "seal broke"], "factor": "machine"}
        await sent(leader, incident, "/whys", "why", **whys)
        for step in ("attend", "choose", "compare", "why", "decide", "close"):
            page = (await leader.get(f"{here}?step={step}")).text
            said = chinese(re.sub(r"<option[^>]*data-own-words>[^<]*", "", page.split('id="content"')[1]))
            assert not said, step
        api = (await leader.get(f"/api/v1{here}")).json()
        assert (api["state"], api["own_choice"], api["discussed"]["cause"]) == ("opened", "other", "none")


async def test_a_meeting_is_run_by_programs_too(app: FastAPI, database: Database, scene: Scene) -> None:
    incident = await traced(database, scene)
    pump, _, _ = causes(scene)
    api = f"/api/v1/incidents/{incident.id}/meeting"
    async with browsing(app, scene.leader) as leader, browsing(app, scene.worker) as worker:
        assert (await leader.get(api)).status_code == 404
        at = (now() + timedelta(hours=1)).isoformat()
        made = await leader.post(api, data={"at": at, "place": "A", "people": [scene.worker.person_id]})
        assert made.status_code == 201 and made.json()["number"] == 1
        assert (await worker.post(f"{api}/opening")).status_code == 403
        chosen = (await worker.post(f"{api}/choice", data={"cause": pump})).json()
        assert chosen["own_choice"] == pump and chosen["compared"]["with_first"] == 1 and chosen["discussed"] is None
        await leader.post(f"{api}/opening")
        await leader.post(f"{api}/presence", data={"person": scene.worker.person_id, "state": "present"})
        await leader.post(f"{api}/cause", data={"cause": pump, "reason": "裂口"})
        whys = {"answer": ["泵停了", "密封坏了"], "factor": "machine"}
        assert (await leader.post(f"{api}/whys", data=whys)).json()["discussed"]["whys_version"] == 1
        due = (now().date() + timedelta(days=3)).isoformat()
        decision = {"words": "换", "kind": "engineering", "owner_id": scene.worker.person_id, "due_on": due}
        key = {"Idempotency-Key": "d1"}
        for _ in range(2):
            decided = (await leader.post(f"{api}/decisions", data=decision, headers=key)).json()
        assert len(decided["discussed"]["decisions"]) == 1
        ended = (await leader.post(f"{api}/end", data={"minutes": "好"})).json()
        assert ended["state"] == "closed" and ended["discussed"]["decisions"][0]["state"] == "open"
        assert (await worker.get(f"{api}?number=2")).status_code == 404

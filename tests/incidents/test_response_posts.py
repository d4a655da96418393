"""Steps of a site's own plan that name its posts: who holds one sees it in the list, at a glance and in their tasks."""

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.core.errors import Invalid
from backend.identity.models import Person, Post, PostHolder
from backend.incidents import commands as base
from backend.incidents.models import IncidentKind
from backend.incidents.recording import Said
from backend.incidents.response.commands import StepDraft, set_plan, tick_step
from backend.incidents.response.content import Who
from backend.incidents.response.posts import guess_post
from tests.factories import made, unique
from tests.incidents.scene import Scene, set_scene, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_pages import browsing, text_of
from tests.incidents.test_response_plans import seen

KIND = IncidentKind.GAS_LEAK


async def held_post(database: Database, scene: Scene, name: str = "压缩机岗") -> Post:
    """A post that the worker holds."""
    async with database.session() as session:
        post: Post = await made(
            session, Post(site_id=scene.site.id, code=unique("post"), name=name, name_en="Compressor")
        )
        await made(session, PostHolder(site_id=scene.site.id, post_id=post.id, person_id=scene.worker.person_id))
        return post


async def planned(database: Database, scene: Scene, post: Post) -> None:
    drafts = [StepDraft("停压缩机", "Stop the compressor", post_id=post.id), StepDraft("清点人数", "Count")]
    await do(database, scene.officer, set_plan, KIND, drafts, 0)


async def test_who_holds_the_post_stands_beside_the_step_and_has_it_among_their_tasks_until_it_is_done(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    await planned(database, scene, await held_post(database, scene))
    one = await tapped(database, scene.leader, scene)
    step = (await seen(database, scene.worker, one.id)).plan.steps[0]
    async with browsing(app, scene.worker) as worker:
        name = (await worker.get(f"/incidents/{one.id}/glance")).text
        checklist, tasks = (await worker.get(f"/incidents/{one.id}/plan")).text, (await worker.get("/tasks")).text
        assert f'href="/incidents/{one.id}/plan#step-{step.key}"' in tasks and f'id="step-{step.key}"' in checklist
        for page in (name, checklist):
            assert f"压缩机岗 {(await _name(database, scene))}" in text_of(page)
        await do(database, scene.worker, tick_step, one.id, step.key, "done", Said())
        assert "停压缩机" not in (await worker.get("/tasks")).text
        await do(database, scene.worker, tick_step, one.id, step.key, "taken_back", Said())
        assert "停压缩机" in (await worker.get("/tasks")).text
        await do(database, scene.leader, base.call_off, one.id, Said("演练"))
        assert "停压缩机" not in (await worker.get("/tasks")).text
    async with browsing(app, scene.stranger) as stranger:
        assert "停压缩机" not in (await stranger.get("/tasks")).text


async def _name(database: Database, scene: Scene) -> str:
    async with database.session() as session:
        return (await session.get_one(Person, scene.worker.person_id)).name


async def test_a_post_of_another_site_is_refused_beside_its_row(database: Database, scene: Scene) -> None:
    async with database.session() as session:
        other = await set_scene(session)
    post = await held_post(database, other)
    with pytest.raises(Invalid) as refused:
        await do(database, scene.officer, set_plan, KIND, [StepDraft("停机", post_id=post.id)], 0)
    assert list(refused.value.fields) == ["post-0"]


async def test_adapting_the_usual_plan_proposes_the_post_that_a_role_means(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    post = await held_post(database, scene, "电气检修岗")
    async with browsing(app, scene.officer) as officer:
        page = (await officer.get("/incidents/plans?kind=fire")).text
        assert f'<option value="{post.id}" selected>' in page
        rows = {"key": ["", ""], "place": ["1", "2"], "text": ["断电", "报警"], "text_en": ["", ""], "basis": ["", ""]}
        rows |= {"who": ["electrician", "finder"], "post": [str(post.id), ""]}
        assert (
            await officer.post("/incidents/plans", data={"kind": "fire", "version": "0", **rows})
        ).status_code == 303
        shown = text_of((await officer.get("/incidents/plans?kind=fire")).text)
    assert "电气检修岗" in shown


@pytest.mark.parametrize(
    ("who", "names", "guessed"),
    [
        (Who.ELECTRICIAN, ["反应岗", "电气岗"], 1),
        (Who.ELECTRICIAN, ["电气岗", "机修岗"], None),
        (Who.GUARD, ["门卫"], 0),
        (Who.ANYONE, ["门卫", "安全岗"], None),
        (Who.OFFICER, [], None),
    ],
)
def test_a_role_is_guessed_only_where_one_post_is_meant(who: Who, names: list[str], guessed: int | None) -> None:
    posts = [Post(id=place, site_id=1, code=name, name=name) for place, name in enumerate(names)]
    assert guess_post(who, posts) == guessed

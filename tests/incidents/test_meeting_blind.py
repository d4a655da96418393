"""Nobody who hasn't chosen learns anything of the ranking or of others' choices, whatever they ask for.

Shown by non-interference: pages and answers for them are the same whatever the system ranks and others chose.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.incidents.meeting.commands import Pick, choose
from backend.incidents.meeting.models import Attendee, Meeting
from backend.incidents.meeting.wording import STEPS
from backend.incidents.models import Incident, IncidentState
from backend.incidents.recording import Said
from tests.factories import made, unique
from tests.incidents.scene import Scene
from tests.incidents.test_pages import browsing

KEYS = ("equipment:1", "equipment:2/valve.sticking", "point:3", "point:4/factor.haste")
CHOICES = st.tuples(st.sampled_from([*KEYS, "other"]), st.sampled_from([*KEYS, "other"]), st.booleans())
ORDERS = st.permutations(KEYS)
SHARES = st.lists(st.floats(0, 1), min_size=4, max_size=4)
READERS = st.sampled_from(["leader", "worker", "rival"])
"""Who leads it and hasn't chosen; who was asked; who wasn't."""
FORMER = st.sampled_from([None, "裂口", "装反"])


async def meeting(
    database: Database, scene: Scene, order: Sequence[str], shares: Sequence[float], former: str | None
) -> Incident:
    """A convened meeting of leader, worker and stranger on which nobody has chosen; written directly, to be quick."""
    site = {"site_id": scene.site.id}
    async with database.session() as session:
        values = {"kind": "fire", "level": "general", "title": "火情：反应器", "title_en": "Fire", "began_at": now()}
        closed = {"state": IncidentState.CLOSED, "closed_at": now()}
        one = await made(session, Incident(**site, number=unique("SJ-"), **values, **closed))
        basis = {
            "trace_id": None,
            "candidates": [{"key": key, "title": f"原因{key}", "title_en": f"Cause {key}"} for key in sorted(KEYS)],
            "ranking": [[key, share] for key, share in zip(order, shares, strict=True)],
            "former": former
            and {"title": former, "title_en": former, "at": "", "name": "甲", "name_en": "A", "note": former},
        }
        at = now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
        about = {"incident_id": one.id, "number": 1, "at": at, "place": "会议室", "led_by": scene.leader.person_id}
        held = await made(session, Meeting(**site, **about, basis=basis))
        for name in ("leader", "worker", "stranger", "manager"):
            person_id = scene.people[name].person_id
            await made(session, Attendee(**site, meeting_id=held.id, person_id=person_id))
    return one


async def chosen(database: Database, scene: Scene, incident: Incident, picks: tuple[str, str, bool]) -> None:
    """Two others have chosen."""
    for name, cause in zip(("stranger", "manager"), picks, strict=False):
        actor: Actor = scene.people[name]
        async with database.session(site_id=actor.site_id) as session:
            await choose(session, actor, incident.id, Pick(cause, picks[2]), Said("别的" if cause == "other" else ""))


def plain(text: str, incident: Incident) -> list[str]:
    """A page without what differs between any two incidents: id, number, keys of forms, the order of causes."""
    text = text.replace(incident.number, "SJ").replace(f"/incidents/{incident.id}", "/incidents/N")
    text = re.sub(r'name="(idempotency_key|csrf_token)" value="[^"]*"', "", text)
    return sorted(re.split(r"(?<=[>,])", re.sub(r"\b[0-9a-f]{32}\b", "", text)))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=READERS, order=ORDERS, shares=SHARES, picks=CHOICES, former=FORMER)
async def test_who_has_not_chosen_reads_the_same_whatever_is_ranked_and_chosen(
    app: FastAPI,
    database: Database,
    scene: Scene,
    name: str,
    order: list[str],
    shares: list[float],
    picks: tuple[str, str, bool],
    former: str | None,
) -> None:
    calm = await meeting(database, scene, KEYS, (0.25, 0.25, 0.25, 0.25), None)
    other = await meeting(database, scene, order, shares, former)
    await chosen(database, scene, calm, (KEYS[0], KEYS[0], False))
    await chosen(database, scene, other, picks)
    async with browsing(app, scene.people[name]) as browser:
        for path in ("", *(f"?step={step}" for step in STEPS)):
            pages = [
                plain((await browser.get(f"/incidents/{one.id}/meeting{path}")).text, one) for one in (calm, other)
            ]
            assert pages[0] == pages[1], (name, path)
        told = [(await browser.get(f"/api/v1/incidents/{one.id}/meeting")).json() for one in (calm, other)]
        assert [one["compared"] for one in told] == [None, None]
        assert [one["discussed"] for one in told] == [None, None]
        for one in told:
            one["candidates"].sort(key=lambda candidate: candidate["key"])
        assert told[0] == told[1]


async def test_the_test_would_notice_a_page_that_tells(app: FastAPI, database: Database, scene: Scene) -> None:
    one = await meeting(database, scene, KEYS, (0.61, 0.2, 0.1, 0.05), "裂口")
    await chosen(database, scene, one, (KEYS[1], "other", False))
    async with browsing(app, scene.stranger) as browser:
        page = (await browser.get(f"/incidents/{one.id}/meeting?step=compare")).text
        assert "61%" in page and "系统第 1" in page and "裂口" in page and "别的" in page
        told = (await browser.get(f"/api/v1/incidents/{one.id}/meeting")).json()["compared"]
        assert told["chosen"] == 2 and told["causes"][0]["people"] == []
    async with browsing(app, scene.leader) as browser:
        assert "61%" not in (await browser.get(f"/incidents/{one.id}/meeting?step=compare")).text

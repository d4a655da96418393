"""What a meeting rests on: a closed incident whose trace ranks three causes, and a meeting about it."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.incidents.commands import Ending, close, contain
from backend.incidents.meeting.commands import Pick, Wish, choose, convene, open_choices
from backend.incidents.meeting.models import Meeting
from backend.incidents.meeting.queries.views import View, view_of
from backend.incidents.models import Incident
from backend.incidents.recording import Said
from backend.tracing.models import Trace
from tests.incidents.scene import Scene, tapped
from tests.incidents.test_commands import do
from tests.incidents.test_review_report import burnt

SHARES = (0.64, 0.21, 0.08)


def causes(scene: Scene) -> list[str]:
    """Keys as the trace ranks them, the likeliest first."""
    return [f"equipment:{scene.pump.id}", f"equipment:{scene.reactor.id}", f"point:{scene.points['flow'].id}"]


async def traced(database: Database, scene: Scene) -> Incident:
    """A closed incident; its trace ranks ``causes`` with ``SHARES``."""
    incident = await burnt(database, scene)
    async with database.session() as session:
        trace = (await session.scalars(select(Trace).where(col(Trace.group_id) == incident.group_id))).one()
        trace.result["fused"] = [
            {"key": key, "probability": share, "title": "", "title_en": "", "contributes": False}
            for key, share in zip(causes(scene), SHARES, strict=True)
        ]
        flag_modified(trace, "result")
    return incident


async def untraced(database: Database, scene: Scene, kind: str = "injury") -> Incident:
    """A closed incident that somebody reported, without alarms."""
    one = await tapped(database, scene.worker, scene, kind=kind)
    await do(database, scene.leader, contain, one.id, Said())
    await do(database, scene.manager, close, one.id, Ending(), Said())
    return one


async def convened(
    database: Database, scene: Scene, incident: Incident, *people: Actor, place: str = "二楼会议室"
) -> Meeting:
    """The leader asks ``people`` (worker and stranger, unless named) to come in an hour."""
    asked = people or (scene.worker, scene.stranger)
    wish = Wish(now() + timedelta(hours=1), place, [one.person_id for one in asked])
    return await do(database, scene.leader, convene, incident.id, wish)


async def opened(database: Database, scene: Scene, incident: Incident, picks: Sequence[tuple[Actor, str]]) -> Meeting:
    """A meeting where each chose as in ``picks``, opened by the leader."""
    await convened(database, scene, incident, *(actor for actor, _ in picks))
    for actor, cause in picks:
        await do(database, actor, choose, incident.id, Pick(cause), Said())
    return await do(database, scene.leader, open_choices, incident.id)


async def seen(database: Database, actor: Actor, incident: Incident) -> View:
    """The newest meeting as ``actor`` sees it."""
    async with database.session(site_id=actor.site_id) as session:
        view = await view_of(session, actor, incident.id)
    assert view is not None
    return view

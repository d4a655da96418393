"""Channels for programs, with the permissions of the pages: how each stands. No address and no secret is told."""

from datetime import datetime

from pydantic import BaseModel

from backend.channels.kinds import Kind, Topic
from backend.channels.queries import Standing, standings
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1", tags=["channels"])


class ChannelOut(BaseModel):
    """A channel. ``state``: well, new, failing, paused or stopped (by refusals); ``waiting`` and ``given_up`` (of the
    last week): things to tell; ``last_reason``: a word of ``channels.answers.Reason``, empty when all is well."""

    id: int
    name: str
    kind: Kind
    state: str
    topics: list[Topic]
    alarms_from: str
    area_ids: list[int]
    stage_ids: list[int]
    waiting: int
    given_up: int
    failures: int
    last_sent_at: datetime | None
    last_failed_at: datetime | None
    last_reason: str


@router.get("/channels", dependencies=[allow("channels.see")])
async def channels(session: SessionDep, actor: ActorDep) -> list[ChannelOut]:
    """All channels of the site, the oldest first."""
    return [_out(found) for found in await standings(session, actor)]


def _out(found: Standing) -> ChannelOut:
    counted = {"state": found.state, "waiting": found.waiting, "given_up": found.given_up}
    kept = {name: getattr(found.channel, name) for name in ChannelOut.model_fields if name not in counted}
    return ChannelOut.model_validate(kept | counted)

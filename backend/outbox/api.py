"""``/outbox/bodies``: a phone brings the body of a big form in pieces, and asks how much of it is there.

The form itself is then posted where it belongs, see ``feeding``. A phone removes the body when it has the answer,
not the server when it gives it: an answer may be lost, and the form comes again without all its photos' way then.
"""

from typing import Annotated

from fastapi import Body, Header, Response

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, allow
from backend.outbox import bodies
from backend.outbox.feeding import BODY, OFFSET

router = APIRouter(prefix="/outbox/bodies", include_in_schema=False)

NameDep = Annotated[str, Header(alias=BODY, pattern=bodies.NAME)]
OffsetDep = Annotated[int, Header(alias=OFFSET, ge=0)]
PieceDep = Annotated[bytes, Body(media_type="application/octet-stream")]


@router.head("", dependencies=[allow()])
async def arrived(actor: ActorDep, name: NameDep) -> Response:
    """How much of one's own body is there; nothing of one that isn't known."""
    return _ends_at(await bodies.arrived(actor.person_id, name))


@router.patch("", dependencies=[allow()])
async def append(actor: ActorDep, name: NameDep, offset: OffsetDep, piece: PieceDep) -> Response:
    """Add a piece. One that was added before is answered alike; at a wrong place it is 409 with the right one."""
    end = await bodies.append(actor.person_id, name, offset, piece)
    return _ends_at(end, 204 if end == offset + len(piece) else 409)


@router.delete("", dependencies=[allow()])
async def drop(actor: ActorDep, name: NameDep) -> Response:
    """Its form was answered for good."""
    await bodies.drop(actor.person_id, name)
    return Response(status_code=204)


def _ends_at(end: int, status: int = 204) -> Response:
    return Response(status_code=status, headers={OFFSET: str(end)})

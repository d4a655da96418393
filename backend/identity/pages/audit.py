"""``/audit``: who did what to which object, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from backend.core.pages import locale_of, render
from backend.core.routing import APIRouter
from backend.identity.audited import ACTIONS
from backend.identity.queries import audit as queries
from backend.identity.queries.audit import Entry, Filter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import (
    OBJECTS,
    ChangedField,
    Words,
    action_words,
    changed_fields,
    object_page,
    object_words,
)

router = APIRouter(prefix="/audit")


@dataclass(frozen=True)
class Line:
    """An entry as it is shown."""

    entry: Entry
    action: Words
    thing: Words
    url: str
    changes: tuple[ChangedField, ...]


def _digits(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def _known(typed: str, words: Mapping[str, str]) -> str:
    return typed if typed in words else ""


@router.get("", dependencies=[allow("audit.see")])
async def audit_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    person: str = "",
    kind: str = "",
    number: str = "",
    action: str = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Entries newest first, narrowed by who, what kind of object, which one, and what was done.

    htmx gets the rows alone when somebody wants more of them.
    """
    wanted = Filter(_digits(person), _known(kind, OBJECTS), _digits(number), _known(action, ACTIONS))
    page = await queries.audit_entries(session, actor, wanted, before=before)
    people = await queries.actors(session, actor)
    names = {one.id: (locale_of(request) == "en" and one.name_en) or one.name for one in people}
    lines = [
        Line(
            entry,
            action_words(entry.action),
            object_words(entry.object_type),
            object_page(entry.object_type, entry.object_id),
            tuple(changed_fields(entry.change, actor.zone, object_type=entry.object_type, people=names)),
        )
        for entry in page.entries
    ]
    asked = {"person": person, "kind": wanted.object_type, "number": number, "action": wanted.action}
    return render(
        request,
        "identity/audit.html",
        block="rows" if request.headers.get("hx-target") == "audit-rows" else None,
        lines=lines,
        following=page.following,
        more_url=f"/audit?{urlencode({**asked, 'before': page.following or ''})}",
        wanted=wanted,
        people=people,
        actions=ACTIONS,
        objects=OBJECTS,
    )

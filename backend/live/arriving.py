"""What a page about a place offers to somebody who has just scanned its label: proof, deeds, what others show there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_
from backend.identity.actor import Actor
from backend.identity.web import Allow, guards
from backend.labels.queries import Kind, labelled

_DEEDS = (
    ("/checkins/new", "badge-check", N_("打卡")),
    ("/reports/new", "triangle-alert", N_("上报隐患")),
    ("/incidents/new", "octagon-alert", N_("报告事件")),
)
"""What one does at a place; each appears once its page is there."""
_PARTS = ("incidents", "risks", "hazards", "rectifications", "checkins")
_FRAGMENTS = {
    Kind.EQUIPMENT: tuple(f"/equipment/{{equipment_id}}/{part}" for part in _PARTS),
    Kind.AREA: tuple(f"/areas/{{area_id}}/{part}" for part in ("roll-call", *_PARTS)),
}
"""Parts that domains above this one show of what they have at a place; each appears once its route is there."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A button of the page."""

    url: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """``token`` proves that the label was read; ``stale`` when the page was opened with one that proves nothing."""

    token: str
    stale: bool
    deeds: tuple[Deed, ...]
    fragments: tuple[str, ...]


async def arrive(session: AsyncSession, actor: Actor, app: FastAPI, place: tuple[Kind, int], token: str) -> Arrival:
    """What the page of ``place`` offers; ``token`` is of the label with which it was opened, empty for none."""
    kind, id_ = place
    label = await labelled(session, actor, token) if token else None
    proven = label is not None and (label.equipment_id, label.area_id) == _ids(kind, id_)
    asked: Mapping[str, Any] = {kind.value: id_, **({"label": token} if proven else {})}
    doors = {path for path, capability in _doors(app).items() if not capability or actor.can(capability)}
    deeds = tuple(Deed(f"{url}?{urlencode(asked)}", icon, words) for url, icon, words in _DEEDS if url in doors)
    told = f"?{urlencode({'label': token})}" if proven else ""
    fragments = tuple(
        pattern.replace(f"{{{kind}_id}}", str(id_)) + told for pattern in _FRAGMENTS[kind] if pattern in doors
    )
    return Arrival(token if proven else "", bool(token) and not proven, deeds, fragments)


def _ids(kind: Kind, id_: int) -> tuple[int | None, int | None]:
    return (id_, None) if kind is Kind.EQUIPMENT else (None, id_)


@lru_cache(maxsize=4)
def _doors(app: FastAPI) -> Mapping[str, str]:
    """Patterns of pages of the application, and the capability that each needs."""
    found: dict[str, str] = {}
    for route in iter_route_contexts(app.routes):
        allowed = [guard for guard in guards(route) if isinstance(guard, Allow)]
        if allowed and "GET" in (route.methods or ()):
            found[route.path or ""] = allowed[0].capability
    return found

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
from backend.labels.queries import Kind, labelled

_DEEDS = (
    ("/checkins/new", "badge-check", N_("打卡")),
    ("/reports/new", "triangle-alert", N_("上报隐患")),
)
"""What one does at a place; each appears once its page is there."""
_FRAGMENTS = ("checkins", "reports", "rectifications")
"""Domains above this one that show what they have at a place: ``/checkins/of-equipment/5``, ``/reports/of-area/2``."""


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
    there = _paths(app)
    deeds = tuple(Deed(f"{url}?{urlencode(asked)}", icon, words) for url, icon, words in _DEEDS if url in there)
    wanted = f"of-{kind.value}/{{{kind.value}_id}}"
    fragments = tuple(f"/{domain}/of-{kind.value}/{id_}" for domain in _FRAGMENTS if f"/{domain}/{wanted}" in there)
    return Arrival(token if proven else "", bool(token) and not proven, deeds, fragments)


def _ids(kind: Kind, id_: int) -> tuple[int | None, int | None]:
    return (id_, None) if kind is Kind.EQUIPMENT else (None, id_)


@lru_cache(maxsize=4)
def _paths(app: FastAPI) -> frozenset[str]:
    return frozenset(route.path or "" for route in iter_route_contexts(app.routes))

"""What stages, areas, equipment and causes are called: to choose from, and of what was counted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_
from backend.core.i18n import translate
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.identity.permissions import made_once, visible
from backend.plant.models import Area, Equipment, Point, Stage
from backend.tracing.library.titles import titles_of
from backend.tracing.versions.learning import OTHER

_AT_EQUIPMENT, _AT_POINT = "equipment:", "point:"


@dataclass(frozen=True)
class Named:
    """What something is called in both languages; ``typed``: by people of the plant, not by us."""

    name: str
    name_en: str
    typed: bool = True


class Directory(Protocol):
    """Whoever knows what the places of a site are called."""

    def called(self, kind: str, id_: object) -> Named | None:
        """What a place is called; None where there is no such."""


@dataclass(frozen=True)
class Piece:
    """Equipment as a history speaks of it."""

    id: int
    name: str
    name_en: str
    equipment_class: str


@dataclass(frozen=True)
class Places:
    """All stages, areas and equipment of the site, in their order."""

    stages: Sequence[Stage]
    areas: Sequence[Area]
    equipment: Sequence[Piece]

    @property
    def classes(self) -> list[str]:
        """The classes of equipment that the site has."""
        return sorted({one.equipment_class for one in self.equipment if one.equipment_class})

    def called(self, kind: str, id_: object) -> Named | None:
        """What a ``stage``, ``area`` or piece of ``equipment`` is called; None where there is no such."""
        all_of: dict[str, Sequence[Stage | Area | Piece]] = {
            "stage": self.stages,
            "area": self.areas,
            "equipment": self.equipment,
        }
        return next((Named(one.name, one.name_en) for one in all_of[kind] if str(one.id) == str(id_)), None)


async def places(session: AsyncSession, actor: Actor) -> Places:
    """What a history can be narrowed to."""
    stages = await session.scalars(
        select(Stage).where(visible(actor, Stage)).order_by(col(Stage.position), col(Stage.id))
    )
    areas = await session.scalars(select(Area).where(visible(actor, Area)).order_by(col(Area.code)))
    equipment = await session.execute(_equipment_listed(actor))
    return Places(stages.all(), areas.all(), [Piece(*row) for row in equipment])


@made_once
def _equipment_listed(actor: Actor) -> Select[Any]:
    told = ("id", "name", "name_en", "equipment_class")
    columns = [col(getattr(Equipment, name)) for name in told]
    return select(*columns).where(visible(actor, Equipment)).order_by(col(Equipment.code))


async def causes_called(
    session: AsyncSession, actor: Actor, codes: Iterable[str], known: Directory
) -> Mapping[str, Named]:
    """What each cause is called; a bare place says where it began, since why isn't known."""
    wanted = {code for code in codes if code}
    titles = await titles_of(session, actor, [f"/{code}" for code in wanted if ":" not in code and code != OTHER])
    points = await _points(session, actor, wanted)
    return {code: _called(code, titles, points.get(code) or _equipment(known, code)) for code in wanted}


async def _points(session: AsyncSession, actor: Actor, codes: Iterable[str]) -> dict[str, Named]:
    """Points that belong to no equipment, by code."""
    ids = [id_ for code in codes if code.startswith(_AT_POINT) and (id_ := database_id(code.removeprefix(_AT_POINT)))]
    if not ids:
        return {}
    found = await session.scalars(select(Point).where(visible(actor, Point), col(Point.id).in_(ids)))
    return {f"{_AT_POINT}{one.id}": Named(one.name, one.name_en) for one in found}


def _equipment(known: Directory, code: str) -> Named | None:
    return known.called("equipment", code.removeprefix(_AT_EQUIPMENT)) if code.startswith(_AT_EQUIPMENT) else None


def _called(code: str, titles: Mapping[str, tuple[str, str]], place: Named | None) -> Named:
    if code == OTHER:
        return _ours(N_("其他原因"))
    if f"/{code}" in titles:
        return Named(*titles[f"/{code}"], typed=False)
    if place is None:
        return Named(code, code)
    says = N_("始于%(place)s，原因不详")
    zh = translate("zh_CN", says, place=place.name)
    return Named(zh, translate("en", says, place=place.name_en or place.name))


def _ours(words: str) -> Named:
    return Named(words, translate("en", words), typed=False)

"""SQL of labels: what has one, whose label a token or code is, and what labels a thing has had."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import system_query, visible
from backend.labels.codes import name_in
from backend.labels.keys import label_key
from backend.labels.models import Label
from backend.plant.models import Area, Equipment


class Kind(enum.StrEnum):
    """What a label can be on."""

    EQUIPMENT = "equipment"
    AREA = "area"

    @property
    def column(self) -> Any:
        """The column of a label that names a thing of this kind."""
        return col(Label.equipment_id) if self is Kind.EQUIPMENT else col(Label.area_id)


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can carry a label, where it is, and its live label."""

    kind: Kind
    id: int
    code: str
    name: str
    name_en: str
    area: tuple[str, str]
    label: Label | None

    @property
    def key(self) -> str:
        """``equipment-5``, as the form of the page names it."""
        return f"{self.kind}-{self.id}"

    @property
    def page(self) -> str:
        """Where its label is shown."""
        return f"/labels/{'equipment' if self.kind is Kind.EQUIPMENT else 'areas'}/{self.id}"


@dataclass(frozen=True, slots=True)
class Past:
    """A label that a thing has or has had; people by their names in Chinese and English."""

    code: str
    made_at: datetime
    made_by: tuple[str, str] | None
    revoked_at: datetime | None
    revoked_by: tuple[str, str] | None
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which things a list shows; ``labelled`` True, False, or None for both; ``search`` looks into names and codes."""

    kind: Kind | None = None
    area_id: int | None = None
    labelled: bool | None = None
    search: str = ""

    def takes(self, thing: Thing) -> bool:
        """Whether ``thing`` is one of them, as far as its label decides."""
        return self.labelled is None or (thing.label is not None) == self.labelled


async def things(session: AsyncSession, actor: Actor, wanted: Wanted) -> list[Thing]:
    """Equipment in use in the order of the plant, then areas."""
    found: list[Thing] = []
    if wanted.kind in {None, Kind.EQUIPMENT}:
        inside = [] if wanted.area_id is None else [col(Equipment.area_id) == wanted.area_id]
        found += await _equipment(
            session, actor, *inside, col(Equipment.retired_at).is_(None), *_says(Equipment, wanted.search)
        )
    if wanted.kind in {None, Kind.AREA}:
        itself = [] if wanted.area_id is None else [col(Area.id) == wanted.area_id]
        found += await _areas(session, actor, *itself, col(Area.retired_at).is_(None), *_says(Area, wanted.search))
    return [thing for thing in found if wanted.takes(thing)]


async def things_named(session: AsyncSession, actor: Actor, keys: Sequence[tuple[Kind, int]]) -> list[Thing]:
    """These things, in the order of the plant; what the actor may not see isn't among them."""
    ids = {kind: [id_ for named, id_ in keys if named is kind and 0 < id_ < 2**63] for kind in Kind}
    equipment = await _equipment(session, actor, col(Equipment.id).in_(ids[Kind.EQUIPMENT]))
    return equipment + await _areas(session, actor, col(Area.id).in_(ids[Kind.AREA]))


async def labelled(session: AsyncSession, actor: Actor, token: str) -> Label | None:
    """The live label with this token, at the actor's site: proof that somebody stood before it, or has its picture."""
    label = await label_of_token(session, actor, token)
    return label if label is not None and label.revoked_at is None else None


@system_query("a stranger with a label's address has no site; the label says which it is")
async def label_anywhere(session: AsyncSession, token: str) -> Label | None:
    """The live label with this token, of whichever site; None for a forged or revoked one."""
    name = name_in(token, label_key())
    live = select(Label).where(col(Label.token_name) == name, col(Label.revoked_at).is_(None))
    return None if name is None else (await session.execute(live)).scalar_one_or_none()


async def label_of_token(session: AsyncSession, actor: Actor, token: str) -> Label | None:
    """The label with this token even when it is revoked; None for a forged token and one of another site."""
    name = name_in(token, label_key())
    return None if name is None else await _one(session, actor, col(Label.token_name) == name)


async def label_of_code(session: AsyncSession, actor: Actor, code: str) -> Label | None:
    """The label of the actor's site with this short code (as ``codes.read_code`` gives it), even when revoked."""
    return await _one(session, actor, col(Label.code) == code)


async def live_label(session: AsyncSession, actor: Actor, kind: Kind, id_: int) -> Label | None:
    """The label that the thing carries now."""
    return await _one(session, actor, kind.column == id_, col(Label.revoked_at).is_(None))


async def live_labels(session: AsyncSession, actor: Actor, *, most: int) -> list[Label]:
    """Labels of the site that prove something now, the newest first."""
    statement = select(Label).where(visible(actor, Label), col(Label.revoked_at).is_(None))
    return list(await session.scalars(statement.order_by(col(Label.id).desc()).limit(most)))


async def past(session: AsyncSession, actor: Actor, kind: Kind, id_: int) -> list[Past]:
    """All labels that the thing has had, the newest first."""
    labels = await session.scalars(
        select(Label).where(visible(actor, Label), kind.column == id_).order_by(col(Label.id).desc())
    )
    rows = list(labels)
    people = {one for label in rows for one in (label.made_by, label.revoked_by) if one is not None}
    names = await _names(session, actor, people)
    return [
        Past(
            label.code,
            label.created_at,
            names.get(label.made_by or 0),
            label.revoked_at,
            names.get(label.revoked_by or 0),
            label.revoked_reason,
        )
        for label in rows
    ]


async def areas(session: AsyncSession, actor: Actor) -> list[Area]:
    """The site's areas, to choose one."""
    in_use = select(Area).where(visible(actor, Area), col(Area.retired_at).is_(None))
    return list(await session.scalars(in_use.order_by(col(Area.position), col(Area.id))))


async def _names(session: AsyncSession, actor: Actor, ids: set[int]) -> dict[int, tuple[str, str]]:
    rows = await session.execute(
        select(col(Person.id), col(Person.name), col(Person.name_en)).where(
            visible(actor, Person), col(Person.id).in_(ids)
        )
    )
    return {id_: (name, name_en) for id_, name, name_en in rows}


async def _one(session: AsyncSession, actor: Actor, *conditions: ColumnElement[bool]) -> Label | None:
    return (await session.execute(select(Label).where(visible(actor, Label), *conditions))).scalar_one_or_none()


def _says(model: type[Equipment] | type[Area], words: str) -> list[ColumnElement[bool]]:
    columns = (col(model.name), col(model.name_en), col(model.code))
    return [or_(*(column.icontains(words, autoescape=True) for column in columns))] if words else []


async def _equipment(session: AsyncSession, actor: Actor, *conditions: ColumnElement[bool]) -> list[Thing]:
    statement = (
        select(Equipment, Area, Label)
        .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
        .outerjoin(Label, and_(col(Label.equipment_id) == col(Equipment.id), col(Label.revoked_at).is_(None)))
        .where(visible(actor, Equipment), *conditions)
        .order_by(col(Equipment.id))
    )
    return [
        Thing(Kind.EQUIPMENT, e.id, e.code, e.name, e.name_en, (area.name, area.name_en) if area else ("", ""), label)
        for e, area, label in await session.execute(statement)
    ]


async def _areas(session: AsyncSession, actor: Actor, *conditions: ColumnElement[bool]) -> list[Thing]:
    statement = (
        select(Area, Label)
        .outerjoin(Label, and_(col(Label.area_id) == col(Area.id), col(Label.revoked_at).is_(None)))
        .where(visible(actor, Area), *conditions)
        .order_by(col(Area.id))
    )
    return [
        Thing(Kind.AREA, a.id, a.code, a.name, a.name_en, ("", ""), label)
        for a, label in await session.execute(statement)
    ]

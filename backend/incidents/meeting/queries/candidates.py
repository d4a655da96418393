"""From which causes people choose, and what the system ranks meanwhile, as it is before anybody chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident, IncidentKind
from backend.plant.models import Equipment
from backend.tracing.library.catalogue import FACTOR, Library
from backend.tracing.library.queries import library_seen
from backend.tracing.library.titles import place_of
from backend.tracing.models import Trace
from backend.tracing.naming import in_order
from backend.tracing.queries import node_names, people_by_id

MOST = 8
"""So many of a trace's causes are offered: more than people tell apart on a phone help nobody."""
MOST_MODES = 10
_OF_PEOPLE = (IncidentKind.INJURY, IncidentKind.OPERATION_VIOLATION, IncidentKind.NEAR_MISS)
"""Kinds whose causes are rather sought with people, methods and surroundings than in the equipment."""


@dataclass(frozen=True)
class Candidate:
    """A cause that can be chosen. ``key`` as tracing knows it; of the library without a place ``factor.key`` alone."""

    key: str
    title: str
    title_en: str


@dataclass(frozen=True)
class Former:
    """What was confirmed on the trace before the meeting: when (UTC, ISO 8601), by whom, and their note."""

    title: str
    title_en: str
    at: str
    name: str
    name_en: str
    note: str


@dataclass(frozen=True)
class Basis:
    """What a meeting rests on. ``ranking``: key and probability, the likeliest first; ``contributing``: candidates that
    the system holds to contribute, which have no place in it; ``trace_id`` None: no trace explains the incident.
    ``candidates`` lie in the order of their keys, which tells nothing of the ranking."""

    trace_id: int | None
    candidates: Sequence[Candidate]
    ranking: Sequence[tuple[str, float]]
    contributing: Sequence[str]
    former: Former | None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Basis":
        """As a meeting stores it."""
        former = document.get("former")
        return cls(
            document.get("trace_id"),
            [Candidate(**one) for one in document.get("candidates", [])],
            [(key, float(probability)) for key, probability in document.get("ranking", [])],
            document.get("contributing", []),
            Former(**former) if former else None,
        )

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "trace_id": self.trace_id,
            "candidates": [vars(one) for one in self.candidates],
            "ranking": [[key, probability] for key, probability in self.ranking],
            "contributing": list(self.contributing),
            "former": vars(self.former) if self.former else None,
        }

    def title_of(self, key: str) -> tuple[str, str]:
        """What a candidate is called in both languages; its key where it is none."""
        return next(((one.title, one.title_en) for one in self.candidates if one.key == key), (key, key))


async def basis_of(session: AsyncSession, actor: Actor, incident: Incident) -> Basis:
    """What is known now: the causes of the incident's trace, else those that the cause library knows for its place and
    kind."""
    trace = await _trace_of(session, actor, incident)
    former = await _former(session, actor, trace) if trace else None
    listed = _listed(trace.result) if trace else {}
    if trace is None or not listed:
        library, _ = await library_seen(session, actor)
        known = _known(library, incident, await _place(session, actor, incident))
        return Basis(trace.id if trace else None, known, [], [], former)
    names = await node_names(session, actor, listed)
    offered = [
        Candidate(key, name.name, name.name_en) if (name := names.get(key)) else Candidate(key, key, key)
        for key in sorted(listed)
    ]
    ranking = [(key, share) for key, (share, contributes) in listed.items() if not contributes]
    contributing = [key for key, (_, contributes) in listed.items() if contributes]
    return Basis(trace.id, offered, ranking, contributing, former)


async def _trace_of(session: AsyncSession, actor: Actor, incident: Incident) -> Trace | None:
    if incident.group_id is None:
        return None
    of_flood = col(Trace.group_id) == incident.group_id
    return (
        await session.scalars(select(Trace).where(visible(actor, Trace), of_flood, col(Trace.revision) > 0))
    ).one_or_none()


def _listed(result: Mapping[str, Any]) -> dict[str, tuple[float, bool]]:
    """The causes in their order with probability and whether they merely contribute: by all evidence where it was
    weighed, else by the readings alone."""
    fused = [(one["key"], float(one["probability"]), one["contributes"]) for one in in_order(result.get("fused", []))]
    read = [(one["node"], float(one["probability"]), False) for one in result.get("causes", [])]
    return {key: (share, contributes) for key, share, contributes in (fused or read)[:MOST]}


async def _former(session: AsyncSession, actor: Actor, trace: Trace) -> Former | None:
    if not trace.confirmed_node or trace.confirmed_at is None:
        return None
    name = (await node_names(session, actor, [trace.confirmed_node])).get(trace.confirmed_node)
    who = (await people_by_id(session, actor, [trace.confirmed_by] if trace.confirmed_by else [])).values()
    by = next(iter(who), None)
    return Former(
        name.name if name else trace.confirmation_note or place_of(trace.confirmed_node),
        name.name_en if name else trace.confirmation_note or place_of(trace.confirmed_node),
        trace.confirmed_at.isoformat(),
        by.name if by else "",
        by.name_en if by else "",
        trace.confirmation_note,
    )


async def _place(session: AsyncSession, actor: Actor, incident: Incident) -> Equipment | None:
    if incident.equipment_id is None:
        return None
    here = col(Equipment.id) == incident.equipment_id
    return (await session.scalars(select(Equipment).where(visible(actor, Equipment), here))).one_or_none()


def _known(library: Library, incident: Incident, place: Equipment | None) -> list[Candidate]:
    """Failure modes of the equipment's class; where people are concerned or nothing else is known, the contributing
    factors of people, surroundings and management."""
    found: list[Candidate] = []
    of_class = library.of(place.equipment_class) if place else None
    if place and of_class and incident.kind not in _OF_PEOPLE:
        modes = sorted(of_class.modes, key=lambda mode: -mode.per_year)[:MOST_MODES]
        english = place.name_en or place.name
        found = [
            Candidate(
                f"equipment:{place.id}/{of_class.key}.{mode.key}",
                f"{place.name}：{mode.title}",
                f"{english}: {mode.title_en}",
            )
            for mode in modes
        ]
    if not found:
        start = f"equipment:{place.id}/" if place else ""
        found = [
            Candidate(f"{start}{FACTOR}{one.key}", one.title, one.title_en)
            for one in library.factors
            if one.kind != "equipment"
        ]
    return sorted(found, key=lambda one: one.key)

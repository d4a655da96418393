"""The fused causes of a trace and the cause library as people see them: with names and links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.models import Person, Role
from backend.identity.permissions import visible
from backend.plant.models import Equipment
from backend.tracing.library.catalogue import Library, in_force
from backend.tracing.library.models import CauseLibrary, TraceAnswer, TraceQuestion
from backend.tracing.models import Trace
from backend.tracing.naming import in_order
from backend.tracing.queries import NodeName, PersonName, PostName, PostThere, node_names, posts_held
from backend.tracing.sentences import Sentence, record_sentence


@dataclass(frozen=True)
class FusedView:
    """The fused list of a trace with every name it needs; ``answerable``: questions this person may answer."""

    trace: Trace
    causes: list[dict[str, Any]]
    rest: float
    names: dict[str, NodeName]
    posts: dict[int, PostThere]
    people: dict[int, PersonName]
    answers: list[TraceAnswer]
    answerable: frozenset[str]

    def name(self, key: str) -> NodeName:
        """What a node is called; its key when it is no longer there."""
        return self.names.get(key) or NodeName(key, key, key, "")

    def named_nodes(self, keys: Iterable[str]) -> list[NodeName]:
        """What several nodes are called."""
        return [self.name(key) for key in keys]

    def equipment(self, equipment_id: int | None) -> NodeName | None:
        """What equipment is called."""
        return self.names.get(f"equipment:{equipment_id}") if equipment_id else None

    def posts_of(self, ids: Iterable[int]) -> list[PostThere]:
        """Posts that are still there."""
        return [self.posts[id_] for id_ in ids if id_ in self.posts]

    def cited(self, cite: Mapping[str, Any]) -> Sentence:
        """The sentence for a cited record."""
        return record_sentence(cite["record"])

    def uncited(self, records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Of these records those that no cause cites."""
        cited = {
            _record_key(cite["record"]) for one in self.causes for cite in one["cites"] if cite["kind"] == "record"
        }
        return [record for record in records if _record_key(record) not in cited]

    def unnamed(self, posts: Iterable[PostName]) -> list[PostName]:
        """Of these posts those that stand at no cause."""
        named = {id_ for one in self.causes for id_ in one["posts"]}
        return [post for post in posts if post.post_id not in named]

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What is asked, most telling first."""
        found = [question for cause in self.causes for question in cause["questions"]]
        return sorted(found, key=lambda one: (-one["gain"], one["key"]))


async def fused_view(session: AsyncSession, actor: Actor, trace: Trace) -> FusedView | None:
    """What is known about the causes of a trace; None for one that was made before causes were fused."""
    fused: list[dict[str, Any]] = trace.result.get("fused", [])
    if not fused:
        return None
    answers = list(
        await session.scalars(
            select(TraceAnswer)
            .where(visible(actor, TraceAnswer), col(TraceAnswer.trace_id) == trace.id)
            .order_by(col(TraceAnswer.at).desc(), col(TraceAnswer.id).desc())
        )
    )
    keys = {f"equipment:{one['equipment_id']}" for one in fused if one["equipment_id"]}
    keys |= {cite["point"] for one in fused for cite in one["cites"] if cite["kind"] == "reading"}
    keys |= {node for one in fused for cite in one["cites"] if cite["kind"] == "link" for node in cite["path"]}
    keys |= {f"equipment:{q['equipment_id']}" for one in fused for q in one["questions"]}
    keys |= {
        f"equipment:{change['equipment_id']}" for row in answers for change in row.effect if change["equipment_id"]
    }
    causes = in_order(fused)
    people = {row.person_id for row in answers}
    return FusedView(
        trace,
        causes,
        next((one["probability"] for one in fused if one["key"] == "rest"), 0.0),
        await node_names(session, actor, keys),
        await posts_held(session, actor, {id_ for one in causes for id_ in _post_ids(one)}),
        await _people(session, actor, people),
        answers,
        await _answerable(session, actor, trace, causes),
    )


def _record_key(record: Mapping[str, Any]) -> tuple[str, int, int]:
    return record["kind"], record["equipment_id"], record["row_id"]


def _post_ids(cause: Mapping[str, Any]) -> list[int]:
    return [*cause["posts"], *(id_ for question in cause["questions"] for id_ in question["posts"])]


async def _people(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> dict[int, PersonName]:
    rows = await session.execute(
        select(col(Person.id), col(Person.name), col(Person.name_en)).where(
            visible(actor, Person), col(Person.id).in_(list(ids))
        )
    )
    return {id_: PersonName(id_, name, name_en) for id_, name, name_en in rows}


async def _answerable(
    session: AsyncSession, actor: Actor, trace: Trace, causes: Iterable[Mapping[str, Any]]
) -> frozenset[str]:
    """Keys of the present questions that this person may answer (``asking.answer`` decides in the same way)."""
    questions = [question for cause in causes for question in cause["questions"]]
    if actor.role != Role.WORKER or not questions:
        return frozenset(question["key"] for question in questions)
    ids = [question["equipment_id"] for question in questions]
    own = set(
        await session.scalars(
            select(col(Equipment.id)).where(
                visible(actor, Equipment),
                col(Equipment.id).in_(ids),
                col(Equipment.owner_post_id).in_(sorted(actor.post_ids)),
            )
        )
    )
    asked = await session.execute(
        select(col(TraceQuestion.question), col(TraceQuestion.told)).where(
            visible(actor, TraceQuestion), col(TraceQuestion.trace_id) == trace.id
        )
    )
    mine = {question for question, told in asked if actor.person_id in told}
    return frozenset(q["key"] for q in questions if q["equipment_id"] in own or q["key"] in mine)


@dataclass(frozen=True)
class OpenQuestion:
    """A check that somebody was asked for and that nobody has answered."""

    trace_id: int
    text: str
    text_en: str
    place: str
    place_en: str
    at: datetime


ASKED_FOR = timedelta(hours=24)
"""So long a question waits; the plant has changed by then."""


async def open_questions(session: AsyncSession, actor: Actor) -> list[OpenQuestion]:
    """What this person was asked lately and nobody has answered, of each trace the present questions only."""
    answered = select(col(TraceAnswer.id)).where(
        visible(actor, TraceAnswer),
        col(TraceAnswer.trace_id) == col(TraceQuestion.trace_id),
        col(TraceAnswer.question) == col(TraceQuestion.question),
    )
    rows = await session.execute(
        select(TraceQuestion, Equipment, Trace)
        .join(Equipment, col(Equipment.id) == col(TraceQuestion.equipment_id))
        .join(Trace, col(Trace.id) == col(TraceQuestion.trace_id))
        .where(
            visible(actor, TraceQuestion),
            visible(actor, Equipment),
            visible(actor, Trace),
            col(TraceQuestion.created_at) > now() - ASKED_FOR,
            cast(TraceQuestion.told, JSONB).contains([actor.person_id]),
            ~answered.exists(),
        )
        .order_by(col(TraceQuestion.created_at))
    )
    return [
        OpenQuestion(asked.trace_id, asked.text, asked.text_en, place.name, place.name_en, asked.created_at)
        for asked, place, trace in rows
        if asked.question in {q["key"] for one in trace.result.get("fused", []) for q in one["questions"]}
    ]


@dataclass(frozen=True)
class PlaceAsked:
    """Equipment that a question is about; ``own``: this person holds its owner post, or was asked."""

    equipment_class: str
    own: bool


async def place_asked(
    session: AsyncSession, actor: Actor, trace_id: int, question: str, equipment_id: int
) -> PlaceAsked | None:
    """What a question is about; None for equipment the actor may not see."""
    if equipment_id not in range(1, 2**63):
        return None
    about = await session.scalar(select(Equipment).where(visible(actor, Equipment), col(Equipment.id) == equipment_id))
    if about is None:
        return None
    told = await session.scalar(
        select(col(TraceQuestion.told)).where(
            visible(actor, TraceQuestion),
            col(TraceQuestion.trace_id) == trace_id,
            col(TraceQuestion.question) == question,
        )
    )
    own = about.owner_post_id in actor.post_ids or actor.person_id in (told or [])
    return PlaceAsked(about.equipment_class, own)


async def library_versions(session: AsyncSession, actor: Actor, most: int = 20) -> list[CauseLibrary]:
    """The site's edits, the newest first."""
    rows = await session.scalars(
        select(CauseLibrary).where(visible(actor, CauseLibrary)).order_by(col(CauseLibrary.version).desc()).limit(most)
    )
    return list(rows)


async def library_seen(session: AsyncSession, actor: Actor) -> tuple[Library, str]:
    """The library in force on the actor's site, and what keeps the site's newest edits from being so."""
    newest = await library_versions(session, actor, 1)
    return in_force(newest[0].edits if newest else None)

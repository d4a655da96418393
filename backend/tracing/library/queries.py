"""The fused causes of a trace and the cause library as people see them: with names and links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.tracing.checks.queries import may_answer
from backend.tracing.library.catalogue import Library, in_force
from backend.tracing.library.models import CauseLibrary
from backend.tracing.models import Trace, TraceCheck
from backend.tracing.naming import in_order
from backend.tracing.queries import NodeName, PersonName, PostName, PostThere, node_names, people_by_id, posts_held
from backend.tracing.sentences import Sentence, record_sentence


@dataclass(frozen=True)
class FusedView:
    """The fused list of a trace with every name it needs. ``answers``: looks that answered a question; ``waiting``:
    those that wait, by the question they carry; ``answerable``: questions this person may answer."""

    trace: Trace
    causes: list[dict[str, Any]]
    rest: float
    names: dict[str, NodeName]
    posts: dict[int, PostThere]
    people: dict[int, PersonName]
    answers: list[TraceCheck]
    waiting: dict[str, TraceCheck]
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
    checks = await _questioned(session, actor, trace)
    answers = [check for check in checks if check.answer]
    waiting = {check.question: check for check in checks if check.answered_at is None}
    keys = {f"equipment:{one['equipment_id']}" for one in fused if one["equipment_id"]}
    keys |= {cite["point"] for one in fused for cite in one["cites"] if cite["kind"] == "reading"}
    keys |= {node for one in fused for cite in one["cites"] if cite["kind"] == "link" for node in cite["path"]}
    keys |= {f"equipment:{q['equipment_id']}" for one in fused for q in one["questions"]}
    keys |= {
        f"equipment:{change['equipment_id']}" for row in answers for change in row.effect if change["equipment_id"]
    }
    causes = in_order(fused)
    return FusedView(
        trace,
        causes,
        next((one["probability"] for one in fused if one["key"] == "rest"), 0.0),
        await node_names(session, actor, keys),
        await posts_held(session, actor, {id_ for one in causes for id_ in _post_ids(one)}),
        await people_by_id(session, actor, {row.answered_by for row in answers if row.answered_by}),
        answers,
        waiting,
        frozenset(question for question, check in waiting.items() if may_answer(actor, check)),
    )


async def _questioned(session: AsyncSession, actor: Actor, trace: Trace) -> list[TraceCheck]:
    """Looks of a trace that carry a question, the last seen first."""
    rows = await session.scalars(
        select(TraceCheck)
        .where(visible(actor, TraceCheck), col(TraceCheck.trace_id) == trace.id, col(TraceCheck.question) != "")
        .order_by(
            func.coalesce(col(TraceCheck.captured_at), col(TraceCheck.answered_at)).desc(), col(TraceCheck.id).desc()
        )
    )
    return list(rows)


def _record_key(record: Mapping[str, Any]) -> tuple[str, int, int]:
    return record["kind"], record["equipment_id"], record["row_id"]


def _post_ids(cause: Mapping[str, Any]) -> list[int]:
    return [*cause["posts"], *(id_ for question in cause["questions"] for id_ in question["posts"])]


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

"""Making a site's own plan for one kind of incident."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Conflict, Invalid
from backend.hazards.plan import tidy
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.incidents.models import IncidentKind
from backend.incidents.queries.standing import hold_site
from backend.incidents.response.content import PlanStep, Who, usual_plan
from backend.incidents.response.models import IncidentPlan
from backend.incidents.response.queries.plans import plan_versions
from backend.incidents.response.queries.posts import site_posts

MOST_STEPS = 40
MOST_LETTERS = 300


@dataclass(frozen=True)
class StepDraft:
    """A step as typed; without ``key`` a new one. ``post_id``: who of the site takes it."""

    text: str
    text_en: str = ""
    who: str = Who.ANYONE
    basis: str = ""
    key: str = ""
    post_id: int | None = None


async def set_plan(
    session: AsyncSession, actor: Actor, kind: IncidentKind, drafts: Sequence[StepDraft], version: int
) -> int:
    """Put these steps in force for ``kind`` as a further version, unless they change nothing; gives the version.

    ``version`` is the one on the person's screen. Raises Forbidden, Conflict (somebody else made one meanwhile),
    Invalid by field (``text-2``: the third step's).
    """
    require(actor, "incidents.plan")
    await hold_site(session, actor.site_id)
    own = await plan_versions(session, actor, kind)
    now_in_force = own[0].version if own else 0
    if version != now_in_force:
        raise Conflict(N_("刚才有人改了这个预案，请查看最新内容后再修改"))
    before = own[0].steps if own else usual_plan(kind).steps
    posts = {post.id for post in await site_posts(session, actor)}
    steps = _read(drafts, {step.key: step for step in before}, posts)
    if steps == list(before):
        return now_in_force
    row = IncidentPlan(
        site_id=actor.site_id,
        kind=kind,
        version=now_in_force + 1,
        steps=msgspec.to_builtins(steps),
        made_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    change = {"version": [now_in_force, row.version], "steps": [len(before), len(steps)]}
    await record_change(session, actor, "incident.plan", "incident_plan", row.id, change)
    return row.version


def _read(drafts: Sequence[StepDraft], known: dict[str, PlanStep], posts: set[int]) -> list[PlanStep]:
    wrong: dict[str, str] = {}
    steps: list[PlanStep] = []
    for number, draft in enumerate(drafts):
        texts = [tidy(text) for text in (draft.text, draft.text_en, draft.basis)]
        if not texts[0]:
            wrong[f"text-{number}"] = N_("请写这一步做什么")
        elif max(map(len, texts)) > MOST_LETTERS:
            wrong[f"text-{number}"] = N_("内容太长，请精简")
        elif draft.who not in set(Who):
            wrong[f"who-{number}"] = N_("请选择由谁做")
        elif draft.post_id is not None and draft.post_id not in posts:
            wrong[f"post-{number}"] = N_("请选择本单位的岗位")
        else:
            steps.append(_step(draft, texts, known.get(draft.key)))
    if not drafts:
        wrong["text-0"] = N_("预案至少有一步")
    if len(drafts) > MOST_STEPS:
        wrong["text-0"] = N_("预案最多 40 步，太长没人看得完")
    if len({step.key for step in steps}) < len(steps):
        wrong["text-0"] = N_("同一步不能出现两次")
    if wrong:
        raise Invalid(fields=wrong)
    return steps


def _step(draft: StepDraft, texts: list[str], before: PlanStep | None) -> PlanStep:
    """A step keeps its key while it is edited; the English of its basis only as long as the basis stays."""
    text, text_en, basis = texts
    basis_en = before.basis_en if before and before.basis == basis else ""
    key = before.key if before else f"own-{uuid4().hex[:12]}"
    return PlanStep(key, text, text_en, Who(draft.who), basis, basis_en, draft.post_id)

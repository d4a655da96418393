"""How feedback is answered: how soon, and in which ready words."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.feedback import queries
from backend.feedback.deadlines import MOST_DAYS
from backend.feedback.draft import MOST_LETTERS
from backend.feedback.models import FeedbackPolicy, FeedbackTemplate
from backend.hazards.plan import tidy
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible

_LONGEST_TITLE = 40


async def set_policy(session: AsyncSession, actor: Actor, days: int | None) -> None:
    """Let answers take so many working days. What was given before keeps its date. Raises Forbidden, Invalid."""
    require(actor, "feedback.answer")
    if days is None or not 1 <= days <= MOST_DAYS:
        raise Invalid(fields={"days": N_("请填写 1 到 30 天")})
    before = await queries.answer_days(session, actor)
    made = FeedbackPolicy(site_id=actor.site_id, answer_days=days, set_by=actor.person_id)
    session.add(made)
    await session.flush()
    await record_change(session, actor, "feedback.policy", "feedback_policy", made.id, {"days": [before, days]})


async def add_template(session: AsyncSession, actor: Actor, title: str, words: str) -> FeedbackTemplate:
    """Keep an answer that is often given. Raises Forbidden, Invalid by field."""
    require(actor, "feedback.answer")
    title, words, wrong = tidy(title), tidy(words), {}
    if not title or len(title) > _LONGEST_TITLE:
        wrong["title"] = N_("内容太长，请精简") if title else N_("请起个名字")
    if not words or len(words) > MOST_LETTERS:
        wrong["words"] = N_("内容太长，请精简") if words else N_("请写答复")
    if wrong:
        raise Invalid(fields=wrong)
    made = FeedbackTemplate(site_id=actor.site_id, title=title, words=words, made_by=actor.person_id)
    session.add(made)
    await session.flush()
    await record_change(session, actor, "feedback.template", "feedback_template", made.id, {"title": [None, title]})
    return made


async def retire_template(session: AsyncSession, actor: Actor, template_id: int) -> None:
    """Offer it no more. Raises Forbidden, NotFound."""
    require(actor, "feedback.answer")
    one = await get_visible(session, actor, FeedbackTemplate, template_id, lock=True)
    if one.retired_at is None:
        one.retired_at = now()
        await record_change(
            session, actor, "feedback.retire", "feedback_template", one.id, {"title": [one.title, None]}
        )

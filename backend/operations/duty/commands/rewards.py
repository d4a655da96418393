"""A person decides on what the rule proposes: nothing is granted or taken by itself."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Conflict, Forbidden
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.operations.duty.models import DutyReward, RewardState
from backend.operations.duty.telling import tell_decided


async def decide_reward(session: AsyncSession, actor: Actor, reward_id: int, *, granted: bool) -> DutyReward:
    """Grant it or not. Raises Forbidden (also for one's own), NotFound, Conflict when it is decided otherwise."""
    require(actor, "duty.govern")
    reward = await get_visible(session, actor, DutyReward, reward_id, lock=True)
    if reward.person_id == actor.person_id:
        raise Forbidden(N_("自己的奖惩请由他人确认"))
    wanted = RewardState.GRANTED if granted else RewardState.DECLINED
    if reward.state == wanted:
        return reward
    if reward.state != RewardState.PROPOSED:
        raise Conflict(N_("这一条已经有人处理"))
    reward.state, reward.decided_by, reward.decided_at = wanted, actor.person_id, now()
    await record_change(
        session, actor, "duty.reward", "duty_reward", reward.id, {"state": [RewardState.PROPOSED, wanted]}
    )
    if granted:
        words = f"{reward.points:+} / ¥{reward.yuan:+}"
        await tell_decided(session, actor, reward.id, words, reward.person_id)
    return reward

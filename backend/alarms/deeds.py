"""What who asks can do with an alarm now, by role and by state, and why not. Pure but for the clock."""

from dataclasses import dataclass

from backend.alarms.lifecycle import facts_of, refusals
from backend.alarms.models import Alarm
from backend.core.clock import now
from backend.identity.actor import Actor

CAPABILITIES = {
    "acknowledge": "alarms.acknowledge",
    "shelve": "alarms.shelve",
    "unshelve": "alarms.shelve",
    "close": "alarms.close",
    "judge": "alarms.judge",
    "note": "alarms.see",
}
"""Deed → capability."""


@dataclass(frozen=True)
class Deeds:
    """``why_not``: msgid by deed that the role may do but the state doesn't allow."""

    possible: frozenset[str]
    why_not: dict[str, str]


def possible_deeds(alarm: Alarm, actor: Actor) -> Deeds:
    """What ``actor`` can do with ``alarm`` at this moment."""
    allowed = {deed for deed, capability in CAPABILITIES.items() if actor.can(capability)}
    refused = refusals(facts_of(alarm), actor.person_id, now())
    return Deeds(frozenset(allowed - refused.keys()), {deed: refused[deed] for deed in allowed & refused.keys()})

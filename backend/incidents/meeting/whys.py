"""The 5-why as people type it, checked. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.core.errors import N_, Invalid
from backend.hazards.plan import tidy
from backend.incidents.meeting.models import Factor

FEWEST, MOST = 2, 7
MOST_LETTERS = 300


@dataclass(frozen=True)
class Why:
    """A question with its answer; ``cite`` is the key of the evidence behind the answer. An empty question just asks
    why of the answer before."""

    question: str
    answer: str
    cite: str = ""


def checked(lines: Sequence[Why], factor: str, evidence: Collection[str]) -> list[Why]:
    """The lines that say something, tidied. Raises Invalid by field: too few or many, a question without answer, too
    many letters, evidence that isn't the incident's, no factor."""
    said = [Why(tidy(one.question), tidy(one.answer), one.cite) for one in lines]
    said = [one for one in said if one.question or one.answer]
    wrong: dict[str, str] = {}
    if any(not one.answer for one in said):
        wrong["whys"] = N_("有一个“为什么”还没有回答")
    elif not FEWEST <= len(said) <= MOST:
        wrong["whys"] = N_("请写 2 到 7 个“为什么”")
    elif any(max(len(one.question), len(one.answer)) > MOST_LETTERS for one in said):
        wrong["whys"] = N_("内容太长，请精简")
    elif any(one.cite and one.cite not in evidence for one in said):
        wrong["whys"] = N_("请从这次事件的记录里选依据")
    if factor not in set(Factor):
        wrong["factor"] = N_("请选择根本原因属于哪一类")
    if wrong:
        raise Invalid(fields=wrong)
    return said

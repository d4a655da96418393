"""Tells whom it concerns of looks on site: asked for, still waiting, done."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from backend.tracing.checks.places import place_of
from backend.tracing.models import Trace, TraceCheck, Verdict
from backend.tracing.recording import tell_of_trace

_TITLES = {
    "check_asked": ("请现场核查", "Please check on site"),
    "check_waiting": ("现场核查还没有结果", "Check on site still waits"),
    "checked": ("现场核查有结果", "Checked on site"),
}
_FOUND = {
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "unknown": ("不清楚", "can't tell"),
    Verdict.FOUND: ("是它，有异常", "it is"),
    Verdict.CLEAR: ("不是它，正常", "it isn't"),
    Verdict.UNSURE: ("看不出来", "can't tell"),
}


async def tell(
    session: AsyncSession,
    made: Trace,
    check: TraceCheck,
    verb: str,
    told: Iterable[int],
    *,
    actor_id: int | None = None,
    note: str = "",
) -> None:
    """Record ``trace.<verb>``. A later notice of the same look takes the earlier one's place on the phone."""
    what, what_en = await _words(session, check)
    (zh, en), (found, found_en) = _TITLES[verb], _found(check)
    await tell_of_trace(
        session,
        made,
        f"trace.{verb}",
        f"{zh}：{what} {found}".rstrip(),
        f"{en}: {what_en} {found_en}".rstrip(),
        actor_id=actor_id,
        level=check.level,
        url=f"/checks/{check.id}",
        told=sorted(set(told)),
        tag=f"check:{check.id}",
        **({"note": note} if note else {}),
    )


async def _words(session: AsyncSession, check: TraceCheck) -> tuple[str, str]:
    """What is to be looked at: the question, else the place."""
    if check.question:
        return check.text, check.text_en
    place = await place_of(session, check.site_id, check.node)
    return place.name, place.name_en or place.name


def _found(check: TraceCheck) -> tuple[str, str]:
    said = [_FOUND[one] for one in (check.answer, check.verdict) if one]
    return " ".join(zh for zh, _ in said), " ".join(en for _, en in said)

"""How decisions are said. Pure."""

from backend.checkins.schedule import Rhythm
from backend.core.errors import N_
from backend.core.i18n import translate
from backend.operations.decisions.rounds import Pace

_RHYTHMS = {
    Rhythm.SHIFT: N_("每班一次"),
    Rhythm.DAY: N_("每天一次"),
    Rhythm.WEEK: N_("每周一次"),
    Rhythm.MONTH: N_("每月一次"),
}
_EVERY_HOURS = N_("每 %(n)s 小时一次")
DONE = {
    "looking": N_("已开始重新计算，可以离开这一页"),
    "budget": N_("预算已保存，下面按新预算排列"),
    "cost": N_("费用已保存"),
    "spent": N_("实际花费已记下"),
    "declined": N_("已记下不采纳的原因"),
}


def pace_words(pace: Pace, locale: str) -> str:
    """A pace in the language ``locale``."""
    if pace.rhythm is Rhythm.INTERVAL:
        return translate(locale, _EVERY_HOURS, n=f"{(pace.interval_minutes or 0) / 60:g}")
    return translate(locale, _RHYTHMS[pace.rhythm])

"""The class of an accident (事故等级) by the regulation, from what was entered. Pure.

《生产安全事故报告和调查处理条例》(国务院令第 493 号, in force since 2007-06-01), article 3, by any one of three:

==========  ==============  ================================  =====================
class       deaths          seriously injured                 direct loss, yuan
==========  ==============  ================================  =====================
特别重大    30 and more     100 and more                      100 million and more
重大        10 to below 30  50 to below 100                   50 to below 100 million
较大        3 to below 10   10 to below 50                    10 to below 50 million
一般        below 3         below 10                          below 10 million
==========  ==============  ================================  =====================

「以上」 includes the number, 「以下」 doesn't (the same article). The seriously injured (重伤) include acute industrial
poisoning; AnSu knows the injured only, and counts each as seriously so: the class may be too high, never too low.
"""

import enum
from decimal import Decimal

from backend.core.errors import N_


class AccidentClass(enum.StrEnum):
    """Article 3, the gravest first."""

    EXTRAORDINARY = "extraordinary"
    MAJOR = "major"
    LARGER = "larger"
    ORDINARY = "ordinary"


CLASSES = {
    AccidentClass.EXTRAORDINARY: N_("特别重大事故"),
    AccidentClass.MAJOR: N_("重大事故"),
    AccidentClass.LARGER: N_("较大事故"),
    AccidentClass.ORDINARY: N_("一般事故"),
}
_FROM: dict[AccidentClass, tuple[int, int, Decimal]] = {
    AccidentClass.EXTRAORDINARY: (30, 100, Decimal(100_000_000)),
    AccidentClass.MAJOR: (10, 50, Decimal(50_000_000)),
    AccidentClass.LARGER: (3, 10, Decimal(10_000_000)),
}


def accident_class(deaths: int | None, injured: int | None, loss_yuan: Decimal | None) -> AccidentClass | None:
    """The class; None where nobody was hurt and nothing lost, or nothing was entered (None)."""
    dead, hurt, lost = deaths or 0, injured or 0, loss_yuan or Decimal(0)
    if not (dead or hurt or lost):
        return None
    for one, (from_dead, from_hurt, from_lost) in _FROM.items():
        if dead >= from_dead or hurt >= from_hurt or lost >= from_lost:
            return one
    return AccidentClass.ORDINARY

"""How patterns and weak controls are said. Pure."""

from backend.core.errors import N_
from backend.lessons.weakness import ControlKind

SURENESS = ((0.001, N_("非常确定")), (0.01, N_("确定")), (1.0, N_("较为确定")))
"""Up to which bound on chance a pattern is called how sure."""
CONTROLS = {
    ControlKind.RULE: N_("预警被判为误报"),
    ControlKind.ROUND: N_("巡检漏检"),
    ControlKind.LOOK: N_("出事前一天看过，没有发现"),
    ControlKind.MEASURE: N_("整改验收后又复发"),
}
CONTROL_URLS = {
    ControlKind.RULE: "/rules/{}",
    ControlKind.ROUND: "/plans/{}",
    ControlKind.LOOK: "/plans/{}",
    ControlKind.MEASURE: "/rectifications",
}
DONE = {"looking": N_("已开始查找，可以离开这一页")}


def sureness(q: float) -> str:
    """A msgid."""
    return next(words for most, words in SURENESS if q <= most)

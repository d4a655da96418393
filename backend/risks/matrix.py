"""The risk matrix: R = L × S, each from 1 to 5. Pure.

Source: 风险矩阵分析法 (LS) of DB37/T 2882-2016 and the guides that follow it; bands of R there: 20–25 major, 15–16
significant, 9–12 general, 1–8 low.
"""

from backend.core.errors import N_

LIKELIHOOD = (
    (5.0, N_("没有防护，经常发生")),
    (4.0, N_("防护不到位，曾多次发生")),
    (3.0, N_("防护未严格执行，曾发生过")),
    (2.0, N_("防护有效，偶尔失误")),
    (1.0, N_("防护充分，极不可能发生")),
)
SEVERITY = (
    (5.0, N_("死亡，或全线停工")),
    (4.0, N_("丧失劳动能力，或部分装置停工")),
    (3.0, N_("骨折、住院，或一套装置停工")),
    (2.0, N_("轻微受伤，影响不大")),
    (1.0, N_("没有伤亡")),
)
BANDS = (8.0, 12.0, 16.0)
"""R up to 8 low, up to 12 general, up to 16 significant, above major."""


def risk(l: float, s: float) -> float:  # noqa: E741 - the letters of the method
    """R of the two scores. Raises ValueError for a score that is not in its table."""
    for score, table in ((l, LIKELIHOOD), (s, SEVERITY)):
        if score not in {one for one, _ in table}:
            raise ValueError(score)
    return l * s

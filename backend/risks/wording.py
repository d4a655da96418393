"""Words of risk points' pages. Pure."""

from backend.alarms.models import Level
from backend.core.errors import N_
from backend.risks import lec, matrix
from backend.risks.grading import Method

LEVELS = {
    Level.MAJOR: N_("重大"),
    Level.SIGNIFICANT: N_("较大"),
    Level.GENERAL: N_("一般"),
    Level.LOW: N_("低"),
}
DONE = {
    "made": N_("风险点已建好，接着添加危险源"),
    "changed": N_("已保存"),
    "source": N_("危险源已保存，接着评级"),
    "dropped": N_("已去掉"),
    "graded": N_("评级已保存，原来的评级留在历史里"),
    "measure": N_("措施已保存"),
    "retired": N_("风险点已停用"),
    "restored": N_("风险点已恢复"),
}
PICKERS = {
    Method.LEC: (
        ("l", N_("L 事故发生的可能性"), lec.LIKELIHOOD),
        ("e", N_("E 暴露的频繁程度"), lec.EXPOSURE),
        ("c", N_("C 事故的后果"), lec.CONSEQUENCE),
    ),
    Method.LS: (
        ("ls_l", N_("L 发生的可能性"), matrix.LIKELIHOOD),
        ("s", N_("S 后果的严重程度"), matrix.SEVERITY),
    ),
}
"""Field, question, and its table of scores with words, by method."""
DIFFERENCES = {
    "new_points": N_("新增风险点"),
    "changed_points": N_("修改风险点"),
    "new_sources": N_("新增危险源"),
    "changed_sources": N_("修改危险源"),
    "regraded": N_("重新评级"),
    "same": N_("没有变化的行"),
}

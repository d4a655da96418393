"""What levels, factors and advice of adoption are called. Pure."""

from backend.core.errors import N_
from backend.operations.adoption.advising import What
from backend.operations.adoption.assessing import ACTIVE, ANSWERED, CLEAN, Level

LEVELS = {Level.GOOD: N_("好"), Level.FAIR: N_("一般"), Level.POOR: N_("差")}
MARKS = {Level.GOOD: "●", Level.FAIR: "▲", Level.POOR: "◆"}
TONES = {Level.GOOD: "good", Level.FAIR: "warn", Level.POOR: "bad"}
FACTORS = {ACTIVE: N_("每周使用"), CLEAN: N_("通过清洗的记录"), ANSWERED: N_("按期答复的反馈")}
ADVICE = {
    What.ANSWER: N_("先答复等得最久的反馈：%(of)s 条等待答复，%(n)s 条超过期限。没有回音，就没有人再说。"),
    What.VISIT_TEAM: N_("去%(who)s看看：近 4 周 %(of)s 个人周里只有 %(n)s 个用过，低于全厂。问问缺什么、卡在哪一步。"),
    What.GIVE_PHONES: N_("问问%(who)s缺不缺手机：%(of)s 人里有 %(n)s 人近 90 天没有在手机上登录过。"),
    What.EXPLAIN_PAGE: N_("讲一讲或改一改页面 %(who)s：近 90 天 %(of)s 次“看不懂”里有 %(n)s 次说的是它。"),
}
THERE = {
    What.ANSWER: N_("去答复"),
    What.VISIT_TEAM: N_("看人周"),
    What.GIVE_PHONES: N_("看人员"),
    What.EXPLAIN_PAGE: N_("看反馈"),
}
DONE = {"rule": N_("新权重已保存，马上生效")}

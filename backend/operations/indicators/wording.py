"""What figures, reasons and suggestions are called, and how values are said. Pure."""

from dataclasses import dataclass

from backend.core import phrases
from backend.core.errors import N_
from backend.core.i18n import translate
from backend.operations.indicators.figures import Figure, Guard
from backend.operations.indicators.registry import Better, Kind

LEVEL_WORDS = {"major": N_("重大"), "significant": N_("较大"), "general": N_("一般"), "low": N_("低")}
MARKERS = {"measure": N_("采纳的措施"), "rule": N_("规则修改")}
KINDS = {
    "alarm": N_("预警"),
    "rectification": N_("整改"),
    "visit": N_("巡检"),
    "incident": N_("事件"),
    "report": N_("隐患上报"),
    "trace": N_("溯源"),
    "course": N_("课程"),
    "source_day": N_("数据源"),
    "week": N_("人周"),
    "feedback": N_("反馈"),
    "checkin": N_("巡检打卡"),
    "step": N_("整改步骤"),
}
REASONS = {
    "judged_true": N_("判为属实"),
    "judged_false": N_("判为误报"),
    "not_judged": N_("超过 72 小时还没判定"),
    "over": N_("已完成"),
    "not_over": N_("还没完成"),
    "warned": N_("事前有预警"),
    "no_warning": N_("事前没有预警"),
    "known_warning": N_("事前已有预警"),
    "known_report": N_("事前已有隐患上报"),
    "known_rectification": N_("事前已有整改"),
    "known_risk_point": N_("事前只列为风险点"),
    "unknown_before": N_("事前没有登记"),
    "by_staff": N_("一线人员发现"),
    "by_audit": N_("检查发现"),
    "in_time": N_("按原定期限验收"),
    "late_open": N_("过了原定期限还没验收"),
    "late_verified": N_("过了原定期限才验收"),
    "was_extended": N_("延过期"),
    "not_extended": N_("没有延期"),
    "verified": N_("已验收销号"),
    "still_open": N_("还没销号"),
    "came_back": N_("期限内复发"),
    "stayed_away": N_("期限内没有复发"),
    "ranked_first": N_("确认的就是排第一的"),
    "not_first": N_("确认的不是排第一的"),
    "among_three": N_("确认的在前三"),
    "not_three": N_("确认的不在前三"),
    "blind": N_("先选后看排名"),
    "not_blind": N_("看过排名再确认"),
    "done": N_("按时完成"),
    "made_up": N_("漏检后补上"),
    "missed": N_("漏检"),
    "due": N_("时段已过，还没完成"),
    "trained": N_("培训过的岗位"),
    "untrained": N_("没培训的同类岗位"),
    "source_reached": N_("达到它的目标"),
    "source_short": N_("低于它的目标"),
    "used": N_("这一周用过"),
    "not_used": N_("这一周没用过"),
    "answered_in_time": N_("按期答复"),
    "answered_late": N_("过了期限才答复"),
    "not_answered": N_("过了期限还没答复"),
    "entry_clean": N_("通过清洗"),
    "entry_excluded": N_("已剔除"),
}
KNOWN_BY = frozenset(code for code in REASONS if code.startswith("known_"))
"""Reasons behind which a record stands by which it was known."""
COUNTED = {"": N_("全部"), "yes": N_("计入分子"), "no": N_("未计入分子")}


@dataclass(frozen=True)
class Advice:
    """What a weak figure asks for. ``misses``: how its bad facts are called; ``what``: what to do, at ``url``, which is
    called ``there``. ``nothing``: what makes it have data."""

    misses: str
    what: str
    url: str
    there: str
    nothing: str


ADVICE = {
    "identification": Advice(
        N_("事前没有登记"),
        N_("把常出事的地方加进巡检计划，让隐患先被看见。"),
        "/plans",
        N_("巡检计划"),
        N_("有事件或检查发现后，这里才有数据。"),
    ),
    "precision": Advice(
        N_("误报"),
        N_("看看这些测点的规则，加回差或触发延时。"),
        "/rules",
        N_("预警规则"),
        N_("关闭预警时判定属实还是误报，这里才有数据。"),
    ),
    "on_time": Advice(
        N_("没按原定期限验收"),
        N_("逐条问清在等什么，缺人缺料的先解决。"),
        "/rectifications",
        N_("整改清单"),
        N_("有整改到期后，这里才有数据。"),
    ),
    "closure": Advice(
        N_("还没销号"),
        N_("先催等待验收的，再催还没动手的。"),
        "/rectifications",
        N_("整改清单"),
        N_("发起整改后，这里才有数据。"),
    ),
    "recurrence": Advice(
        N_("销号后复发"),
        N_("换成治本的措施：看看反复出现的规律和建议。"),
        "/lessons",
        N_("经验教训"),
        N_("有整改销号满复发期限后，这里才有数据。"),
    ),
    "trace": Advice(
        N_("没有排在第一"),
        N_("把确认过的根源补进原因库，下次排得更准。"),
        "/cause-library",
        N_("原因库"),
        N_("在溯源页确认根源后，这里才有数据。"),
    ),
    "checkins": Advice(
        N_("没有按时完成"),
        N_("看看班次、路线和人手排得是否做得到。"),
        "/plans",
        N_("巡检计划"),
        N_("排好巡检计划、时段结束后，这里才有数据。"),
    ),
    "response": Advice(
        N_("超过目标时间"),
        N_("看看这些预警通知了谁、多久没人确认。"),
        "/alarms",
        N_("预警"),
        N_("有预警被确认后，这里才有数据。"),
    ),
    "training": Advice(
        N_("没有变少"),
        N_("看看课程讲的是不是真正的原因。"),
        "/training",
        N_("培训"),
        N_("一个岗位过半的人通过课程满 90 天、又有没培训的同类岗位可比时，这里才有数据。"),
    ),
    "data_quality": Advice(
        N_("低于目标"),
        N_("从得分最低的数据源看起，先找没有数据的测点。"),
        "/data-sources",
        N_("数据源"),
        N_("有网关发来数据满一小时后，这里才有数据。"),
    ),
    "adoption": Advice(
        N_("一周没有用过"),
        N_("看看是哪个班组、哪种人没在用，去问问缺什么。"),
        "/adoption",
        N_("应用情况"),
        N_("从有人用的第一个整周结束起，这里才有数据。"),
    ),
}
UNITS = {Kind.SHARE: "%", Kind.SCORE: "%", Kind.DURATION: N_("分钟"), Kind.EFFECT: N_("起/岗")}

PERCENT = {Kind.SHARE, Kind.SCORE}


def said(locale: str, kind: Kind, value: float | None) -> str:
    """``83.3%``, ``4 分钟``, ``-1.55 起/岗``; 无数据 without a value."""
    if value is None:
        return translate(locale, N_("无数据"))
    if kind in PERCENT:
        return f"{phrases.number(value * 100, 1)}%"
    if kind == Kind.DURATION:
        return phrases.lasting(locale, value)
    return translate(locale, N_("%(n)s 起/岗"), n=f"{value:+.2f}")


def interval(locale: str, figure: Figure) -> str:
    """The 95 % interval in words; empty where there is none."""
    if figure.low is None or figure.high is None:
        return ""
    ends = said(locale, figure.kind, figure.low), said(locale, figure.kind, figure.high)
    return translate(locale, N_("95%% 区间 %(low)s – %(high)s"), low=ends[0], high=ends[1])


def drawn(kind: Kind, value: float | None) -> float | None:
    """The value as a chart draws it: percent, minutes, cases."""
    if value is None:
        return None
    return round({Kind.SHARE: value * 100, Kind.SCORE: value * 100, Kind.DURATION: value / 60}.get(kind, value), 2)


def typed(kind: Kind, value: float) -> str:
    """The value as a form shows it."""
    return f"{drawn(kind, value):g}"


def difference(locale: str, now: Figure, before: Figure, better: Better) -> tuple[str, str]:
    """How a figure changed in words, and a tone: good, bad or quiet; quiet too where one is 样本不足."""
    if now.value is None or before.value is None:
        return translate(locale, N_("上期无数据")), "quiet"
    delta = now.value - before.value
    if now.kind in PERCENT:
        words = translate(locale, N_("比上期 %(n)s 个百分点"), n=f"{delta * 100:+.1f}")
    elif now.kind == Kind.DURATION:
        sign = "+" if delta >= 0 else "−"
        words = translate(locale, N_("比上期 %(n)s"), n=f"{sign}{phrases.lasting(locale, abs(delta))}")
    else:
        words = translate(locale, N_("比上期 %(n)s"), n=f"{delta:+.2f}")
    if not delta or Guard.FEW in {now.guard, before.guard}:
        return words, "quiet"
    return words, "good" if (delta > 0) == (better == Better.MORE) else "bad"

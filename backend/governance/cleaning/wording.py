"""What suspicions, decisions and grounds are called, and why a case is suspected, in a sentence. Pure."""

from typing import Any

from backend.core import phrases
from backend.core.errors import N_
from backend.core.i18n import translate
from backend.governance.cleaning.models import CaseState, CleaningCase, Subject, Suspicion

SUSPICIONS = {
    Suspicion.DUPLICATE: N_("重复"),
    Suspicion.INVALID: N_("无效"),
    Suspicion.STUCK: N_("卡死"),
    Suspicion.DRIFTED: N_("漂移"),
    Suspicion.LATE: N_("迟到"),
}
MEANINGS = {
    Suspicion.DUPLICATE: N_("同一地点、时间相近、内容相似的记录"),
    Suspicion.INVALID: N_("超出量程的值，明显填错的数"),
    Suspicion.STUCK: N_("长时间一个值不动的测点"),
    Suspicion.DRIFTED: N_("慢慢偏离同类测点或自己以往的测点"),
    Suspicion.LATE: N_("发生很久以后才收到的记录和读数"),
}
PICTURES = {
    Suspicion.DUPLICATE: "layers",
    Suspicion.INVALID: "ban",
    Suspicion.STUCK: "minus",
    Suspicion.DRIFTED: "trending-up",
    Suspicion.LATE: "clock",
}
STATES = {
    CaseState.OPEN: N_("等待处理"),
    CaseState.EXCLUDED: N_("已剔除"),
    CaseState.KEPT: N_("已保留"),
}
TONES = {CaseState.OPEN: "warn", CaseState.EXCLUDED: "bad", CaseState.KEPT: "good"}
SOURCES = {"checkins": N_("巡检打卡"), "reports": N_("隐患上报")}
TITLES = {
    Subject.REPORTS: N_("相似的隐患上报"),
    Subject.RECTIFICATIONS: N_("相似的整改"),
    Subject.CHECKINS: N_("重复的打卡"),
}
DONE = {
    "excluded": N_("已剔除，指标一分钟内更新；随时可以撤销"),
    "kept": N_("已保留，照常计入；随时可以撤销"),
    "undone": N_("已撤销，和处理前一样计入"),
    "many": N_("所选的都处理好了"),
}


def why(locale: str, case: CleaningCase, unit: str = "") -> str:
    """The ground of the suspicion in a sentence; nothing that people wrote is in it."""
    words, values = _ground(locale, case, f" {unit}" if unit else "")
    return translate(locale, words, **values)


def _ground(locale: str, case: CleaningCase, unit: str) -> tuple[str, dict[str, Any]]:
    lasted = phrases.lasting(locale, (case.until - case.since).total_seconds())
    if case.suspicion == Suspicion.STUCK:
        value = _plain(case.evidence["low"]) + unit
        return N_("%(span)s里 %(n)s 个值都是 %(value)s"), {"span": lasted, "n": case.count, "value": value}
    if case.suspicion == Suspicion.INVALID:
        return _invalid(case, unit)
    if case.suspicion == Suspicion.DRIFTED:
        return _drifted(case, unit)
    if case.suspicion == Suspicion.LATE:
        return _late(locale, case)
    again = {"span": lasted, "n": case.count + 1}
    if case.subject == Subject.CHECKINS:
        return N_("同一个人 %(span)s内在同一地点打了 %(n)s 次卡"), again
    alike = f"{case.evidence['alike'] * 100:.0f}"
    return N_("同一地点 %(span)s内有 %(n)s 条，内容相似 %(alike)s%%"), {**again, "alike": alike}


def _invalid(case: CleaningCase, unit: str) -> tuple[str, dict[str, Any]]:
    seen = case.evidence
    if case.subject == Subject.VALUES:
        ends = {"low": _plain(seen["low"]) + unit, "high": _plain(seen["high"]) + unit}
        return N_("%(n)s 个值超出量程，最低 %(low)s，最高 %(high)s"), {"n": case.count, **ends}
    said, usual = (f"{one} {seen['unit']}".strip() for one in (seen["answer"], _plain(seen["usual"])))
    return N_("填了 %(said)s，以前多在 %(usual)s 左右"), {"said": said, "usual": usual}


def _drifted(case: CleaningCase, unit: str) -> tuple[str, dict[str, Any]]:
    seen = case.evidence
    values = {"days": case.count, "gone": f"{seen['gone']:+.3g}{unit}", "share": f"{seen['share'] * 100:.1f}"}
    if seen["peers"]:
        words = N_("%(days)s 天里比同设备的 %(peers)s 个同类测点慢慢偏了 %(gone)s（量程的 %(share)s%%）")
        return words, {**values, "peers": seen["peers"]}
    return N_("%(days)s 天里慢慢变了 %(gone)s（量程的 %(share)s%%），同设备的其他测点没有跟着变"), values


def _late(locale: str, case: CleaningCase) -> tuple[str, dict[str, Any]]:
    if case.subject == Subject.SOURCE:
        values = {"all": case.evidence["stored"], "n": case.count}
        return N_("当天 %(all)s 个值里有 %(n)s 个是断线后补传的"), values
    latest = phrases.lasting(locale, case.evidence["latest_s"])
    return N_("%(n)s 条记录隔了很久才收到，最长 %(span)s"), {"n": case.count, "span": latest}


def alone(case: CleaningCase) -> bool:
    """Whether a drift is told by the point's own days alone, which is weaker."""
    return case.suspicion == Suspicion.DRIFTED and not case.evidence["peers"]


def _plain(value: float) -> str:
    return f"{value:.6g}"

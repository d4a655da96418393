"""A report as people read it: sections of facts, sentences, lists and tables in one language. Pure.

The page, the PDF and the document all show these, so that they can't say different things.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from backend.core import phrases
from backend.core.errors import N_
from backend.hazards.accidents import ACCIDENTS, Accident
from backend.identity.wording import ROLES
from backend.incidents.models import Incident
from backend.incidents.review.accident import CLASSES, AccidentClass
from backend.incidents.review.blocks import Block, Facts, Listed, Reader, Said, Section, Table
from backend.incidents.review.effects import Moved
from backend.incidents.review.foresight import Outcome
from backend.incidents.review.pictures import courses, strip
from backend.incidents.review.wording import ALIKE, HAPPENED, OUTCOMES
from backend.incidents.wording import KINDS, MOVED, PHASES, accident_head


def tell(incident: Incident, content: Mapping[str, Any], remarks: str, reader: Reader) -> list[Section]:
    """All sections of one version, in the order in which they are read."""
    sections = [
        _summary(incident, content, reader),
        _root(content["root"], reader),
        _scope(incident, content["scope"], reader),
        _timeline(content["timeline"], reader),
        _effects(content, reader),
        _people(content["people"], reader),
        _losses(incident.kind, content["accident"], reader),
        _similar(content["similar"], reader),
    ]
    if remarks:
        sections.append(Section("remarks", reader.say(N_("备注")), [Said(remarks, own=True)]))
    return sections


def _summary(incident: Incident, content: Mapping[str, Any], reader: Reader) -> Section:
    root, warning = content["root"], content["warning"]
    ended = incident.closed_at or incident.opened_at
    pairs = [
        (reader.say(N_("编号")), Said(incident.number)),
        (reader.say(N_("类型")), Said(reader.say(KINDS[incident.kind]))),  # type: ignore[index]
        (reader.say(N_("当时在")), Said(reader.say(PHASES[incident.phase]))),  # type: ignore[index]
        (reader.say(N_("开始")), Said(reader.at(incident.began_at.isoformat()))),
        (reader.say(N_("结束")), Said(reader.at(ended.isoformat()))),
        (reader.say(N_("历时")), Said(reader.lasting((ended - incident.began_at).total_seconds()))),
        (reader.say(N_("根源")), Said(reader.name(root["name"]) if root else reader.say(N_("没有查到")))),
        (reader.say(N_("事前预警")), _warned(warning, reader)),
    ]
    return Section("summary", reader.say(N_("摘要")), [Facts(pairs)])


def _warned(warning: Mapping[str, Any] | None, reader: Reader) -> Said:
    if warning is None:
        return Said(reader.say(N_("没有早期预警")))
    title, lead = reader.name(warning["title"]), reader.lasting(warning["lead_s"])
    words = reader.say(N_("有，提前 %(time)s：%(title)s"), time=lead, title=title)
    return Said(words, url=f"/alarms/{warning['alarm_id']}")


def _root(root: Mapping[str, Any] | None, reader: Reader) -> Section:
    title = reader.say(N_("根源和证据"))
    if root is None:
        return Section("root", title, [Said(reader.say(N_("这次事件没有溯源结果")))])
    said: list[Block] = [Said(reader.name(root["name"]) + _sure(root, reader))]
    if root["note"]:
        said.append(Said(root["note"], own=True))
    if root["told"]:
        said.append(Said(reader.name(root["told"])))
    if root["onset"]:
        onset, name = reader.at(root["onset"]["at"]), reader.name(root["onset"]["name"])
        said.append(Said(reader.say(N_("最先变化：%(name)s，%(time)s"), name=name, time=onset)))
    for heading, key in ((N_("支持"), "supports"), (N_("反对"), "against")):
        said += [Said(reader.say(heading)), Listed([Said(reader.name(one)) for one in root[key]])] if root[key] else []
    if len(root["path"]) > 1:
        steps = [Said(f"{reader.name(one['name'])}  {reader.at(one['at'])}") for one in root["path"]]
        said += [Said(reader.say(N_("传播路径"))), Listed(steps, ordered=True)]
    return Section("root", title, said)


def _sure(root: Mapping[str, Any], reader: Reader) -> str:
    if root["confirmed"]:
        return reader.say(N_("（已由人确认）"))
    if root["probability"] is None:
        return ""
    return reader.say(N_("（可能性 %(n)s%%，未经人确认）"), n=phrases.number(root["probability"] * 100))


def _scope(incident: Incident, scope: Mapping[str, Any], reader: Reader) -> Section:
    title = reader.say(N_("影响范围：预测和实际"))
    counts = scope["counts"]
    if not scope["equipment"]:
        return Section("scope", title, [Said(reader.say(N_("没有预测到别的设备，也没有设备报警")))])
    sums = {name: counts.get(outcome, 0) for name, outcome in _COUNTED.items()}
    words = reader.say(N_("预测到并报警 %(came)s 台，预测到没报警 %(missed)s 台，没预测到却报警 %(new)s 台"), **sums)
    heads = [reader.say(one) for one in (N_("设备"), N_("结果"), N_("相差"), N_("预计到达"), N_("实际报警"))]
    rows = [_reached(one, reader) for one in scope["equipment"]]
    return Section("scope", title, [Said(words), *_timeliness(incident, scope, reader), Table(heads, rows)])


_COUNTED = {"came": Outcome.CAME, "missed": Outcome.NOT_COME, "new": Outcome.UNFORETOLD}


def _timeliness(incident: Incident, scope: Mapping[str, Any], reader: Reader) -> list[Said]:
    """How soon anything was told, what was there already by then, and how far off the arrivals were."""
    said: list[Said] = []
    if told := scope.get("first_told_at"):
        apart = reader.lasting(max((datetime.fromisoformat(told) - incident.began_at).total_seconds(), 0.0))
        there = scope["counts"].get(Outcome.BEFORE, 0)
        words = N_("第一次溯源在开始后 %(time)s 做出，那时已有 %(n)s 台在报警：它们来不及预测，不算没预测到")
        said.append(Said(reader.say(words, time=apart, n=there)))
    came = [one for one in scope["equipment"] if one["late_s"] is not None]
    if came:
        off = reader.lasting(median(abs(one["late_s"]) for one in came))
        within = sum(bool(one["within"]) for one in came)
        words = N_("预计到达时间差的中位数 %(time)s，%(n)s 台中 %(within)s 台落在预计区间里（区间按五分之四）")
        said.append(Said(reader.say(words, time=off, n=len(came), within=within)))
    return said


def _reached(one: Mapping[str, Any], reader: Reader) -> list[Said]:
    url = f"/alarms/{one['alarm_id']}" if one["alarm_id"] else ""
    return [
        Said(reader.name(one["name"]), url=f"/equipment/{one['equipment_id']}"),
        Said(reader.say(OUTCOMES[one["outcome"]])),
        Said(_apart(one["late_s"], reader)),
        Said(reader.short(one["arrival_at"])),
        Said(reader.short(one["alarmed_at"]), url=url),
    ]


def _apart(late_s: float | None, reader: Reader) -> str:
    if late_s is None:
        return "—"
    words = N_("晚 %(time)s") if late_s >= 0 else N_("早 %(time)s")
    return reader.say(words, time=reader.lasting(late_s))


def _timeline(timeline: Sequence[Mapping[str, Any]], reader: Reader) -> Section:
    drawn = strip(timeline)
    heads = [reader.say(one) for one in (N_("时间"), N_("什么"), N_("内容"), N_("谁"))]
    rows = [_happened(one, reader) for one in timeline]
    return Section("timeline", reader.say(N_("经过")), [*([drawn] if drawn else []), Table(heads, rows)])


def _happened(one: Mapping[str, Any], reader: Reader) -> list[Said]:
    title = one.get("title")
    content = Said(reader.name(title), url=one.get("url", "")) if title else Said(one.get("words", ""), own=True)
    what = HAPPENED.get(one["what"], one["what"])
    return [Said(reader.short(one["at"])), Said(reader.say(what)), content, Said(reader.name(one.get("who")))]


def _effects(content: Mapping[str, Any], reader: Reader) -> Section:
    title = reader.say(N_("处置和读数的变化"))
    drawn: list[Block] = list(courses(content, reader.zone))
    if not content["effects"]:
        return Section("effects", title, [Said(reader.say(N_("没有能和读数对照的处置"))), *drawn])
    points = {point["id"]: point for point in content["points"]}
    heads = [reader.say(one) for one in (N_("时间"), N_("处置"), N_("前后 10 分钟的均值"))]
    rows = [_followed(deed, points, reader) for deed in content["effects"]]
    caution = Said(reader.say(N_("先后不等于因果：变化也可能另有原因")))
    return Section("effects", title, [caution, Table(heads, rows), *drawn])


def _followed(deed: Mapping[str, Any], points: Mapping[int, Mapping[str, Any]], reader: Reader) -> list[Said]:
    """One deed, and which points changed after it; those that didn't are counted."""
    moved = [one for one in deed["changes"] if one["moved"] != Moved.SAME]
    said = [_changed(one, points[one["point_id"]], reader) for one in moved]
    if still := len(deed["changes"]) - len(moved):
        words = N_("其余 %(n)s 个测点没有明显变化") if moved else N_("%(n)s 个测点都没有明显变化")
        said.append(reader.say(words, n=still))
    between = "；" if reader.locale == "zh_CN" else "; "
    return [Said(reader.short(deed["at"])), Said(reader.say(HAPPENED[deed["what"]])), Said(between.join(said))]


def _changed(one: Mapping[str, Any], point: Mapping[str, Any], reader: Reader) -> str:
    before, after = (phrases.number(one[key], point["decimals"]) for key in ("before", "after"))
    way = reader.say(MOVED[one["moved"]])
    return f"{reader.name(point['name'])} {before} → {after} {point['unit']} {way}".replace("  ", " ")


def _people(people: Sequence[Mapping[str, Any]], reader: Reader) -> Section:
    heads = [reader.say(one) for one in (N_("谁"), N_("角色"), N_("做了什么"))]
    between = "、" if reader.locale == "zh_CN" else ", "
    rows = [
        [
            Said(reader.name(one["name"])),
            Said(reader.say(ROLES[one["role"]])),
            Said(between.join(reader.say(HAPPENED[deed]) for deed in one["did"])),
        ]
        for one in people
    ]
    return Section("people", reader.say(N_("参与的人")), [Table(heads, rows)])


LAW = N_("等级按《生产安全事故报告和调查处理条例》（国务院令第 493 号）第三条，最后由有权的机关认定")
COUNTED = N_("只根据这里填写的伤亡和损失，受伤的都按重伤计")


def _losses(kind: str, accident: Mapping[str, Any], reader: Reader) -> Section:
    unknown = reader.say(N_("没有填写"))
    shown = {
        key: unknown if accident[key] is None else str(accident[key]) for key in ("deaths", "injured", "loss_yuan")
    }
    type_ = accident.get("type", "")
    pairs = [
        (reader.say(accident_head(kind)), Said(reader.say(ACCIDENTS[Accident(type_)]) if type_ else unknown)),
        (reader.say(N_("死亡人数")), Said(shown["deaths"])),
        (reader.say(N_("受伤人数")), Said(shown["injured"])),
        (reader.say(N_("直接损失（元）")), Said(shown["loss_yuan"])),
        *([(reader.say(N_("损失了什么")), Said(accident["losses"], own=True))] if accident["losses"] else []),
        (reader.say(N_("事故等级")), Said(_class(accident["class"], reader))),
    ]
    return Section(
        "losses", reader.say(N_("损失和事故等级")), [Facts(pairs), Said(reader.say(LAW)), Said(reader.say(COUNTED))]
    )


def _class(named: str, reader: Reader) -> str:
    return reader.say(CLASSES[AccidentClass(named)] if named else N_("没有填写伤亡和损失，不定级"))


def _similar(similar: Sequence[Mapping[str, Any]], reader: Reader) -> Section:
    title = reader.say(N_("类似的事件"))
    if not similar:
        return Section("similar", title, [Said(reader.say(N_("以前没有类似的事件")))])
    between = "、" if reader.locale == "zh_CN" else ", "
    heads = [reader.say(one) for one in (N_("编号"), N_("事件"), N_("开始"), N_("相同之处"))]
    rows = [
        [
            Said(one["number"], url=f"/incidents/{one['id']}"),
            Said(reader.name(one["title"])),
            Said(reader.at(one["at"])),
            Said(between.join(reader.say(ALIKE[common]) for common in one["common"])),
        ]
        for one in similar
    ]
    return Section("similar", title, [Table(heads, rows)])

"""Audit entries in words: what an action, an object, a field and a value are called. Pure.

The words of every domain stand here, since one page shows them all; a code without words is shown as it is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from backend.core.errors import N_
from backend.identity.audited import ACTIONS
from backend.identity.models import Role

ROLES = {
    Role.WORKER: N_("一线员工"),
    Role.LEADER: N_("班组长"),
    Role.MANAGER: N_("管理人员"),
    Role.SAFETY_OFFICER: N_("安全员"),
    Role.ADMIN: N_("系统管理员"),
}

OBJECTS = {
    "person": N_("人员"),
    "push_subscription": N_("收提醒的设备"),
    "alarm": N_("预警"),
    "alarm_rule": N_("规则"),
    "escalation_policy": N_("逐级通知"),
    "hazard_report": N_("隐患上报"),
    "public_report_link": N_("公开上报地址"),
    "rectification": N_("整改"),
    "rectification_policy": N_("整改设置"),
    "incident": N_("事件"),
    "incident_policy": N_("事件设置"),
    "incident_plan": N_("应急预案"),
    "lesson_suggestion": N_("改进建议"),
    "trace": N_("溯源"),
    "cause_library": N_("原因库"),
    "trace_model": N_("溯源模型"),
    "normal": N_("正常基线"),
    "normal_work": N_("正常基线的学习"),
    "trace_learning": N_("溯源模型设置"),
    "point": N_("测点"),
    "equipment": N_("设备"),
    "area": N_("区域"),
    "checkin": N_("巡检打卡"),
    "inspection_plan": N_("巡检计划"),
    "maintenance_plan": N_("保养计划"),
    "site_calendar": N_("班次和节假日"),
    "feedback": N_("反馈"),
    "feedback_policy": N_("反馈设置"),
    "feedback_template": N_("答复模板"),
    "adoption_rule": N_("应用评估设置"),
    "site": N_("厂区"),
    "installed_pack": N_("行业模板"),
    "home_layout": N_("首页布置"),
    "channel": N_("通知渠道"),
    "home_arrangement": N_("自己的首页"),
}

_PAGES = {
    "person": "/people/{}",
    "alarm": "/alarms/{}",
    "alarm_rule": "/rules/{}",
    "incident": "/incidents/{}",
    "trace_model": "/trace-models/{}",
    "normal": "/normals/{}",
    "lesson_suggestion": "/lessons/suggestions/{}",
    "hazard_report": "/reports/{}",
    "rectification": "/rectifications/{}",
    "feedback": "/feedback/{}",
    "channel": "/channels/{}",
    "checkin": "/checkins/records/{}",
    "inspection_plan": "/plans/{}",
    "maintenance_plan": "/maintenance/{}",
    "point": "/points/{}",
    "equipment": "/equipment/{}",
    "area": "/areas/{}",
}

FIELDS = {
    "lec": N_("LEC 法"),
    "ls": N_("风险矩阵 LS"),
    "account": N_("账号"),
    "name": N_("名称"),
    "name_en": N_("英文名"),
    "role": N_("角色"),
    "phone": N_("电话"),
    "team": N_("班组"),
    "posts": N_("岗位"),
    "active": N_("启用"),
    "locale": N_("语言"),
    "theme": N_("外观"),
    "ended_sign_ins": N_("撤销的登录数"),
    "state": N_("状态"),
    "note": N_("说明"),
    "reason": N_("原因"),
    "level": N_("级别"),
    "title": N_("标题"),
    "measure": N_("措施"),
    "team_id": N_("负责班组"),
    "merged_into_id": N_("并入的上报"),
    "rectification_id": N_("整改"),
    "cause": N_("原因"),
    "contingency": N_("应急预案"),
    "deadline": N_("期限"),
    "funds": N_("资金"),
    "owner_id": N_("责任人"),
    "alarm_id": N_("预警"),
    "recurs_id": N_("上一次"),
    "recurrence_days": N_("复发期限（天）"),
    "managers_major": N_("重大逾期上报（天）"),
    "managers_significant": N_("较大逾期上报（天）"),
    "managers_general": N_("一般逾期上报（天）"),
    "managers_low": N_("低级逾期上报（天）"),
    "lead_id": N_("现场指挥"),
    "worker": N_("一线员工（分钟后）"),
    "leader": N_("班组长（分钟后）"),
    "manager": N_("管理人员（分钟后）"),
    "safety_officer": N_("安全员（分钟后）"),
    "admin": N_("系统管理员（分钟后）"),
    "repeat": N_("再通知的间隔（分钟）"),
    "deed": N_("做了什么"),
    "phase": N_("阶段"),
    "accident": N_("事故类型"),
    "losses": N_("损失"),
    "loss_yuan": N_("直接损失（元）"),
    "injured": N_("受伤人数"),
    "deaths": N_("死亡人数"),
    "alarm_level": N_("报警级别"),
    "flood_alarms": N_("一波预警的条数"),
    "flood_minutes": N_("多少分钟内"),
    "major_hazards": N_("重大隐患算事件"),
    "join_minutes": N_("同一处多少分钟内算同一事件"),
    "shelved_until": N_("搁置到"),
    "shelved_reason": N_("搁置原因"),
    "judgement": N_("判定"),
    "judgement_note": N_("判定说明"),
    "confirmed_node": N_("根源"),
    "model_version": N_("溯源模型版本"),
    "at_once": N_("确认后立即学习"),
    "traces": N_("溯源数"),
    "enabled": N_("启用"),
    "deadband": N_("回差"),
    "on_delay_s": N_("触发延时（秒）"),
    "off_delay_s": N_("恢复延时（秒）"),
    "parameters": N_("判定条件"),
    "latched": N_("需人工关闭"),
    "warning": N_("预警还是报警"),
    "advice": N_("处置建议"),
    "out_of_service_reason": N_("退出服务原因"),
    "failed": N_("异常项数"),
    "late": N_("补检"),
    "away": N_("位置不符"),
    "position": N_("大致位置"),
    "rhythm": N_("多久一次"),
    "checklist": N_("检查表第几版"),
    "equipment_ids": N_("设备"),
    "interval_minutes": N_("间隔（分钟）"),
    "post_id": N_("岗位"),
    "skips_holidays": N_("节假日不查"),
    "asks_photo": N_("每次都要现场拍照"),
    "shifts": N_("接班时间"),
    "holidays": N_("节假日"),
    "words": N_("内容"),
    "useful": N_("有用"),
    "assigned_to": N_("由谁答复"),
    "days": N_("天数"),
    "weights": N_("权重"),
    "fence": N_("围栏"),
    "kind": N_("类型"),
    "point_id": N_("测点"),
    "equipment_id": N_("设备"),
    "unit": N_("单位"),
    "range_low": N_("量程下限"),
    "range_high": N_("量程上限"),
    "label": N_("标签"),
    "interval_days": N_("间隔（天）"),
    "notice_days": N_("提前几天提醒"),
    "since": N_("从哪天算起"),
    "done_on": N_("完成日期"),
    "due_on": N_("应完成日期"),
    "cards": N_("卡片"),
    "free": N_("可以自己调整"),
    "order": N_("顺序"),
    "hidden": N_("收起的卡片"),
    "shown": N_("地址"),
    "topics": N_("哪些事"),
    "alarms_from": N_("预警和报警的级别"),
    "area_ids": N_("区域"),
    "stage_ids": N_("生产环节"),
    "quiet_from": N_("静音从（分钟）"),
    "quiet_until": N_("静音到（分钟）"),
    "recipients": N_("收件人"),
    "inside": N_("内网地址"),
    "host": N_("邮件服务器"),
    "port": N_("端口"),
    "security": N_("加密"),
    "user": N_("登录账号"),
    "sender": N_("发件人"),
    "new_token": N_("换了密钥"),
    "new_url": N_("换了地址"),
    "new_secret": N_("换了加签密钥"),
    "new_password": N_("换了密码"),
}

_VALUES: dict[str, dict[str, str]] = {
    "role": {str(role): words for role, words in ROLES.items()},
    "level": {"major": N_("重大"), "significant": N_("较大"), "general": N_("一般"), "low": N_("低")},
    "state": {
        "unacknowledged": N_("未确认"),
        "acknowledged": N_("已确认"),
        "returned": N_("已恢复"),
        "shelved": N_("已搁置"),
        "out_of_service": N_("退出服务"),
        "closed": N_("已关闭"),
        "open": N_("待整改"),
        "in_progress": N_("整改中"),
        "submitted": N_("待验收"),
        "verified": N_("已销号"),
        "cancelled": N_("已取消"),
        "split": N_("已拆分"),
    },
    "rectification.state": {"returned": N_("已退回")},
    "incident.state": {
        "open": N_("处置中"),
        "contained": N_("已控制"),
        "closed": N_("已结束"),
        "called_off": N_("误报"),
    },
    "hazard_report.state": {
        "waiting": N_("等待受理"),
        "accepted": N_("已受理"),
        "merged": N_("已并入"),
        "refused": N_("未受理"),
    },
    "judgement": {"true": N_("属实"), "false": N_("误报")},
    "rhythm": {
        "shift": N_("每班"),
        "day": N_("每天"),
        "week": N_("每周"),
        "month": N_("每月"),
        "interval": N_("按间隔"),
    },
    "theme": {"auto": N_("跟随手机"), "light": N_("浅色"), "dark": N_("深色"), "contrast": N_("高对比")},
    "locale": {"": N_("跟随手机"), "zh_CN": N_("中文"), "en": "English"},
}

_PEOPLE = {"owner_id", "lead_id"}
"""Fields that name somebody."""


@dataclass(frozen=True)
class Words:
    """A value to show: ``msgid`` to translate, or ``plain`` text as it is."""

    msgid: str = ""
    plain: str = ""

    def __bool__(self) -> bool:
        return bool(self.msgid or self.plain)


@dataclass(frozen=True)
class ChangedField:
    """One field of a change: its name and what stood there before and after."""

    field: Words
    before: Words
    after: Words


def know_values(field: str, words: Mapping[Any, str]) -> None:
    """What the codes of a field are called, for parts that stand above; a second time changes nothing."""
    _VALUES[field] = {str(code): said for code, said in words.items()}


def action_words(action: str) -> Words:
    """What ``rule.edit`` is called."""
    return Words(ACTIONS[action]) if action in ACTIONS else Words(plain=action)


def object_words(object_type: str) -> Words:
    """What ``alarm_rule`` is called."""
    return Words(OBJECTS[object_type]) if object_type in OBJECTS else Words(plain=object_type)


def object_page(object_type: str, object_id: int) -> str:
    """Where the object is shown; "" for one without a page."""
    return _PAGES.get(object_type, "").format(object_id)


def changed_fields(
    change: dict[str, Any], zone: ZoneInfo, *, object_type: str = "", people: Mapping[int, str] | None = None
) -> Iterator[ChangedField]:
    """The fields of an audit entry's ``change``: moments in ``zone``, owners by their names in ``people``."""
    for field, values in change.items():
        name = Words(FIELDS[field]) if field in FIELDS else Words(plain=field)
        before, after = values if isinstance(values, list) and len(values) == 2 else (None, values)
        kind = f"{object_type}.{field}"
        known = {**_VALUES.get(field, {}), **_VALUES.get(kind, {})}
        shown = [_person(value, people or {}) if field in _PEOPLE else value for value in (before, after)]
        yield ChangedField(name, *(_value(known, value, zone) for value in shown))


def _person(person_id: Any, people: Mapping[int, str]) -> Any:
    return people.get(person_id, person_id) if isinstance(person_id, int) else person_id


def _value(known: Mapping[str, str], value: Any, zone: ZoneInfo) -> Words:
    if value is None:
        return Words()
    if isinstance(value, bool):
        return Words(N_("是") if value else N_("否"))
    if isinstance(value, list | tuple):
        return Words(plain="、".join(str(part) for part in value))
    if isinstance(value, dict):
        return Words(plain=", ".join(_flat(value)))
    if str(value) in known:
        return Words(known[str(value)])
    return Words(plain=_moment(str(value), zone))


def _flat(value: dict[str, Any], above: str = "") -> Iterator[str]:
    """``{"limits": {"H": {"value": 3}}}`` → ``limits.H.value = 3``."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{above}{key}.")
        else:
            yield f"{above}{key} = {inner}"


def _moment(text: str, zone: ZoneInfo) -> str:
    """A stored moment in the site's time; any other text as it is."""
    if len(text) < 19 or text[10] not in "T ":
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment.tzinfo else text

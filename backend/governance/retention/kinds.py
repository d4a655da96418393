"""Each kind of data in the user's words: what it is, the least and the most that it may be kept, and why. Pure.

Articles were written from knowledge, not compared with the standards' own text.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.checkins.expiring import POSITIONS
from backend.core.errors import N_
from backend.core.expiring import Expiring
from backend.core.settings import Settings
from backend.delivery.expiring import DELIVERIES
from backend.governance.retention.models import Kind
from backend.identity.queries.expiring import SIGN_INS
from backend.telemetry.expiring import HELD, REJECTIONS

FOR_EVER = 0
LONGEST_DAYS = 36_500
HOLDS = ("incident", "review", "rectification", "trace", "appeal")
OF_PEOPLE = ("incident", "review", "appeal")
"""What holds positions: less, since their people were promised that they go."""


@dataclass(frozen=True)
class About:
    """A kind as people read of it. ``least`` and ``most`` in days; ``why`` says where the bounds come from."""

    name: str
    what: str
    least: int
    why: str
    most: int = 0
    """0: no upper bound, it may be kept for ever."""
    expiring: Expiring | None = None
    """None: readings, which go by whole days."""
    held_by: tuple[str, ...] = HOLDS


KINDS: Mapping[Kind, About] = {
    Kind.READINGS: About(
        N_("监测读数"),
        N_("测点的每个读数，曲线、溯源和基线都用它"),
        30,
        N_("重大危险源的监测数据至少保存 30 天（原安监总局令第 40 号第十三条）"),
    ),
    Kind.REJECTIONS: About(
        N_("拒收记录"),
        N_("没有收下的消息和原因，用来查网关和设备"),
        7,
        N_("至少留一周，够查清一台网关的问题"),
        expiring=REJECTIONS,
    ),
    Kind.HELD_MESSAGES: About(
        N_("拒收的原文"),
        N_("没有收下的消息原文，原因解决后可以重新接收"),
        1,
        N_("原文占地方，超过上限时也会先删最早的；最多留 365 天"),
        most=365,
        expiring=HELD,
    ),
    Kind.CHECKIN_POSITIONS: About(
        N_("打卡位置"),
        N_("员工单独同意后随打卡记下的大致位置；只删位置，打卡记录保留"),
        1,
        N_("个人位置只留必要的最短时间，最多 365 天（个人信息保护法第十九条）"),
        most=365,
        expiring=POSITIONS,
        held_by=OF_PEOPLE,
    ),
    Kind.SIGN_INS: About(
        N_("已结束的登录"),
        N_("退出或过期的登录和当时的设备；谁何时登录过仍在操作日志里"),
        30,
        N_("至少留 30 天，够发现被冒用的账号"),
        expiring=SIGN_INS,
    ),
    Kind.DELIVERIES: About(
        N_("通知送达记录"),
        N_("每条通知发给了谁、手机何时收到"),
        365,
        N_("网络日志不少于六个月（网络安全法第二十一条）；履职和指标要看满一年"),
        expiring=DELIVERIES,
    ),
}


@dataclass(frozen=True)
class Kept:
    """Data that AnSu doesn't delete by a setting of this page: whose ``table``, and what happens with it instead."""

    name: str
    table: str
    says: str
    url: str = ""


KEPT: tuple[Kept, ...] = (
    Kept(N_("操作日志"), "audit_entry", N_("不删除。法律要求至少 180 天（GB/T 22239）"), "/audit"),
    Kept(N_("事件与复盘"), "incident", N_("不删除。事故档案要长期保存（原安监总局事故调查处理规定）"), "/incidents"),
    Kept(N_("隐患与整改"), "rectification", N_("不删除。排查治理台账至少 3 年"), "/rectifications"),
    Kept(N_("培训档案"), "training_record", N_("不删除。安全培训档案一人一档，至少 3 年"), "/training"),
    Kept(N_("事件流水"), "event", N_("不删除。预警、事件和整改的时间线由它写成")),
    Kept(N_("指标日数据"), "indicator_day", N_("不删除。每天每项一小格，多年对比要用"), "/indicators"),
    Kept(N_("事件中的位置"), "incident_position", N_("事件结束后按位置规则删除"), "/incidents/policy/positions"),
    Kept(N_("后台任务"), "job", N_("做完 7 天后删除，失败的等人处理")),
)


def usual_days(kind: Kind, settings: Settings) -> int:
    """How long ``kind`` is kept where the site set nothing: what the server's own settings say, else for ever."""
    if kind is Kind.READINGS:
        return settings.keep_readings_days
    if kind is Kind.HELD_MESSAGES:
        return settings.keep_held_days
    return settings.keep_positions_days if kind is Kind.CHECKIN_POSITIONS else FOR_EVER


def shortens(before: int, after: int) -> bool:
    """Whether less is kept then: deleting can't be taken back, so such a change waits."""
    return after != FOR_EVER and (before == FOR_EVER or after < before)

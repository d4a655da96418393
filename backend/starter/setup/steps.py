"""The steps of the setup and which of them is next. Pure: what is done is what the site has, nothing is kept apart."""

from dataclasses import dataclass

from backend.core.errors import N_


@dataclass(frozen=True)
class Has:
    """What a site has, by which its steps are done."""

    equipment: int
    areas: int
    people: int
    """Who may sign in, the administrator who asks left out."""
    labels: int
    plans: int
    """Inspection plans in use."""
    check_ins: int


@dataclass(frozen=True)
class Step:
    """A step: where it is done, whether it is, and what there is of it so far."""

    key: str
    title: str
    says: str
    url: str
    picture: str
    done: bool
    count: int = 0


def steps(has: Has) -> list[Step]:
    """All steps in their order."""
    return [
        Step("site", N_("厂区"), N_("名称、时区和语言"), "/setup/site", "factory", True),
        Step("pack", N_("行业模板和设备"), N_("选一个行业，勾选你有的设备"), "/setup/packs", "package",
             has.equipment > 0, has.equipment),
        Step("people", N_("人员"), N_("从表格粘贴名单，发一次性密码"), "/setup/people", "users",
             has.people > 0, has.people),
        Step("labels", N_("打印标签"), N_("贴到设备上，工人扫码打卡"), "/setup/labels", "qr-code",
             has.labels > 0, has.labels),
        Step("plan", N_("第一个巡检计划"), N_("谁查、多久一次"), "/setup/plan", "clipboard-list",
             has.plans > 0, has.plans),
        Step("first", N_("第一次打卡"), N_("用工人的手机扫屏幕上的二维码"), "/setup/first", "scan-line",
             has.check_ins > 0, has.check_ins),
    ]  # fmt: skip


def next_step(all_steps: list[Step], after: str = "") -> Step | None:
    """The first step that isn't done, of those behind ``after``; then of all; None when all are."""
    keys = [step.key for step in all_steps]
    behind = keys.index(after) + 1 if after in keys else 0
    waiting = [step for step in [*all_steps[behind:], *all_steps[:behind]] if not step.done]
    return waiting[0] if waiting else None

"""``/operations``: where running safety on data begins, one row a scene."""

from dataclasses import dataclass

from fastapi import Request, Response

from backend.core.errors import N_
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, allow

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Scene:
    """A page that the hub leads to: who may see it, where it is, its words and picture."""

    capability: str
    url: str
    words: str
    says: str
    picture: str


SCENES: tuple[Scene, ...] = (
    Scene("risks.map", "/risk-map", N_("风险四色图"), N_("每个区域现在的风险级别和原因"), "map"),
    Scene("risks.see", "/risks", N_("风险点"), N_("风险分级管控清单：危险源、评级、措施"), "shield-check"),
    Scene("operations.see", "/indicators", N_("效能指标"), N_("整改、巡检、预警做得怎样，差在哪里"), "gauge"),
    Scene(
        "operations.see",
        "/distribution",
        N_("风险分布"),
        N_("预警、隐患和事件多在哪里、什么时候、因为什么，该怎样管"),
        "chart-column",
    ),
    Scene("duty.list", "/duty", N_("履职"), N_("每个人尽责的得分，每一分都能查到记录，可以申诉"), "award"),
    Scene(
        "operations.see",
        "/alarm-load",
        N_("报警负荷"),
        N_("每人每 10 分钟响多少，哪几条最吵，怎么安静下来"),
        "bell-ring",
    ),
    Scene("operations.see", "/decisions", N_("决策"), N_("时间和钱用在哪，换什么，培训谁"), "lightbulb"),
    Scene("data.see", "/data-sources", N_("数据源"), N_("数据准不准、全不全，谁负责，差在哪里"), "database"),
    Scene("data.cases", "/data-cleaning", N_("数据清洗"), N_("重复、卡死、漂移的数据算不算，由人决定"), "funnel"),
    Scene("operations.see", "/adoption", N_("应用情况"), N_("谁在用、谁没用，缺什么，反馈答复得怎样"), "users"),
    Scene(
        "operations.report", "/safety-reports", N_("安全报告"), N_("每周、每月自动写成，可打印、可带走"), "file-text"
    ),
)


@router.get("/operations", dependencies=[allow("operations.see")])
async def hub(request: Request, actor: ActorDep) -> Response:
    """The scenes that the actor may open."""
    return render(request, "operations/hub.html", scenes=[one for one in SCENES if actor.can(one.capability)])

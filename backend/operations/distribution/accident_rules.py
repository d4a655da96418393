"""What to do about the accident type that is most frequent, and by which rule. Pure.

As ``rules``: each names only what it rests on for certain. Besides the work safety law these are the laws on special
equipment (art. 39) and fire protection (art. 16), the regulation on dangerous chemicals (art. 20), and standards and a
provision by what they are about as a whole.
"""

from collections.abc import Mapping

from backend.core.errors import N_
from backend.hazards.accidents import Accident
from backend.operations.distribution.rules import (
    CONTROLS,
    GRADED,
    LIMITS,
    MAINTAIN,
    OBEYED,
    RECTIFY,
    ROUNDS,
    TRAIN,
    UPKEEP,
    Rule,
)

_MACHINES = N_("GB/T 15706-2012：先本质安全设计，再安全防护，最后才是使用信息")
_WATCHED = N_("《安全生产法》第四十三条：爆破、吊装、动火、临时用电等危险作业，要安排专门人员进行现场安全管理")
_SPECIAL = N_("《特种设备安全法》第三十九条：特种设备要经常性维护保养、定期自行检查，并作出记录")
_SUBSTANCES = N_("《安全生产法》第三十九条：生产、储存、使用危险物品，要建立专门的安全管理制度，采取可靠的安全措施")
_CHEMICALS = N_(
    "《危险化学品安全管理条例》第二十条：按危险特性设置监测、通风、防火、防爆、泄压、防毒、防泄漏等设施，并经常维护"
)
_FIRES = N_("《消防法》第十六条：消防设施、器材要定期组织检验、维修，确保完好有效")
_SPACES = N_("《工贸企业有限空间作业安全规定》（应急管理部令第 13 号）：先通风、再检测、后作业")
_DUST = N_("GB 15577-2018《粉尘防爆安全规程》")

_EXPLODES = Rule(
    N_("先防泄漏和积聚：密封、通风；再控制点火源；探测、联锁和泄压定期试，保证能用。"), _CHEMICALS, RECTIFY
)
_PRESSURE = Rule(N_("查安全阀、压力表、液位和壁厚有没有按期检验，严禁超压和带病运行。"), _SPECIAL, MAINTAIN)
_EXPLOSIVES = Rule(N_("减少存量和在场人员，分开存放，专人看守，作业时全程监护。"), _WATCHED, RECTIFY)

ACCIDENT_RULES: Mapping[Accident, Rule] = {
    Accident.STRUCK: Rule(N_("高处的物件固定或放低，下方隔离，交叉作业错开；戴安全帽是最后一道。"), CONTROLS, RECTIFY),
    Accident.SITE_VEHICLE: Rule(
        N_("人车分流，限速，弯道和路口设镜子和警示；叉车司机持证，按时检查制动。"), _SPECIAL, RECTIFY
    ),
    Accident.ROAD_VEHICLE: Rule(N_("查路线、车况和驾驶时间，不疲劳、不超速、不超载，恶劣天气少出车。"), OBEYED, TRAIN),
    Accident.MACHINE: Rule(N_("转动和夹压的部位加防护罩和联锁，检修先停机、断电、上锁挂牌。"), _MACHINES, RECTIFY),
    Accident.LIFTING: Rule(N_("查钢丝绳、吊钩、限位和制动；吊物下不站人，指挥和监护到位。"), _WATCHED, MAINTAIN),
    Accident.ELECTRIC_SHOCK: Rule(
        N_("查漏电保护、接地和绝缘；检修先停电、验电、上锁挂牌，临时用电要审批。"), UPKEEP, MAINTAIN
    ),
    Accident.DROWNING: Rule(N_("池、沟、井口加盖板和护栏，水边作业穿救生衣，有人监护。"), CONTROLS, RECTIFY),
    Accident.BURN: Rule(
        N_("热表面和腐蚀物料先隔离、保温、降温泄压，再查冲淋洗眼器能不能用，防护用品合不合适。"), CONTROLS, RECTIFY
    ),
    Accident.FIRE: Rule(N_("先隔开可燃物和火源，动火作业有人监护，再查报警和灭火设施能不能用。"), _FIRES, RECTIFY),
    Accident.FALL_FROM_HEIGHT: Rule(
        N_("能在地面做的不上高处；护栏、盖板、平台补齐，最后才靠安全带。"), CONTROLS, RECTIFY
    ),
    Accident.FALL: Rule(N_("地面防滑、照明、台阶扶手补齐，积水和杂物当班清掉。"), CONTROLS, ROUNDS),
    Accident.COLLAPSE: Rule(
        N_("查堆垛、料仓、脚手架和支撑有没有超高、超载、变形，划出不能站人的范围。"), GRADED, ROUNDS
    ),
    Accident.FLOODING: Rule(N_("查排水、挡水和液位报警，雨前清沟，低处作业先看撤离路线。"), GRADED, ROUNDS),
    Accident.VESSEL_EXPLOSION: _PRESSURE,
    Accident.PIPE_EXPLOSION: _PRESSURE,
    Accident.GAS_EXPLOSION: _EXPLODES,
    Accident.VAPOUR_EXPLOSION: _EXPLODES,
    Accident.DUST_EXPLOSION: Rule(
        N_("按时清扫不留积尘，查除尘、泄爆、火花探测和接地，禁用压缩空气吹扫。"), _DUST, ROUNDS
    ),
    Accident.CIVIL_EXPLOSIVE: _EXPLOSIVES,
    Accident.FIREWORK: _EXPLOSIVES,
    Accident.SOLID_EXPLOSION: Rule(N_("减少存量，控温，防撞击和静电，和热源、氧化剂分开存放。"), _SUBSTANCES, RECTIFY),
    Accident.MELT_EXPLOSION: Rule(
        N_("熔融物和水分开：查冷却水有没有漏、地坑有没有积水、炉料干不干，吊运路线不站人。"), GRADED, ROUNDS
    ),
    Accident.POISONING: Rule(
        N_("先密闭和通风，再查有毒气体报警值和校准；进有限空间先检测，带齐呼吸器。"), _SPACES, LIMITS
    ),
    Accident.SUFFOCATION: Rule(
        N_("有限空间上锁、编号、警示；先通风、再检测、后作业，外面有人监护，不盲目施救。"), _SPACES, TRAIN
    ),
    Accident.LANDSLIDE: Rule(N_("查边坡、排土场和排水，雨后先查再作业，位移监测设报警。"), GRADED, ROUNDS),
    Accident.LEAK: Rule(
        N_("按密封点找规律：老化的更换，查法兰、阀门和软管，围堰、切断和探测要能用。"), _CHEMICALS, MAINTAIN
    ),
}
"""Of ``other`` nothing can be said for certain."""

"""What states, rhythms and kinds of items are called, and how they are coloured. Pure."""

from backend.checkins.judging import ItemKind
from backend.checkins.models import Proof, VisitState
from backend.checkins.schedule import Rhythm
from backend.core.errors import N_

STATES = {
    VisitState.DUE: N_("待巡检"),
    VisitState.DONE: N_("已打卡"),
    VisitState.MISSED: N_("漏检"),
    VisitState.MADE_UP: N_("已补检"),
}
TONES = {VisitState.DUE: "warn", VisitState.DONE: "good", VisitState.MISSED: "bad", VisitState.MADE_UP: "warn"}
RHYTHMS = {
    Rhythm.SHIFT: N_("每班"),
    Rhythm.DAY: N_("每天"),
    Rhythm.WEEK: N_("每周"),
    Rhythm.MONTH: N_("每月"),
    Rhythm.INTERVAL: N_("按间隔"),
}
KINDS = {
    ItemKind.YES_NO: N_("是否正常"),
    ItemKind.READING: N_("抄读数"),
    ItemKind.CHOICE: N_("选一项"),
    ItemKind.TEXT: N_("写文字"),
    ItemKind.PHOTO: N_("拍照"),
}
PROOFS = {Proof.LABEL: N_("扫码打卡"), Proof.MANUAL: N_("手动打卡")}

"""What people read about positions. Pure."""

from backend.core.errors import N_
from backend.incidents.positions.whereabouts import Source

CONSENT_VERSION = 1
"""Raised whenever what people agree to changes: who agreed to earlier words is asked again."""

CONSENT = (
    (N_("发什么"), N_("手机的位置、准不准（误差多少米）和时间。不录音，不拍照。")),
    (N_("什么时候发"), N_("只在有事件与您有关、还没有结束的时候。发送时页面上一直有一条提示，可以随时停止。")),
    (N_("不在厂里时"), N_("只记“不在厂区”，不保存您在哪里。")),
    (N_("谁能看到"), N_("能指挥事件的人（班组长、经理、安全员、管理员）和您同班组的人。谁看过会记入操作日志。")),
    (N_("有什么用"), N_("疏散和救援时知道您在哪里。不用于考勤和考核。")),
    (N_("不同意会怎样"), N_("没有任何影响：点名、扫码照常。")),
)
"""What is sent, when, and to whom, a line each; how long it is kept stands with the site's own number of days."""

SOURCES = {
    Source.GPS: N_("按手机定位"),
    Source.LABEL: N_("在场扫码"),
    Source.ROLL: N_("集合点扫码"),
    Source.CHECK_IN: N_("手动打卡"),
    Source.ASSIGNED: N_("按分工"),
    Source.UNKNOWN: N_("不知道"),
}
OFF_SITE = N_("不在厂区")
NEAR = N_("%(place)s附近")
SO_FAR = N_("距事发处约 %(m)s 米")
NOWHERE = N_("位置不明")
"""Where somebody is, in words."""

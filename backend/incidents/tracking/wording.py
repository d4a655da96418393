"""What skies and grounds are called, and how a detector stands to what is expected. Pure."""

from backend.core.errors import N_
from backend.incidents.tracking.fitting import Agreement
from backend.incidents.tracking.plume import Ground, Sky

SKIES = {
    Sky.STRONG_SUN: N_("烈日"),
    Sky.SUN: N_("有太阳"),
    Sky.WEAK_SUN: N_("弱太阳、薄云"),
    Sky.OVERCAST: N_("阴天（白天或夜里）"),
    Sky.CLOUDY_NIGHT: N_("多云的夜里"),
    Sky.CLEAR_NIGHT: N_("晴朗的夜里"),
}
GROUNDS = {Ground.URBAN: N_("有厂房、设备"), Ground.RURAL: N_("空旷平地")}
AGREEMENTS = {
    Agreement.AGREES: N_("与推算相符"),
    Agreement.MORE: N_("实测高得多"),
    Agreement.LESS: N_("实测低得多"),
}
TONES = {Agreement.AGREES: "good", Agreement.MORE: "bad", Agreement.LESS: "warn"}

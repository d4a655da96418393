"""What skies and grounds are called. Pure."""

from backend.core.errors import N_
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

"""Which quantity a point measures, for the signs of the cause library: by its unit, else by its name. Pure."""

import re

_UNITS: dict[str, str] = {
    "°c": "temperature", "℃": "temperature", "k": "temperature", "°f": "temperature", "degc": "temperature",
    "pa": "pressure", "kpa": "pressure", "mpa": "pressure", "bar": "pressure", "mbar": "pressure", "psi": "pressure",
    "m³/h": "flow", "m3/h": "flow", "ksm³/h": "flow", "nm³/h": "flow", "kg/h": "flow", "t/h": "flow", "l/min": "flow",
    "kg/s": "flow", "l/s": "flow", "m³/s": "flow", "l/h": "flow",
    "mol%": "composition", "wt%": "composition", "vol%": "composition", "ph": "composition", "g/l": "composition",
    "%lel": "concentration", "ppm": "concentration", "mg/m³": "concentration",
    "kw": "power", "w": "power", "mw": "power", "a": "current", "ma": "current", "v": "other", "hz": "speed",
    "rpm": "speed", "r/min": "speed", "m/s": "speed", "mm/s": "vibration", "µm": "vibration", "mm/s²": "vibration",
    "%rh": "humidity", "m": "level", "mm": "level",
}  # fmt: skip
_NAMES: tuple[tuple[str, str], ...] = (
    (r"液位|料位|水位|\blevel\b", "level"),
    (r"阀位|开度|\bvalve\b|\bopening\b|\bposition\b", "position"),
    (r"温度|\btemp", "temperature"),
    (r"压力|压差|\bpressure\b", "pressure"),
    (r"流量|\bflow\b|\brate\b", "flow"),
    (r"组分|浓度|纯度|\bcomponent\b|\bcomposition\b|\bpurity\b", "composition"),
    (r"湿度|\bhumidity\b", "humidity"),
    (r"振动|\bvibration\b", "vibration"),
    (r"转速|速度|\bspeed\b", "speed"),
    (r"电流|\bcurrent\b", "current"),
    (r"功率|\bpower\b|\bwork\b", "power"),
)


def quantity_of(unit: str, name: str, name_en: str, manipulated: bool) -> str:
    """The quantity; ``position`` for what a controller sets, ``other`` where neither unit nor name tells."""
    known = _UNITS.get(unit.strip().lower())
    if manipulated and known is None:
        return "position"
    if known is not None:
        return known
    words = f"{name} {name_en}".lower()
    return next((quantity for pattern, quantity in _NAMES if re.search(pattern, words)), "other")

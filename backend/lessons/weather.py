"""What the weather was like in one word, and keeping it by the hour. The worker keeps it for every site."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.permissions import system_query

GALE_M_S = 10.8
"""From Beaufort force 6 (GB/T 28591), from which work at heights stops in most plants' rules."""
HOT_C, FROST_C = 35.0, 0.0
"""高温 as China's weather service warns of it, and freezing pipes."""
RAIN_MM_H = 0.1
LOOK_BACK = timedelta(hours=48)
"""A worker that was away fills so much."""

_KEEP = """
INSERT INTO weather_hour(site_id, hour, wind_m_s, temperature_c, rain_mm_h)
SELECT n.site_id, date_trunc('hour', r.at) AS hour,
    avg(r.value * CASE WHEN p.unit = 'km/h' THEN 1 / 3.6 ELSE 1 END) FILTER (WHERE r.point_id = n.speed_point_id),
    avg(r.value) FILTER (WHERE r.point_id = n.temperature_point_id),
    avg(r.value) FILTER (WHERE r.point_id = n.rain_point_id)
FROM (SELECT DISTINCT ON (site_id) * FROM site_weather ORDER BY site_id, id DESC) n
CROSS JOIN LATERAL (SELECT GREATEST(:since, max(k.hour) + interval '1 hour') AS since
    FROM weather_hour k WHERE k.site_id = n.site_id) kept
JOIN reading r ON r.site_id = n.site_id AND r.at >= kept.since AND r.at < :until
    AND r.point_id IN (n.speed_point_id, n.temperature_point_id, n.rain_point_id)
JOIN point p ON p.site_id = r.site_id AND p.id = r.point_id
GROUP BY n.site_id, date_trunc('hour', r.at)
ON CONFLICT (site_id, hour) DO NOTHING
"""


def weather_of(wind_m_s: float | None, temperature_c: float | None, rain_mm_h: float | None) -> str | None:
    """``gale``, ``rain``, ``hot``, ``frost`` or ``fair``, of several the first; None where nothing was measured."""
    if wind_m_s is None and temperature_c is None and rain_mm_h is None:
        return None
    if wind_m_s is not None and wind_m_s >= GALE_M_S:
        return "gale"
    if rain_mm_h is not None and rain_mm_h >= RAIN_MM_H:
        return "rain"
    if temperature_c is not None and temperature_c >= HOT_C:
        return "hot"
    if temperature_c is not None and temperature_c <= FROST_C:
        return "frost"
    return "fair"


@system_query("the worker keeps the weather of every site")
async def keep_weather(session: AsyncSession) -> None:
    """Keep the hours that are over since the last that is kept, of the last two days at most; each once."""
    until = now().replace(minute=0, second=0, microsecond=0)
    await session.execute(text(_KEEP), {"since": until - LOOK_BACK, "until": until})

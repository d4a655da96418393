"""The weather of each hour: warm summers and afternoons, gusts, rain now and then."""

from datetime import timedelta

import numpy as np

from backend.lessons.models import WeatherHour
from scripts.years.ledger import Ledger
from scripts.years.rhythm import Array, Span


async def blow(ledger: Ledger, span: Span) -> Array:
    """Write the hours; gives their temperature, °C."""
    numbers = span.numbers("weather")
    hour, _, day = span.local_hours()
    drift = np.convolve(numbers.normal(0, 3, span.hours + 71), np.ones(72) / 8.5, mode="valid")
    warm = 16 - 12 * np.cos(2 * np.pi * (day - 20) / 365) - 4 * np.cos(2 * np.pi * (hour - 3) / 24) + drift
    temperature = np.round(warm, 1)
    wind = np.round(numbers.gamma(2.2, 1.6, span.hours), 1)
    wet = numbers.random(span.hours) < 0.06
    rain = np.round(np.where(wet, numbers.exponential(2.5, span.hours) + 0.1, 0.0), 1)
    rows = (
        (span.since + timedelta(hours=number), float(wind[number]), float(temperature[number]), float(rain[number]))
        for number in range(span.hours)
    )
    await ledger.copy(WeatherHour, ("hour", "wind_m_s", "temperature_c", "rain_mm_h"), rows)
    return temperature

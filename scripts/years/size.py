"""How much of everything: a plant of full size over three years, or a part of it. Pure."""

from dataclasses import dataclass

THREE_YEARS_DAYS = 1096


@dataclass(frozen=True)
class Size:
    """Counts of the plant, the same for all years, and of events: aims, met within a tenth."""

    areas: int
    equipment: int
    points: int
    teams: int
    people: int
    visits: int
    alarms: int
    rectifications: int
    incidents: int
    risk_points: int
    read_points: int
    """So many points have readings."""
    read_days: int
    """For the last so many days, each ten minutes."""

    @classmethod
    def of(cls, years: float, scale: float, read_points: int, read_days: int) -> "Size":
        """``scale`` 1 is a plant of 2,000 points; events grow with ``years`` too. Raises ValueError for nothing."""
        if not 0 < years <= 10 or not 0 < scale <= 1:
            raise ValueError("years must be in (0, 10], scale in (0, 1]")
        areas = max(6, round(30 * scale))
        equipment = max(areas * 3, round(420 * scale))
        teams = max(4, round(24 * scale))
        part = scale * years / 3
        return cls(
            areas=areas,
            equipment=equipment,
            points=max(equipment * 2, round(2000 * scale)),
            teams=teams,
            people=max(teams * 4 + 6, round(300 * scale)),
            visits=round(200_000 * part),
            alarms=round(40_000 * part),
            rectifications=round(20_000 * part),
            incidents=max(3, round(150 * part)),
            risk_points=max(areas * 3, round(300 * scale)),
            read_points=round(read_points * scale) if read_points else 0,
            read_days=min(read_days, round(365 * years)),
        )

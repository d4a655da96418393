"""Weather: outdoor temperature and rain beside the wind, and the weather of each hour.

Revision: 0031, after 0030.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PARTS = ("temperature_point_id", "rain_point_id")


def upgrade() -> None:
    """Make it so."""
    op.rename_table("site_wind", "site_weather")
    op.execute("ALTER INDEX site_wind_of RENAME TO site_weather_of")
    for name in _PARTS:
        op.add_column("site_weather", sa.Column(name, sa.BigInteger(), sa.ForeignKey("point.id"), nullable=True))
    op.create_table(
        "weather_hour",
        sa.Column("site_id", sa.BigInteger(), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("wind_m_s", "temperature_c", "rain_mm_h")),
        sa.UniqueConstraint("site_id", "hour"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("weather_hour")
    for name in _PARTS:
        op.drop_column("site_weather", name)
    op.execute("ALTER INDEX site_weather_of RENAME TO site_wind_of")
    op.rename_table("site_weather", "site_wind")

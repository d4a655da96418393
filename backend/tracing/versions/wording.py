"""Why versions were made, in words."""

from backend.core.errors import N_
from backend.tracing.versions.models import Because

REASONS: dict[str, str] = {
    Because.SHIPPED: N_("出厂：还没有学习任何案例"),
    Because.CONFIRMED: N_("溯源 #%(trace)s 的根源已确认"),
    Because.CORRECTED: N_("溯源 #%(trace)s 的根源已更正"),
    Because.GATHERED: N_("学习了等待中的案例"),
}

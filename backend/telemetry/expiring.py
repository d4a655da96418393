"""How refusals grow old. Readings go by whole days: ``partitions``."""

from backend.core.expiring import Expiring

REJECTIONS = Expiring("rejection", "t.received_at", shown="trim(concat(t.source, ' ', t.point_code))")
HELD = Expiring("held_message", "t.received_at", shown="t.source")

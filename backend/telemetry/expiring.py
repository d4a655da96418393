"""How refusals grow old. Readings go by whole days: ``partitions``."""

from backend.core.expiring import Expiring

REJECTIONS = Expiring(
    "rejection", "t.received_at", shown="concat_ws(' · ', NULLIF(t.source, ''), NULLIF(t.point_code, ''))"
)

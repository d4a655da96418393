"""How deliveries grow old: who was told of what, on which way, and when the phone said that it had it."""

from backend.core.expiring import Expiring

DELIVERIES = Expiring("delivery", "t.due_at", shown="t.channel")

"""What is done about telling people."""

from backend.delivery.commands.addressing import address_people, keep_receipts, mark_seen

__all__ = ["address_people", "keep_receipts", "mark_seen"]

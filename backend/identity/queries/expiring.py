"""How sign-ins grow old: from their end on. Who signed in when stays in the audit log."""

from backend.core.expiring import Expiring

SIGN_INS = Expiring(
    "login_session",
    "LEAST(t.revoked_at, t.expires_at)",
    also="NOT EXISTS (SELECT FROM push_subscription p WHERE p.site_id = t.site_id AND p.session_id = t.id)",
    shown="t.device",
)

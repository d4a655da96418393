"""Channels (通知渠道): what AnSu has to tell reaches groups, mailboxes and other systems outside the app."""

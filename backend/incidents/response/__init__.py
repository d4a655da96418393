"""Responding to an incident: the emergency plan of its kind as a checklist, evacuation with roll-call, cordon.

``content`` (the plans that ship with us, pure) → ``queries`` → ``commands`` → pages and API.
"""

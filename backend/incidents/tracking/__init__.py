"""追踪: an incident followed while it goes on: source, way, scope and people, and what stops because of it."""

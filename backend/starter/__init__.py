"""Starter packs: a ready plant to begin with, its sample people, and recorded runs that can be played back.

The composition room above all domains: a pack spans plant, people, rules and readings.
"""

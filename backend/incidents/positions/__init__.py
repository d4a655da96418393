"""Where people are while an incident goes on: by their phones if they agreed, by labels they scanned, by assignment.

Each with its age, replayable, and deleted in time.
"""

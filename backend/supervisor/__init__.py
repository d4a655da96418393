"""``ansu up``: the embedded servers and the three roles, kept alive together and stopped in order."""

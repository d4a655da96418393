"""Who is told of what, over which channel, with which receipt."""

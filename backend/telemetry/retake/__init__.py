"""Refused messages are held whole for a while, so that they can be taken in once their cause is mended."""

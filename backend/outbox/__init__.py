"""Forms that phones keep until they are sent: the server's side of a big one that comes in pieces."""

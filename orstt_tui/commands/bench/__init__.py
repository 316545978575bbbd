"""`orstt bench` and its commands."""

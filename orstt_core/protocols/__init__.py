"""What can be asked of OR-STT, by subject; `Backend` is all of it together."""

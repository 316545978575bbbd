"""The commands of `orstt`, one module each, and what they share."""

"""Engines: the contract (`base`) and one file an engine."""

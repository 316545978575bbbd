"""Loaded engines: the child process that holds one, and the pool of them."""

"""Models measured on a person's own recordings: the set, the run, what came of it, and how that is told."""

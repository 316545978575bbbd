"""`orstt --plain`: the same work as a sequence of lines, for screen readers and terminals that show letters alone."""

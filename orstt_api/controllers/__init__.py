"""Controllers: one file a subject."""

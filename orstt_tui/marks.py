"""Marks that several widgets draw."""

CURSOR_BAR = "▌"
"""Before the row, or the segment, under the cursor: it tells it from the others without colour too."""

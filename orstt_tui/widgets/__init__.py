"""Widgets of the terminal program; none of them knows a Backend."""

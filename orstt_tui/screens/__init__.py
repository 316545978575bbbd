"""Screens of the terminal program, each with its stylesheet beside it."""

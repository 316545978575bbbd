"""The ids of commands, by which the file of keys names them and help groups them."""

MOVING = "list.", "field.", "path."
"""How those begin that move a cursor or the focus, as they do everywhere."""

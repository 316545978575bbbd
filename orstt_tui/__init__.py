"""OR-STT in the terminal: the `orstt` commands and the Textual program."""

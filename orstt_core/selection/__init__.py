"""Which model transcribes a recording: chosen once it is decoded, by what asks to choose."""

"""Durable transcription jobs: stored first, then worked on, and ended exactly once."""

"""Which way a recording is decoded where nobody says: the fast one where it is proved, else the classic.

Proved by the error rates on recordings of these languages, with these weights (docs/performance.md): not worse than
faster-whisper's own. Each window is decoded without the text before it, which costs languages that are hard for a model
more than it costs others.
"""

from __future__ import annotations

EUROPEAN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "ru"})
PROVED = {"base": EUROPEAN | {"ko"}}
"""Languages by the size of the weights."""


def proved_languages(model_name: str) -> frozenset[str]:
    """Return the languages that are decoded in the fast way by default, by a model's size, repository or folder."""
    size = model_name.rstrip("/").rsplit("/", 1)[-1].removeprefix("faster-whisper-")
    return PROVED.get(size, frozenset())

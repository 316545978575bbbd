"""Lists of words by command: made, shown, given to a model, told to its engine, and removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from attentive import Attentive
from cli.running import Result
from counting import write_count

from orstt_core.engines import registry

Run = Callable[..., Result]
NO_SUCH = 3
CONFLICT = 4


def cells(output: str) -> list[list[str]]:
    """The rows of a table."""
    return [line.split(maxsplit=1) for line in output.splitlines()]


def test_a_list_goes_from_a_file_to_a_transcript_and_away_again(
    real_orstt: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "attentive", Attentive)
    recording = write_count(tmp_path / "count.wav", 1)
    words = tmp_path / "words.txt"
    words.write_text("# drugs, and names\nMarsh\n\nfolic acid, Dashwood\n  # no more\n")

    added = real_orstt("vocabulary", "add", "ward", "Wu", "Marsh", "--description", "names and drugs")
    assert added == (0, "Added ward: 2 terms.\n", "")
    assert real_orstt("vocabulary", "import", "ward", words) == (0, "Imported ward: 4 terms.\n", "")
    assert real_orstt("vocabulary", "update", "ward", "--remove", "Dashwood", "--add", "Ng").out == (
        "Changed ward: 4 terms.\n"
    )
    assert "names and drugs" in real_orstt("vocabulary", "list").out
    shown = cells(real_orstt("vocabulary", "show", "ward").out)
    assert shown == [["USES", "TERM"], ["0", "Wu"], ["0", "Marsh"], ["0", "folic acid"], ["0", "Ng"]]

    assert real_orstt("models", "add", "mine", "--type", "attentive", "--vocabulary", "ward").code == 0
    heard = real_orstt("transcribe", recording, "--model", "mine")
    assert (heard.code, heard.out) == (0, "Wu Marsh\n")
    assert "mine takes 2 of the 4 terms of its vocabulary; left out: folic acid, Ng." in heard.err
    assert cells(real_orstt("vocabulary", "show", "ward").out)[1:3] == [["1", "Wu"], ["1", "Marsh"]]

    refused = real_orstt("vocabulary", "remove", "ward")
    assert (refused.code, refused.out) == (CONFLICT, "")
    assert "belongs to mine" in refused.err
    assert real_orstt("models", "update", "mine", "--vocabulary", "").code == 0
    assert real_orstt("vocabulary", "remove", "ward") == (0, "Removed ward: 4 terms.\n", "")
    assert real_orstt("vocabulary", "show", "ward").code == NO_SUCH


def test_what_is_no_list_or_no_term_is_refused_in_one_line(real_orstt: Run, tmp_path: Path) -> None:
    sound = tmp_path / "words.wav"
    sound.write_bytes(b"RIFF\xff\xfe")
    assert real_orstt("vocabulary", "add", "ward", "Marsh").code == 0
    for code, *arguments in (
        (CONFLICT, "add", "ward"),
        (2, "add", "a,b"),
        (2, "add", "names", "a,b"),
        (2, "update", "ward"),
        (NO_SUCH, "update", "nobody's", "--add", "Marsh"),
        (NO_SUCH, "import", "ward", sound),
        (NO_SUCH, "remove", "nobody's"),
    ):
        refused = real_orstt("vocabulary", *arguments)
        assert (refused.code, refused.out) == (code, ""), arguments
        assert refused.err.startswith(("orstt: ", "Usage: ")), arguments
    assert real_orstt("transcribe", sound, "--vocabulary", "nobody's").code == NO_SUCH
    assert cells(real_orstt("vocabulary", "show", "ward").out) == [["USES", "TERM"], ["0", "Marsh"]]

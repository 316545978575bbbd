"""A transcript in every format: as its readers expect it, whatever was said."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.formats import FORMATS, render
from orstt_core.types import Segment, Transcript, UsedModel, Word


def segment(start: float | None, end: float | None, text: str, **measured: object) -> Segment:
    return msgspec.structs.replace(Segment(id=0, start=start, end=end, text=text), **measured)


def transcript(*segments: Segment, **changes: object) -> Transcript:
    whole = Transcript(
        text=" ".join(part.text.strip() for part in segments),
        segments=[msgspec.structs.replace(part, id=number) for number, part in enumerate(segments)],
        language="en",
        language_probability=0.98,
        duration=7.1,
        task="transcribe",
        model=UsedModel(name="base", type="whisper", device="cpu", compute_type="int8"),
    )
    return msgspec.structs.replace(whole, **changes)


TWO = transcript(segment(0.0, 2.4996, "Hello there."), segment(2.5, 3661.0005, "Tom & Jerry <3"))
SILENCE = transcript()
TIMELESS = transcript(segment(None, None, "Hello there."))

GOLDEN = {
    "text": "Hello there. Tom & Jerry <3\n",
    "json": '{"text":"Hello there. Tom & Jerry <3"}\n',
    "srt": ("1\n00:00:00,000 --> 00:00:02,500\nHello there.\n\n2\n00:00:02,500 --> 01:01:01,001\nTom & Jerry <3\n"),
    "vtt": (
        "WEBVTT\n"
        "\n"
        "00:00:00.000 --> 00:00:02.500\nHello there.\n"
        "\n"
        "00:00:02.500 --> 01:01:01.001\nTom &amp; Jerry &lt;3\n"
    ),
    "tsv": "start\tend\ttext\n0\t2500\tHello there.\n2500\t3661001\tTom & Jerry <3\n",
}
OF_SILENCE = {"text": "", "json": '{"text":""}\n', "srt": "", "vtt": "WEBVTT\n", "tsv": "start\tend\ttext\n"}


@pytest.mark.parametrize("name", GOLDEN)
def test_two_segments_look_like_this(name: str) -> None:
    assert render(TWO, name) == GOLDEN[name]


CALL = transcript(
    segment(0.0, 2.0, "Hello there.", channel=1),
    segment(1.5, 2.5, "Who is <it>?", channel=2),
    segment(3.0, 4.0, "Tom.", channel=2),
)
OF_CALL = {
    "text": "Channel 1: Hello there.\nChannel 2: Who is <it>? Tom.\n",
    "srt": (
        "1\n00:00:00,000 --> 00:00:02,000\nChannel 1: Hello there.\n\n"
        "2\n00:00:01,500 --> 00:00:02,500\nChannel 2: Who is <it>?\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\nChannel 2: Tom.\n"
    ),
    "vtt": (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:02.000\n<v Channel 1>Hello there.\n\n"
        "00:00:01.500 --> 00:00:02.500\n<v Channel 2>Who is &lt;it&gt;?\n\n"
        "00:00:03.000 --> 00:00:04.000\n<v Channel 2>Tom.\n"
    ),
    "tsv": ("start\tend\ttext\tchannel\n0\t2000\tHello there.\t1\n1500\t2500\tWho is <it>?\t2\n3000\t4000\tTom.\t2\n"),
}


@pytest.mark.parametrize("name", OF_CALL)
def test_the_channels_of_a_call_are_told(name: str) -> None:
    assert render(CALL, name) == OF_CALL[name]


def test_json_says_the_channel_of_each_segment_and_leaves_it_out_where_there_is_none() -> None:
    found = json.loads(render(CALL, "verbose_json"))
    assert [part["channel"] for part in found["segments"]] == [1, 2, 2]
    assert found["text"] == "Hello there. Who is <it>? Tom."
    assert "channel" not in render(TWO, "verbose_json")
    assert [row["channel"] for row in CALL.rows()] == [1, 2, 2]


def test_rows_of_words_say_their_channel_and_keep_a_passage_whose_words_were_not_placed() -> None:
    whole = segment(2.0, 3.0, " Hum.", words=[], channel=2)
    call = transcript(msgspec.structs.replace(MEASURED, channel=1), whole, msgspec.structs.replace(whole, words=None))
    rows = call.rows(words=True)
    assert [(row["word"], row["channel"]) for row in rows] == [("Hello", 1), ("there.", 1), ("Hum.", 2), ("Hum.", 2)]
    assert (rows[2]["start"], rows[2]["end"], rows[2]["probability"]) == (2.0, 3.0, None)
    with pytest.raises(OptionUnsupported, match="words were not measured"):
        CALL.rows(words=True)
    assert SILENCE.rows(words=True) == []
    mended = msgspec.structs.replace(
        CALL.segments[0],
        text="What a day, a dog!",
        words=[Word(start=1, end=2, word="a"), Word(start=2, end=3, word="day"), Word(start=4, end=5, word="dog")],
    )
    rows = transcript(mended).rows(words=True)
    assert [(row["word"], row["start"]) for row in rows] == [
        ("What", None),
        ("a", 1),
        ("day", 2),
        ("a", None),
        ("dog", 4),
    ]


@pytest.mark.parametrize("name", OF_SILENCE)
def test_silence_looks_like_this(name: str) -> None:
    assert render(SILENCE, name) == OF_SILENCE[name]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_with_one_newline_unless_it_is_empty(name: str) -> None:
    for whole in (TWO, SILENCE):
        written = render(whole, name)
        assert written == "" or re.search(r"[^\n]\n\Z", written)


def test_the_formats_are_those_that_are_promised() -> None:
    assert FORMATS == ("text", "json", "verbose_json", "srt", "vtt", "tsv")


@pytest.mark.parametrize("name", ["", "SRT", "docx", "diarized_json"])
def test_an_unknown_format_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        render(TWO, name)

    assert repr(name) in refusal.value.message
    assert all(known in refusal.value.hint for known in FORMATS)


# --- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["srt", "vtt", "tsv"])
def test_a_format_of_times_is_refused_where_none_were_measured(name: str) -> None:
    with pytest.raises(OptionUnsupported, match=f"The format {name} needs times, and base measures none"):
        render(TIMELESS, name)


@pytest.mark.parametrize("name", ["text", "json", "verbose_json"])
def test_the_other_formats_need_no_times(name: str) -> None:
    assert "Hello there." in render(TIMELESS, name)


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [
        (0.0004, "00:00:00,000"),
        (0.0005, "00:00:00,001"),
        (1.9995, "00:00:02,000"),
        (59.9999, "00:01:00,000"),
        (3599.9996, "01:00:00,000"),
        (2.3, "00:00:02,300"),
        (1.001, "00:00:01,001"),
        (359_999.999, "99:59:59,999"),
        (360_000, "100:00:00,000"),
    ],
)
def test_times_are_rounded_to_the_nearest_millisecond(seconds: float, clock: str) -> None:
    written = render(transcript(segment(seconds, seconds + 5, "x")), "srt")

    assert written.splitlines()[1].startswith(f"{clock} --> ")


@pytest.mark.parametrize(("start", "end"), [(1.0, 1.0), (1.0, 0.5), (1.0, 1.0001)])
def test_a_cue_ends_after_it_starts(start: float, end: float) -> None:
    assert "00:00:01.000 --> 00:00:01.001" in render(transcript(segment(start, end, "x")), "vtt")


# --- text -----------------------------------------------------------------------------------------


def test_segments_without_text_are_left_out_and_the_numbers_go_on() -> None:
    whole = transcript(segment(0, 1, "one"), segment(1, 2, " \n "), segment(2, 3, "three"))

    assert re.findall(r"^\d+$", render(whole, "srt"), re.MULTILINE) == ["1", "2"]


def test_leading_blanks_of_the_engine_do_not_show() -> None:
    assert "\nHello\n" in render(transcript(segment(0, 1, " Hello")), "srt")


def parsed_srt(written: str) -> list[tuple[str, str, str]]:
    """Read SubRip as a player does: blank lines part the cues, a line with an arrow holds the times."""
    cues = []
    for number, cue in enumerate(written.removesuffix("\n").split("\n\n") if written else [], start=1):
        heading, times, text = cue.split("\n")
        assert heading == str(number)
        match = re.fullmatch(r"(\d\d+:\d\d:\d\d,\d{3}) --> (\d\d+:\d\d:\d\d,\d{3})", times)
        assert match
        assert "-->" not in text
        cues.append((match[1], match[2], text))
    return cues


def parsed_vtt(written: str) -> list[tuple[str, str, str]]:
    """Read WebVTT as the standard says, as far as we write it."""
    header, *cues = written.removesuffix("\n").split("\n\n")
    assert header.rstrip("\n") == "WEBVTT"
    found = []
    for cue in cues:
        times, text = cue.split("\n")
        match = re.fullmatch(r"(\d\d+:\d\d:\d\d\.\d{3}) --> (\d\d+:\d\d:\d\d\.\d{3})", times)
        assert match
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
        found.append((match[1], match[2], text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")))
    return found


TEXTS = st.lists(
    st.one_of(
        st.text(),
        st.sampled_from(
            [
                "a --> b",
                "--->",
                "7",
                "00:00:01,000 --> 00:00:02,000",
                "NOTE",
                "WEBVTT",
                "a\n\nb",
                "a\u2028b",
                "a\r\nb",
                "&amp;",
                "<b>x</b>",
                "a\tb",
                "\0",
                "نص",
                "日本語",
            ]
        ),
    ),
    max_size=5,
)


def shown(text: str) -> str:
    """The words of a text, for comparison: what stands between them does not matter."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


@given(TEXTS)
def test_whatever_was_said_can_be_read_back(texts: list[str]) -> None:
    whole = transcript(*(segment(float(number), number + 0.5, text) for number, text in enumerate(texts)))
    said = [shown(text) for text in texts if shown(text)]

    assert [" ".join(text.split()) for _, _, text in parsed_vtt(render(whole, "vtt"))] == said
    assert [" ".join(text.split()) for _, _, text in parsed_srt(render(whole, "srt"))] == [
        " ".join(text.replace("-->", "-- >").split()) for text in said
    ]
    rows = [row.split("\t") for row in render(whole, "tsv").removesuffix("\n").split("\n")]
    assert rows[0] == ["start", "end", "text"]
    assert [" ".join(text.split()) for _, _, text in rows[1:]] == said
    assert json.loads(render(whole, "json")) == {"text": whole.text.strip()}


def test_times_can_be_read_back() -> None:
    expected = [("00:00:00", "00:00:02"), ("00:00:02", "01:01:01")]

    for cues in (parsed_srt(render(TWO, "srt")), parsed_vtt(render(TWO, "vtt"))):
        assert [(start[:8], end[:8]) for start, end, _ in cues] == expected


# --- OpenAI's verbose JSON ------------------------------------------------------------------------

MEASURED = segment(
    0.0,
    1.5,
    " Hello there.",
    words=[Word(start=0.0, end=0.7, word=" Hello", probability=0.9), Word(start=0.7, end=1.5, word=" there.")],
    avg_logprob=-0.1,
    compression_ratio=0.9,
    no_speech_prob=0.01,
    temperature=0.0,
    seek=0,
    tokens=[50364, 2425],
)


def test_verbose_json_has_openais_fields_by_their_names_and_types() -> None:
    assert json.loads(render(transcript(MEASURED), "verbose_json")) == {
        "task": "transcribe",
        "language": "english",
        "duration": 7.1,
        "text": "Hello there.",
        "segments": [
            {
                "id": 0,
                "start": 0.0,
                "end": 1.5,
                "text": " Hello there.",
                "avg_logprob": -0.1,
                "compression_ratio": 0.9,
                "no_speech_prob": 0.01,
                "temperature": 0.0,
                "seek": 0,
                "tokens": [50364, 2425],
            }
        ],
        "words": [{"word": "Hello", "start": 0.0, "end": 0.7}, {"word": "there.", "start": 0.7, "end": 1.5}],
    }


def test_verbose_json_invents_nothing() -> None:
    answer = json.loads(render(TWO, "verbose_json"))

    assert answer.keys() == {"task", "language", "duration", "text", "segments"}
    assert answer["task"] == "transcribe"
    assert answer["segments"][0]["start"] == 0.0
    for unmeasured in ("avg_logprob", "compression_ratio", "no_speech_prob", "temperature", "seek", "tokens"):
        assert answer["segments"][0][unmeasured] is None


def test_verbose_json_says_what_to_know_of_the_transcript() -> None:
    answer = json.loads(render(msgspec.structs.replace(TWO, warnings=["Left out: Wu."]), "verbose_json"))
    assert answer["warnings"] == ["Left out: Wu."]


def test_verbose_json_has_no_segments_without_times() -> None:
    assert json.loads(render(TIMELESS, "verbose_json")).keys() == {"task", "language", "duration", "text"}


def test_a_translation_is_in_english() -> None:
    answer = json.loads(render(transcript(MEASURED, language="de", task="translate"), "verbose_json"))

    assert (answer["task"], answer["language"]) == ("translate", "english")


@pytest.mark.parametrize(("code", "name"), [("ht", "haitian creole"), ("ast", "ast"), (None, "")])
def test_the_language_goes_by_its_english_name(code: str | None, name: str) -> None:
    assert json.loads(render(transcript(MEASURED, language=code), "verbose_json"))["language"] == name

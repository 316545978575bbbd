"""Whatever a person calls a language, the engine gets its own code for it, or says that it does not know it."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orstt_core.engines.whisper_languages import WHISPER_LANGUAGES, whisper_languages
from orstt_core.errors import InvalidRequest, LanguageUnknown, OptionUnsupported
from orstt_core.languages import language_name, normalize_language, requested_languages
from orstt_core.types import TranscribeOptions


def test_the_codes_of_whisper_are_those_of_faster_whisper_and_have_names() -> None:
    program = "from faster_whisper.tokenizer import _LANGUAGE_CODES\nprint(*sorted(_LANGUAGE_CODES))"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert sorted(WHISPER_LANGUAGES) == answer.stdout.split()
    names = {code: language_name(code) for code in WHISPER_LANGUAGES}
    assert len(set(names.values())) == len(names)
    for code, name in names.items():
        assert name.istitle()
        spellings = (code, code.upper(), name, name.lower(), name.upper())
        heard = {
            requested_languages(TranscribeOptions(language=text), WHISPER_LANGUAGES).language for text in spellings
        }
        assert heard == {code}


def test_a_whisper_model_called_en_knows_english_only() -> None:
    assert whisper_languages("tiny.en") == whisper_languages("Systran/faster-whisper-tiny.en") == ("en",)
    assert whisper_languages("/models/base.en/") == ("en",)
    assert whisper_languages("base") == WHISPER_LANGUAGES


COMMON = {
    "en-US": "en", "pt_BR": "pt", "de_DE.UTF-8": "de", "ca_ES@valencia": "ca", "zh-Hant-TW": "zh", "yue-Hant-HK": "yue",
    "nb-NO": "no", "jw": "jv", "  Haitian   creole ": "ht", "Mandarin": "zh", "Castilian": "es", "iw": "he",
    "ger": "de", "deu": "de", "Irish": "ga", "ceb": "ceb",
    "Deutsch": "de", "español": "es", "Chinese (Simplified)": "zh", "中文": "zh", "Norsk bokmål": "no",
    "italiano": "it", "Türkçe": "tr", "македонски": "mk", "Italienisch": "it", "tyska": "de", "Türkisch (TR)": "tr",
    "简体中文": "zh", "繁體中文": "zh", "English, US": "en", "Chinese, Simplified": "zh", "中文\uff0c简体": "zh",
    "Brazilian Portuguese": "pt", "British English": "en", "français canadien": "fr",
}  # fmt: skip


def test_common_tags_other_names_and_codes_of_three_letters_are_understood() -> None:
    assert {text: normalize_language(text) for text in COMMON} == COMMON


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("engleesh", "Did you mean english (en)"),
        ("xx", "Give a code such as en, or leave the language out"),
        ("klingon", "Give a code"),
        ("en,de", "Give a code"),
        ("German, French", "Give a code"),
        ("ua", "Give a code"),
        ("frenchified", "Did you mean french"),
        ("( " * 30_000, "Give a code"),
        ("", "Give a code"),
        ("auto", "Give a code"),
        ("-en", "Give a code"),
    ],
)
def test_an_unknown_language_is_named_with_the_nearest_known_ones(text: str, advice: str) -> None:
    with pytest.raises(LanguageUnknown) as refusal:
        normalize_language(text)
    assert repr(text[:50]) in refusal.value.message
    assert advice in refusal.value.hint
    assert refusal.value.field == "language"
    assert isinstance(refusal.value, InvalidRequest)


@given(st.text())
def test_any_text_is_a_language_or_refused(text: str) -> None:
    try:
        assert 2 <= len(normalize_language(text)) <= 3
    except LanguageUnknown as refusal:
        assert len(refusal.message) < 300  # noqa: PT017 - either outcome is right


def test_an_engine_may_know_more_languages_than_we_have_names_for() -> None:
    assert language_name("ast") == "ast"


# --- what an engine offers ------------------------------------------------------------------------


def asked(offered: tuple[str, ...], language: str | None = None, *languages: str) -> TranscribeOptions:
    return requested_languages(TranscribeOptions(language=language, languages=languages), offered, speaker="polly")


def test_an_engine_hears_its_own_code_for_what_a_person_calls_a_language() -> None:
    assert asked(WHISPER_LANGUAGES, "jv").language == "jw"
    assert asked(("en-US", "nb-NO"), "Norwegian").language == "nb-NO"
    assert asked(("en-US", "en-GB"), "en-GB").language == "en-GB"
    assert asked(WHISPER_LANGUAGES, None, "German", "jv").languages == ("de", "jw")
    assert asked(WHISPER_LANGUAGES, None, "German").language == "de"
    assert asked((), "ceb").language == "ceb"
    assert asked(("ko",)).language == "ko"


def test_a_language_that_the_engine_does_not_offer_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(
        LanguageUnknown, match=r"polly does not know the language Irish.*It knows English, German\."
    ) as one:
        asked(("en", "de"), "Irish")
    assert one.value.field == "language"
    with pytest.raises(LanguageUnknown, match="and 92 more") as several:
        asked(WHISPER_LANGUAGES, None, "en", "Irish")
    assert several.value.field == "languages"
    with pytest.raises(OptionUnsupported, match="polly is for English only"):
        asked(("en",), "de")
    with pytest.raises(InvalidRequest, match="none of the possible"):
        asked((), "en", "de", "fr")


def test_a_language_that_the_engine_cannot_find_out_is_asked_for_and_not_guessed() -> None:
    def deaf(*offered: str) -> TranscribeOptions:
        return requested_languages(TranscribeOptions(), offered, speaker="polly", detects=False)

    with pytest.raises(OptionUnsupported, match=r"polly cannot find out .*Name it: English, German\.") as one:
        deaf("en", "de")
    assert one.value.field == "language"
    assert deaf("de").language == "de"
    assert deaf().language is None

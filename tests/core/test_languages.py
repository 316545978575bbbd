"""Whatever a person calls a language, Whisper gets its code."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orstt_core.errors import InvalidRequest, LanguageUnknown
from orstt_core.languages import LANGUAGES, OTHER_NAMES, language_name, normalize_language


def test_the_codes_are_those_of_the_engine() -> None:
    program = "from faster_whisper.tokenizer import _LANGUAGE_CODES\nprint(*sorted(_LANGUAGE_CODES))"

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert sorted(LANGUAGES) == answer.stdout.split()


def test_every_code_and_its_name_mean_the_code() -> None:
    for code in LANGUAGES:
        name = language_name(code)
        spellings = (code, code.upper(), name, name.lower(), name.upper())

        assert {normalize_language(spelling) for spelling in spellings} == {code}
        assert name.istitle()


def test_no_two_languages_have_one_name() -> None:
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
    assert not OTHER_NAMES.keys() & LANGUAGES.keys()
    assert not OTHER_NAMES.keys() & {name.lower() for name in LANGUAGES.values()}
    assert set(OTHER_NAMES.values()) <= LANGUAGES.keys()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("de_DE.UTF-8", "de"),
        ("ca_ES@valencia", "ca"),
        ("zh-Hant-TW", "zh"),
        ("yue-Hant-HK", "yue"),
        ("nb-NO", "no"),
        ("jv", "jw"),
        ("  Haitian   creole ", "ht"),
        ("Mandarin", "zh"),
        ("Castilian", "es"),
        ("iw", "he"),
    ],
)
def test_common_tags_and_other_names_are_understood(text: str, code: str) -> None:
    assert normalize_language(text) == code


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("englisch", "Did you mean english (en)"),
        ("Spansh", "Did you mean spanish (es)"),
        ("portugese", "Did you mean portuguese (pt)"),
        ("xx", "Give a code such as en, or leave the language out"),
        ("klingon", "Give a code"),
        ("", "Give a code"),
        ("auto", "Give a code"),
        ("-en", "Give a code"),
    ],
)
def test_an_unknown_language_is_named_with_the_nearest_known_ones(text: str, advice: str) -> None:
    with pytest.raises(LanguageUnknown) as refusal:
        normalize_language(text)

    assert repr(text) in refusal.value.message
    assert advice in refusal.value.hint
    assert refusal.value.field == "language"
    assert isinstance(refusal.value, InvalidRequest)


@given(st.text())
def test_any_text_is_a_language_or_refused(text: str) -> None:
    try:
        assert normalize_language(text) in LANGUAGES
    except LanguageUnknown as refusal:
        assert len(refusal.message) < 300  # noqa: PT017 - either outcome is right


def test_an_engine_may_know_more_languages_than_we_have_names_for() -> None:
    assert language_name("ast") == "ast"

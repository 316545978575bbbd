"""Which languages a model can be asked for, and which it says it heard."""

from __future__ import annotations

from collections import Counter

from orstt_core.errors import LanguageUnknown, OptionUnsupported, OrsttError
from orstt_core.languages import language_name, normalize_language, requested_languages
from orstt_core.testing.subject import Subject
from orstt_core.testing.violation import NotPromised, Violation, require
from orstt_core.types import TranscribeOptions

SELDOM = ("vo", "cu", "ik", "za", "en")
"""Languages that next to no model knows: Volapük, Church Slavonic, Inupiaq, Zhuang; and one for those that do."""


def languages_have_codes(subject: Subject) -> None:
    """Each language that a model declares has a code, is there once, and can be asked for by it."""
    codes = subject.languages
    for code in codes:
        try:
            asked = requested_languages(TranscribeOptions(language=code), codes).language
        except LanguageUnknown as error:
            raise Violation(f"{code!r} is no language: use codes of ISO 639, such as en or en-US.") from error
        require(asked == code, f"Who asks for {code!r} gets {asked!r}.")
    twice = [code for code, count in Counter(codes).items() if count > 1]
    require(not twice, f"It declares {', '.join(twice)} twice.")


def refuses_other_languages(subject: Subject) -> None:
    """A language that the model does not declare is refused by name, not guessed."""
    if not subject.languages:
        raise NotPromised("It declares no languages: any goes.")
    other = next(code for code in SELDOM if not subject.understands(code))
    try:
        subject.engine.transcribe(subject.speech, language=other)
    except (LanguageUnknown, OptionUnsupported) as error:
        names = (language_name(other), *map(language_name, subject.languages), subject.configuration.model)
        require(any(name in str(error) for name in names), f"What it says of another language names none: {error}")
        return
    raise Violation(
        f"Asked for {language_name(other)}, which it does not declare, `transcribe` gives a text. Have it call "
        "self.text, which refuses what `languages` does not name."
    )


def says_the_language(subject: Subject) -> None:
    """The language of a segment is one that it declares, and is detected only where it says it can."""
    detects = "language_detection" in subject.kind.capabilities
    try:
        segments = subject.hear(subject.speech, subject.options(language=None))
    except OrsttError as error:
        require(not detects, f"It declares `language_detection` but refuses to detect one: {error}")
        return
    for segment in segments:
        _verify_language(subject, segment.language, detects=detects)


def _verify_language(subject: Subject, language: str | None, *, detects: bool) -> None:
    if not detects:
        # The only language that a model knows it need not detect.
        known = [normalize_language(code) for code in subject.languages]
        require(
            language is None or known == [normalize_language(language)],
            f"It says that {language} is spoken, which nobody asked for, without declaring `language_detection`.",
        )
        return
    require(language is not None, "It declares `language_detection` but does not say which language is spoken.")
    require(subject.understands(str(language)), f"It says that {language} is spoken, which it does not declare.")


CHECKS = (languages_have_codes, refuses_other_languages, says_the_language)

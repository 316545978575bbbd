"""Names and codes of languages, and which of them an engine is asked for.

A code is that of ISO 639-1, or that of ISO 639-3 where there is none of two letters. Which languages there are for a
recording its engine says: `requested_languages` compares what was asked for with that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orstt_core.errors import InvalidRequest, LanguageUnknown, OptionUnsupported
from orstt_core.struct_types import complete
from orstt_core.types import TranscribeOptions

_DATA = Path(__file__).parent / "data" / "languages.toml"
_THREE_LETTERS = re.compile(r"[a-z]{3}")
ADDITION = re.compile("[(,\N{FULLWIDTH LEFT PARENTHESIS}\N{FULLWIDTH COMMA}]")
"""What stands between the name of a language and what is added to it."""
LONGEST_NAME = 100
VARIANTS = {
    "ar": ["001"], "de": ["AT", "CH"], "en": ["AU", "CA", "GB", "US"], "es": ["419", "ES", "MX"], "fa": ["AF"],
    "fr": ["CA", "CH"], "hi": ["Latn"], "nl": ["BE"], "pt": ["BR", "PT"], "ro": ["MD"], "sw": ["CD"],
    "zh": ["Hans", "Hant"],
}  # fmt: skip
"""What CLDR has a name of its own for, such as `Brazilian Portuguese` or `简体中文`."""
FEW = 3
"""Languages that are named in a line of a list."""
LISTED = 8
"""Languages that a refusal names; an engine may know a hundred."""


class _Names(Struct, frozen=True, forbid_unknown_fields=True):
    languages: dict[str, tuple[str, str]]
    others: dict[str, str]


NOT_LOOKED_FOR = "The language was not looked for:"
"""How a warning begins that is about a model, whatever the recording."""


def normalize_language(text: str) -> str:
    """Return the code for a code, a name in any language or a tag such as `en-US` or `pt_BR.UTF-8`.

    Three letters that stand for no language with a name here are taken for a code of ISO 639-3, which has thousands.

    Raises:
        LanguageUnknown: none of these; it names the nearest.
    """
    words = " ".join(text[: LONGEST_NAME + 1].lower().split())
    first = re.split(r"[-_.@]", words)[0]
    code = _codes().get(words) or _codes().get(first)
    if code is None and not _THREE_LETTERS.fullmatch(first):
        code = _named(words) if len(text) <= LONGEST_NAME else None
        if code is None:
            raise LanguageUnknown(f"No language is known as {text[:50]!r}.", hint=_advice(words), field="language")
    return code or first


def heard_language(name: str | None) -> str | None:
    """Return the code of what an engine says was spoken: as it says it, where nobody knows such a language."""
    try:
        return normalize_language(name) if name else None
    except LanguageUnknown:
        return name if name and name.isprintable() else None


def language_name(code: str) -> str:
    """Return the English name of a code, or the code itself where it has none here: an engine may know more."""
    found = _names().languages.get(_codes().get(code, code))
    return found[0] if found else code


def names_by_code() -> Mapping[str, str]:
    """Return the English name of each language that has one here, by its code."""
    return {code: name for code, (name, _) in _names().languages.items()}


def languages_in_words(codes: Sequence[str]) -> str:
    """Return what an engine says that a model knows, for a line of a list: a few names, or how many there are."""
    if len(codes) > FEW:
        return f"{len(codes)} languages"
    return ", ".join(map(language_name, codes)) or "any language that its model knows"


def requested_languages(
    options: TranscribeOptions, offered: Collection[str] = (), *, speaker: str = "", detects: bool = True
) -> TranscribeOptions:
    """Return the options with the languages as the engine calls them; the only possible one is chosen.

    Args:
        options: name the languages as a person does.
        offered: the engine's codes for what the model can be asked for; empty: any language.
        speaker: what to call the model in a refusal.
        detects: it can find out which of them is spoken.

    Raises:
        LanguageUnknown: a language is none, or none of those offered.
        OptionUnsupported: only one language is offered, and it is another one; or none is named of several, and
            it cannot detect which.
        InvalidRequest: the language is none of the possible ones.
    """
    possible = [_offered(text, offered, speaker, "languages") for text in options.languages]
    if options.language is None:
        among = possible or list(offered)
        chosen = among[0] if len(among) == 1 else None
        if chosen is None and among and not detects:
            raise OptionUnsupported(
                f"{speaker} cannot find out which language is spoken.",
                hint=f"Name it: {_listed([language_name(own) for own in among])}.",
                field="language",
            )
        return replace(options, language=chosen, languages=tuple(possible))
    language = _offered(options.language, offered, speaker, "language")
    if possible and language not in possible:
        raise InvalidRequest(
            "The language is none of the possible languages.", hint="Leave one of the two out.", field="languages"
        )
    return replace(options, language=language, languages=tuple(possible))


def assumed_language(options: TranscribeOptions, offered: Collection[str], *, speaker: str) -> list[str]:
    """Return what to tell of a language that nobody named and nobody looks for: the model knows no other.

    Args:
        options: as they were asked for.
        offered: as for `requested_languages`.
        speaker: what to call the model.
    """
    if options.language is not None or options.languages or len(offered) != 1:
        return []
    return [f"{NOT_LOOKED_FOR} {speaker} takes all that is said for {language_name(*offered)}."]


def _offered(text: str, offered: Collection[str], speaker: str, field: str) -> str:
    """Return the engine's own code for a language."""
    try:
        code = normalize_language(text)
    except LanguageUnknown as error:
        raise LanguageUnknown(error.message, hint=error.hint, field=field) from error
    if not offered:
        return code
    if text in offered:
        return text
    if (found := next((own for own in offered if normalize_language(own) == code), None)) is not None:
        return found
    names = [language_name(own) for own in offered]
    if len(names) == 1:
        raise OptionUnsupported(f"{speaker} is for {names[0]} only.", hint="Choose another model.", field=field)
    raise LanguageUnknown(
        f"{speaker} does not know the language {language_name(code)}.",
        hint=f"It knows {_listed(names)}.",
        field=field,
    )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{', '.join(names[:LISTED])}{more}"


@cache
def _names() -> _Names:
    return msgspec.toml.decode(_DATA.read_bytes(), type=complete(_Names))


@cache
def _codes() -> Mapping[str, str]:
    """Return the code for each code, and for each name in lower letters."""
    codes = dict(_names().others)
    for code, (name, three_letters) in _names().languages.items():
        codes |= {name.lower(): code, three_letters: code, code: code}
    return codes


def _named(words: str) -> str | None:
    """Return the code for a name in another language, or with an addition: `chinese (simplified)`, `english, us`."""
    if code := _names_elsewhere().get(words):
        return code
    name, *additions = (_name(part.strip()) for part in ADDITION.split(words))
    return None if any(additions) else name  # several names are a list of languages, and not one


def _name(words: str) -> str | None:
    """Return the code for a name, which no code of two or three letters is."""
    if words.isascii() and len(words) <= len("xxx"):
        return None
    return _codes().get(words) or _names_elsewhere().get(words)


@cache
def _names_elsewhere() -> Mapping[str, str]:
    """Return the code for each name that the languages have in other languages, by Unicode's CLDR; takes 0.5 s once."""
    from language_data.names import code_to_names

    codes: dict[str, set[str]] = {}
    for spelt, code in _codes().items():
        if len(spelt) <= len("xxx"):
            for name in code_to_names(spelt).values():
                codes.setdefault(" ".join(name.lower().split()), set()).add(code)
    for code, variants in VARIANTS.items():
        for name in (name for variant in variants for name in code_to_names(f"{code}-{variant}").values()):
            codes.setdefault(" ".join(name.lower().split()), {code})
    return {name: meant.pop() for name, meant in codes.items() if len(meant) == 1}


def _advice(words: str) -> str:
    names = [name for name in _codes() if len(name) > len("xxx")]
    if near := get_close_matches(words, names, cutoff=0.7):
        return f"Did you mean {' or '.join(f'{name} ({_codes()[name]})' for name in near)}?"
    return "Give a code such as en, or leave the language out to have it detected."

"""The languages that Whisper knows, and the code for whatever a person calls one of them.

The list is that of OpenAI's Whisper (whisper/tokenizer.py, LANGUAGES); a test compares it with faster-whisper's.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from orstt_core.errors import InvalidRequest, LanguageUnknown
from orstt_core.types import TranscribeOptions

LANGUAGES = {
    "en": "English",
    "zh": "Chinese",
    "de": "German",
    "es": "Spanish",
    "ru": "Russian",
    "ko": "Korean",
    "fr": "French",
    "ja": "Japanese",
    "pt": "Portuguese",
    "tr": "Turkish",
    "pl": "Polish",
    "ca": "Catalan",
    "nl": "Dutch",
    "ar": "Arabic",
    "sv": "Swedish",
    "it": "Italian",
    "id": "Indonesian",
    "hi": "Hindi",
    "fi": "Finnish",
    "vi": "Vietnamese",
    "he": "Hebrew",
    "uk": "Ukrainian",
    "el": "Greek",
    "ms": "Malay",
    "cs": "Czech",
    "ro": "Romanian",
    "da": "Danish",
    "hu": "Hungarian",
    "ta": "Tamil",
    "no": "Norwegian",
    "th": "Thai",
    "ur": "Urdu",
    "hr": "Croatian",
    "bg": "Bulgarian",
    "lt": "Lithuanian",
    "la": "Latin",
    "mi": "Maori",
    "ml": "Malayalam",
    "cy": "Welsh",
    "sk": "Slovak",
    "te": "Telugu",
    "fa": "Persian",
    "lv": "Latvian",
    "bn": "Bengali",
    "sr": "Serbian",
    "az": "Azerbaijani",
    "sl": "Slovenian",
    "kn": "Kannada",
    "et": "Estonian",
    "mk": "Macedonian",
    "br": "Breton",
    "eu": "Basque",
    "is": "Icelandic",
    "hy": "Armenian",
    "ne": "Nepali",
    "mn": "Mongolian",
    "bs": "Bosnian",
    "kk": "Kazakh",
    "sq": "Albanian",
    "sw": "Swahili",
    "gl": "Galician",
    "mr": "Marathi",
    "pa": "Punjabi",
    "si": "Sinhala",
    "km": "Khmer",
    "sn": "Shona",
    "yo": "Yoruba",
    "so": "Somali",
    "af": "Afrikaans",
    "oc": "Occitan",
    "ka": "Georgian",
    "be": "Belarusian",
    "tg": "Tajik",
    "sd": "Sindhi",
    "gu": "Gujarati",
    "am": "Amharic",
    "yi": "Yiddish",
    "lo": "Lao",
    "uz": "Uzbek",
    "fo": "Faroese",
    "ht": "Haitian Creole",
    "ps": "Pashto",
    "tk": "Turkmen",
    "nn": "Nynorsk",
    "mt": "Maltese",
    "sa": "Sanskrit",
    "lb": "Luxembourgish",
    "my": "Myanmar",
    "bo": "Tibetan",
    "tl": "Tagalog",
    "mg": "Malagasy",
    "as": "Assamese",
    "tt": "Tatar",
    "haw": "Hawaiian",
    "ln": "Lingala",
    "ha": "Hausa",
    "ba": "Bashkir",
    "jw": "Javanese",
    "su": "Sundanese",
    "yue": "Cantonese",
}
"""Code -> English name. `jw` is Whisper's own; the standard's code for Javanese is `jv`."""

OTHER_NAMES = {
    "burmese": "my",
    "castilian": "es",
    "farsi": "fa",
    "filipino": "tl",
    "flemish": "nl",
    "haitian": "ht",
    "mandarin": "zh",
    "moldavian": "ro",
    "moldovan": "ro",
    "panjabi": "pa",
    "pushto": "ps",
    "sinhalese": "si",
    "valencian": "ca",
    # codes that the standards give, or gave, to the same languages
    "cmn": "zh",
    "fil": "tl",
    "in": "id",
    "iw": "he",
    "jv": "jw",
    "nb": "no",
}

_CODES = {name.lower(): code for code, name in LANGUAGES.items()} | OTHER_NAMES | {code: code for code in LANGUAGES}


def normalize_language(text: str) -> str:
    """Return Whisper's code for a code, an English name or a tag such as `en-US` or `pt_BR.UTF-8`.

    Raises:
        LanguageUnknown: none of these; it names the nearest.
    """
    words = " ".join(text.lower().split())
    code = _CODES.get(words) or _CODES.get(re.split(r"[-_.@]", words)[0])
    if code is None:
        raise LanguageUnknown(f"No language is known as {text[:50]!r}.", hint=_advice(words), field="language")
    return code


def possible_languages(options: TranscribeOptions) -> list[str]:
    """Return the codes of the languages that a recording may be in; empty: any.

    Raises:
        LanguageUnknown: one is no language.
    """
    try:
        return [normalize_language(text) for text in options.languages]
    except LanguageUnknown as error:
        raise LanguageUnknown(error.message, hint=error.hint, field="languages") from error


def chosen_language(options: TranscribeOptions) -> str | None:
    """Return the code of the language that was asked for, or of the only possible one; None: it is to be detected.

    Raises:
        LanguageUnknown: it, or a possible one, is no language.
        InvalidRequest: it is none of the possible ones.
    """
    possible = possible_languages(options)
    if options.language is None:
        return possible[0] if len(possible) == 1 else None
    language = normalize_language(options.language)
    if possible and language not in possible:
        raise InvalidRequest(
            "The language is none of the possible languages.", hint="Leave one of the two out.", field="languages"
        )
    return language


def language_name(code: str) -> str:
    """Return the English name of a code, or the code itself where Whisper has none: an engine may know more."""
    return LANGUAGES.get(code, code)


def _advice(words: str) -> str:
    if near := get_close_matches(words, _CODES.keys() - LANGUAGES.keys(), cutoff=0.7):
        return f"Did you mean {' or '.join(f'{name} ({_CODES[name]})' for name in near)}?"
    return "Give a code such as en, or leave the language out to have it detected."

"""What loaded Whisper weights can be asked for: languages, translation, and how many hotwords."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from orstt_core.errors import InvalidRequest, LanguageUnknown, OptionUnsupported
from orstt_core.languages import language_name, requested_languages
from orstt_core.terms import phrases
from orstt_core.text import printable
from orstt_core.types import TranscribeOptions

if TYPE_CHECKING:
    from orstt_core.engines.aligning_model import AligningWhisperModel

HOTWORD_TOKENS = 64
"""Hotwords, text before and text to come share 448 positions; more would cut off what is spoken fast. A common word is
one token, a long compound some eight."""


def fitting_options(name: str, model: AligningWhisperModel, options: TranscribeOptions) -> TranscribeOptions:
    """Return the options as the loaded weights can be asked for them.

    Args:
        name: what to call the model in messages.
        model: the loaded one.
        options: with Whisper's own codes of languages.

    Raises:
        LanguageUnknown: these weights do not know the language.
        OptionUnsupported: they are for English only and another language, or a translation, is asked of them.
        InvalidRequest: there are too many hotwords.
    """
    if options.hotwords:
        _check_hotwords(model, options.hotwords.split())
    if not model.model.is_multilingual:
        return in_english(name, options)
    # The library's own list names languages that only the newest weights know.
    field = "language" if options.language else "languages"
    for code in [options.language] if options.language else options.languages:
        if model.hf_tokenizer.token_to_id(f"<|{code}|>") is None:
            raise LanguageUnknown(
                f"{name} does not know the language {language_name(code)}.",
                hint="Choose a newer model, such as large-v3, or leave the language out to have it detected.",
                field=field,
            )
    return options


def fitting_hotwords(model: AligningWhisperModel, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
    """Return those terms that fit beside the hotwords of a request; one that does not makes way for shorter ones."""
    left = HOTWORD_TOKENS - sum(_tokens(model, phrases(options.hotwords or "")))
    taken = []
    for term in terms:
        if left <= 0:
            break
        [needed] = _tokens(model, [term])
        if needed <= left:
            taken.append(term)
            left -= needed
    return taken


def _tokens(model: AligningWhisperModel, terms: Sequence[str]) -> list[int]:
    """Return how many tokens each term takes among others, with the comma behind it."""
    words = [[f" {word}" for word in f"{term},".split()] for term in terms]
    return [sum(len(model.hf_tokenizer.encode(word, add_special_tokens=False).ids) for word in each) for each in words]


def in_english(name: str, options: TranscribeOptions) -> TranscribeOptions:
    """Return the options as weights for English only can be asked for them.

    Raises:
        OptionUnsupported: another language, or a translation, is asked of them.
    """
    if options.task == "translate":
        raise OptionUnsupported(
            f"{name} is for English only and cannot translate.",
            hint="Choose another model.",
            field="task",
        )
    return replace(requested_languages(options, ["en"], speaker=name), language="en")


def _check_hotwords(model: AligningWhisperModel, words: list[str]) -> None:
    """Refuse more hotwords than fit, and say which of them would.

    Raises:
        InvalidRequest: there are too many.
    """
    # Each begins with its space, as the library joins them: no token reaches over one.
    counts = [len(model.hf_tokenizer.encode(f" {word}", add_special_tokens=False).ids) for word in words]
    total = sum(counts)
    if total <= HOTWORD_TOKENS:
        return
    fitting = sum(1 for so_far in accumulate(counts) if so_far <= HOTWORD_TOKENS)
    last = printable(words[fitting - 1]) if fitting else ""
    raise InvalidRequest(
        f"There are too many words to expect: {len(words)} {'words are' if len(words) > 1 else 'word is'} {total} "
        f"tokens (the pieces of words that the model knows), and {HOTWORD_TOKENS} fit.",
        hint=f"The first {fitting} fit, up to {last!r}: put the most important ones first and leave the others out."
        if fitting
        else "Leave some out, or shorten them.",
        field="hotwords",
    )

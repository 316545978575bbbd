"""What is declared is delivered, and what is not declared is refused and not made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orstt_core.errors import OptionUnsupported
from orstt_core.option_fields import fields_of
from orstt_core.testing.subject import Subject
from orstt_core.testing.violation import NotPromised, Violation, require
from orstt_core.types import Segment, TranscribeOptions

VALUES: Mapping[str, tuple[Any, ...]] = {
    "word_timestamps": (True,),
    "task": ("translate",),
    "initial_prompt": ("A novel by Jane Austen.",),
    "hotwords": ("Dashwood",),
    "vad_threshold": (0.4,),
    "vad_padding_ms": (200,),
    "vad_silence_ms": (1000,),
    "mode": ("fast", "classic"),
    "logprobs": (True,),
    "beam_size": (2,),
    "temperature": ((0.0, 0.2),),
    "languages": (("en", "de"),),
}
"""By option, what it is tried with: no default among them."""


def gives_times_it_declares(subject: Subject) -> None:
    """Segments have times where it declares `segments`, and none where it does not."""
    declared = "segments" in subject.kind.capabilities
    for segment in subject.heard:
        times = segment.start is not None
        require(
            times or not declared,
            f"It declares `segments`, but segment {segment.id} has no times.",
        )
        require(declared or not times, f"Segment {segment.id} has times, but `segments` is not declared.")


def gives_words_it_declares(subject: Subject) -> None:
    """Words have times where it declares `words` and is asked for them, and there are none where it does not."""
    if "words" not in subject.kind.capabilities:
        require(all(segment.words is None for segment in subject.heard), "It gives words, but `words` is not declared.")
        return
    try:
        segments = subject.hear(subject.speech, subject.options(word_timestamps=True))
    except OptionUnsupported as refusal:  # another model of the engine may measure them
        raise NotPromised(str(refusal)) from refusal
    for segment in segments:
        require(segment.words, f"It declares `words`, but segment {segment.id} has none.")
        spelt = "".join(word.word for word in segment.words or ())
        require(
            _letters(spelt) == _letters(segment.text), f"The words of segment {segment.id} are not its text: {spelt!r}"
        )


def honours_options_it_declares(subject: Subject) -> None:
    """Each option that it declares can be used; a model that cannot may refuse it by name."""
    for name, value in _options(subject, declared=True):
        try:
            segments = subject.hear(subject.speech, _with(subject, name, value))
        except OptionUnsupported:
            continue
        except Violation:
            raise
        except Exception as error:
            raise Violation(f"With {name}={value!r} it raises {type(error).__name__}: {error}") from error
        require(segments, f"With {name}={value!r} it hears nothing.")
        _verify_logprobs(name, segments)


def refuses_options_it_does_not_declare(subject: Subject) -> None:
    """Each option that needs what it does not declare is refused by name."""
    for name, value in _options(subject, declared=False):
        try:
            subject.kind.check_options(_with(subject, name, value))
        except OptionUnsupported as error:
            require(error.field == name, f"The refusal of {name} says {error.field or 'nothing'} as its field.")
        else:
            raise Violation(f"It takes {name}={value!r}, which it does not declare.")


def _options(subject: Subject, *, declared: bool) -> list[tuple[str, Any]]:
    capabilities = subject.kind.capabilities
    needs = {field.name: field.needs for field in fields_of(TranscribeOptions) if field.needs}
    wanted = [name for name, capability in needs.items() if (capability in capabilities) is declared]
    return [(name, value) for name in wanted for value in VALUES[name]]


def _with(subject: Subject, name: str, value: Any) -> TranscribeOptions:
    if name != "languages":
        return subject.options(**{name: value})
    value = [code for code in value if subject.understands(code)] or subject.languages[:2]
    return subject.options(language=None, languages=tuple(value))


def _verify_logprobs(name: str, segments: list[Segment]) -> None:
    if name == "logprobs":
        require(all(segment.logprobs for segment in segments), "It declares `logprobs`, but a segment has none.")


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


CHECKS = (
    gives_times_it_declares,
    gives_words_it_declares,
    honours_options_it_declares,
    refuses_options_it_does_not_declare,
)

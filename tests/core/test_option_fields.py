"""What a description says of an option is all that anyone needs to ask for it and to check it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from orstt_core.errors import InvalidRequest, LanguageUnknown
from orstt_core.option_fields import checked_values, explain, fields_of, struct_of, value_of
from orstt_core.types import TranscribeOptions
from orstt_core.types.options import OptionField, described


class Every(Struct, frozen=True, kw_only=True):
    """An option of each kind."""

    text: Annotated[str, Meta(max_length=4, title="A text", description="Some letters.", examples=["abc"])] = "abc"
    whole: Annotated[int, Meta(ge=1, le=8)] = 2
    real: Annotated[Annotated[float, Meta(gt=0, lt=1)] | None, described("Real", "A part.", needs="vad")] = None
    yes: bool = False
    one: Literal["slow", "fast"] = "slow"
    several: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(max_length=3)] = (1, 2)
    spoken: Annotated[str | None, described("Spoken", "What is spoken.", kind="language")] = None


FIELDS = {field.name: field for field in fields_of(Every)}


def test_a_description_survives_the_wire_and_makes_the_same_type_again() -> None:
    sent = msgspec.json.decode(msgspec.json.encode(list(FIELDS.values())), type=list[OptionField])
    assert sent == list(FIELDS.values())
    again = fields_of(struct_of(sent))
    assert [(field.name, field.default, field.limits, field.list_limits, field.choices) for field in again] == [
        (field.name, field.default, field.limits, field.list_limits, field.choices) for field in sent
    ]


def test_titles_and_explanations_come_from_the_description_or_else_from_the_name() -> None:
    assert (FIELDS["text"].title, FIELDS["one"].title) == ("A text", "One")
    assert explain(FIELDS["text"]) == "Some letters. Default: abc."
    assert explain(FIELDS["whole"]) == "1 to 8. Default: 2."
    assert explain(FIELDS["real"]) == "A part. Between 0 and 1."
    assert explain(FIELDS["several"]) == "At least 0. Several are separated by commas. Default: 1, 2."
    assert all(field.description for field in fields_of(TranscribeOptions))


def test_texts_become_values_and_defaults_are_left_out() -> None:
    texts: dict[str, Any] = {"whole": "3", "real": "0.5", "yes": "true", "one": "fast", "several": "4, 5"}
    assert checked_values(FIELDS.values(), texts) == {
        "whole": 3,
        "real": 0.5,
        "yes": True,
        "one": "fast",
        "several": [4, 5],
    }
    assert checked_values(FIELDS.values(), {"whole": 2, "real": "auto", "one": "slow"}) == {}
    assert value_of(FIELDS["spoken"], "German") == "de"
    assert value_of(FIELDS["spoken"], "auto") is None
    [possible] = [field for field in fields_of(TranscribeOptions) if field.name == "languages"]
    assert [value_of(possible, text) for text in ("auto", "auto, German", "")] == [(), ("de",), ()]
    with pytest.raises(LanguageUnknown):
        value_of(FIELDS["spoken"], "Elbonian")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "abcde"),
        ("whole", 0),
        ("whole", "many"),
        ("real", 1.0),
        ("yes", "perhaps"),
        ("one", "stop"),
        ("several", [1, -1]),
        ("several", "1,2,3,4"),
        ("misspelt", 1),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=name) as refusal:
        checked_values(FIELDS.values(), {"yes": True, name: value})
    assert refusal.value.field == name


def test_a_person_may_write_yes_and_no_and_learns_in_plain_words_what_does_not_fit() -> None:
    for text, value in {"yes": True, "On": True, "TRUE": True, "no": False, "OFF": False, "false": False}.items():
        assert value_of(FIELDS["yes"], text) is value
    for name, text, says in [
        ("yes", "perhaps", "it must be true or false"),
        ("whole", "many", "it must be a whole number"),
        ("whole", "0", "it must be at least 1"),
        ("real", "half", "it must be a number"),
        ("real", "1", "it must be less than 1"),
        ("one", "french", "it cannot be 'french', only fast or slow"),
        ("text", "abcde", "it must have at most 4 characters"),
        ("several", "1,2,3,4", "it must have at most 3 items"),
        ("several", "1,-2", "it must be at least 0"),
    ]:
        with pytest.raises(InvalidRequest) as refusal:
            value_of(FIELDS[name], text)
        assert refusal.value.message == f"{name} does not fit: {says}."


def test_what_no_form_could_ask_for_is_no_option() -> None:
    class Nested(Struct):
        inner: Every = Every()

    class Either(Struct):
        value: int | str = 1

    class Needed(Struct):
        value: int

    class NoneAndMore(Struct):
        value: int | None = 3

    accented = msgspec.defstruct("Accented", [("größe", int, 3)])
    for kind in (Nested, Either, Needed, NoneAndMore, accented):
        with pytest.raises(TypeError, match=kind.__name__):
            fields_of(kind)

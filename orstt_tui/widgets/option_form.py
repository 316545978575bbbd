"""OptionForm: fields for options that are described elsewhere; the same for a request's and an engine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from orstt_core.errors import InvalidRequest
from orstt_core.option_fields import AUTO, explain, in_words, value_of
from orstt_core.types.options import OptionField, OptionValue
from orstt_tui.widgets.field import Choice, Field, labelled


class OptionForm(Vertical):
    """One row for an option, and what the focused one is for. What is left empty keeps its default.

    Args:
        fields: the options.
        given: values that are not the defaults.
    """

    def __init__(self, fields: Iterable[OptionField] = (), given: Mapping[str, OptionValue] | None = None) -> None:
        super().__init__(classes="option-form")
        self._fields, self._given = tuple(fields), given or {}

    def compose(self) -> ComposeResult:
        """The rows over the explanation."""
        with VerticalScroll(can_focus=False):
            for field in self._fields:
                yield labelled(field.title, option_control(field, self._given.get(field.name)))
        yield Static(classes="option-explanation muted", markup=False)

    async def show(self, fields: Iterable[OptionField], given: Mapping[str, OptionValue] | None = None) -> None:
        """Show other options, at these values or else their defaults; without any there is nothing to show."""
        self._fields, self._given = tuple(fields), given or {}
        self.display = bool(self._fields)
        await self.recompose()

    def values(self) -> dict[str, OptionValue]:
        """Return the options that are not left at their defaults.

        Raises:
            InvalidRequest: one does not fit; it has the focus then.
        """
        return option_values(self, self._fields)

    @property
    def entered(self) -> dict[str, OptionValue]:
        """What was entered, unchecked, as far as it is not a default; nothing while other options are being shown."""
        entered: dict[str, OptionValue] = {}
        for field in self._fields:
            for control in self.query(f"#{control_id(field)}"):
                if (value := _entered(control, field)) != field.default:
                    entered[field.name] = value
        return entered

    @property
    def differing(self) -> list[str]:
        """What the options that are not left at their defaults are called, whether they fit or not."""
        return [field.title for field in self._fields if _differs(self, field)]

    @on(events.DescendantFocus)
    def _explain(self, event: events.DescendantFocus) -> None:
        named = {control_id(field): field for field in self._fields}
        if field := named.get(event.widget.id or ""):
            self.query_one(".option-explanation", Static).update(explain(field))


def control_id(field: OptionField) -> str:
    """Return the id of the widget that asks for an option."""
    return f"option-{field.name}"


def option_control(field: OptionField, value: OptionValue = None) -> Widget:
    """Return the widget that asks for an option; a value of None is its default."""
    if field.kind in ("flag", "choice"):
        return _select(field, field.default if value is None else value)
    text = "" if value is None else in_words(value)
    placeholder = in_words(field.default) or (AUTO if field.optional and field.kind != "text" else "")
    return Field(text, id=control_id(field), placeholder=placeholder)


def _select(field: OptionField, value: OptionValue) -> Select[str | bool]:
    choices: list[str | bool] = [*field.choices] or [True, False]
    return Choice(
        [(in_words(choice), choice) for choice in choices],
        value=value if isinstance(value, str | bool) else Select.NULL,
        id=control_id(field),
        compact=True,
        allow_blank=field.optional,
        prompt=AUTO,
    )


def fill_control(control: Widget, field: OptionField, value: OptionValue) -> None:
    """Show a value in the widget that asks for an option; None is its default."""
    if isinstance(control, Select):
        shown = field.default if value is None else value
        control.value = shown if isinstance(shown, str | bool) else Select.NULL
    else:
        assert isinstance(control, Input)
        control.value = "" if value is None else in_words(value)


def option_values(form: Widget, fields: Iterable[OptionField]) -> dict[str, OptionValue]:
    """Return what the widgets of a form say of these options, as far as they are not left at their defaults.

    Raises:
        InvalidRequest: one does not fit; it has the focus then.
    """
    values: dict[str, OptionValue] = {}
    for field in fields:
        control = form.query_one(f"#{control_id(field)}", Widget)
        entered = _entered(control, field)
        try:
            value = value_of(field, entered) if isinstance(control, Input) and isinstance(entered, str) else entered
        except InvalidRequest:
            control.focus()
            raise
        if value != field.default:
            values[field.name] = value
    return values


def _entered(control: Widget, field: OptionField) -> OptionValue:
    """Return what a widget holds: a choice, or a text that nobody has looked at; the default where it is empty."""
    if isinstance(control, Select):
        return control.value if isinstance(control.value, str | bool) else None
    assert isinstance(control, Input)
    return control.value.strip() or field.default


def _differs(form: Widget, field: OptionField) -> bool:
    try:
        return bool(option_values(form, [field]))
    except InvalidRequest:
        return True

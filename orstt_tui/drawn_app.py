"""DrawnApp: how the program is drawn: its theme, colours and notices, and what of it goes to the terminal."""

from __future__ import annotations

import logging
import os

from rich.color import ColorSystem
from textual.app import App
from textual.filter import NoColor
from textual.notifications import Notify

from orstt_core.settings import Settings
from orstt_tui.contrast import ContrastFilter, depth_of
from orstt_tui.control_codes import ControlCodeFilter
from orstt_tui.screen_driver import IncrementalDriver, underlines_in_colour
from orstt_tui.screens.dialog import Dialog
from orstt_tui.stylesheet import CachedStylesheet
from orstt_tui.terminal import draws_unicode
from orstt_tui.theme import remember_theme, remembered_theme
from orstt_tui.theme_files import COUNTERPARTS, DARK, LIGHT, SIXTEEN, own_themes, read_themes, themes_folder

logger = logging.getLogger(__name__)


class DrawnApp(App[None], inherit_bindings=False):
    """A program that is drawn for any terminal, near or far."""

    _settings: Settings
    """Set before everything else: the theme is one of them."""

    def __init__(self) -> None:
        super().__init__(driver_class=IncrementalDriver)
        self.set_class(not draws_unicode(), "-typed")
        depth = depth_of(self.console)
        if self.no_color:
            # Textual draws in greys then; who asks for no colour wants the terminal's own two.
            self._filters[:] = [NoColor()]
        else:
            self._filters.append(ContrastFilter(depth, lines=underlines_in_colour()))
        self._filters.append(ControlCodeFilter())
        themes, self._theme_problems = read_themes(themes_folder())
        for theme in (*own_themes(), *themes):
            self.register_theme(theme)
        if "TEXTUAL_THEME" not in os.environ:
            self.theme = self._wanted_theme or (SIXTEEN if depth is ColorSystem.STANDARD else DARK)
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())
        if "TEXTUAL_ANIMATIONS" not in os.environ:
            # Over a slow link an animation is a row of delays.
            self.animation_level = "none"

    @property
    def _wanted_theme(self) -> str:
        """The theme of the settings, or else what was chosen last; empty: neither is there."""
        if (name := self._settings.theme) and name not in self.available_themes:
            problem = f"There is no theme called {name}, which the setting theme names."
            self._theme_problems.append(f"{problem} The command Theme lists all.")
            name = ""
        name = name or remembered_theme()
        return name if name in self.available_themes else ""

    def on_mount(self) -> None:
        """Keep the theme that is chosen from now on, and draw what the shell took away while the program stopped."""
        for problem in self._theme_problems:
            self.notify(problem, severity="warning", markup=False)
        self.theme_changed_signal.subscribe(self, lambda theme: remember_theme(theme.name))
        self.app_resume_signal.subscribe(self, lambda _: self.draw_all())

    def on_resize(self) -> None:
        """Send the whole screen: terminals differ in what they keep of it."""
        self._forget_terminal()

    def on_notify(self, event: Notify) -> None:
        """Leave out a notice from before the dialog that opened meanwhile: it is on its way for a moment."""
        if isinstance(self.screen, Dialog) and event.notification.raised_at < self.screen.opened_at:
            event.prevent_default()

    def draw_all(self) -> None:
        """Send the whole screen to a terminal that somebody else may have written to."""
        self._forget_terminal()
        self.refresh(layout=True)

    def action_toggle_dark(self) -> None:
        """Change between light and dark colours."""
        self.theme = COUNTERPARTS.get(self.theme, LIGHT if self.current_theme.dark else DARK)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return what our stylesheets use and Textual's themes do not have."""
        theme = self.current_theme
        return {
            "frame": "ansi_bright_black" if theme.ansi else f"{theme.to_color_system().generate()['foreground']} 45%"
        }

    def _fatal_error(self) -> None:
        """End the program after an error that nobody handled; where it came from goes to the log.

        Textual would write the values of all variables there too, texts of recordings among them.
        """
        logger.critical("The program ended because of this error.", exc_info=self._exception)
        self.bell()
        self._close_messages_no_wait()

    def _forget_terminal(self) -> None:
        if isinstance(self._driver, IncrementalDriver):
            self._driver.forget()

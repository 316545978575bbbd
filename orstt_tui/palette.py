"""What the palette finds: the commands with their keys, jobs by file name or id, models by name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.screen import ModalScreen

from orstt_core.errors import OrsttError
from orstt_tui.formatting import age, file_name

if TYPE_CHECKING:
    from orstt_tui.offers_commands import OffersCommands

SHORT_ID = 8
"""Characters of an id that tell a person's jobs apart."""
IN_TEXT = 0.1
"""The score of a job in whose text the words stand: behind everything that is called so."""


class _Provider(Provider):
    @property
    def program(self) -> OffersCommands:
        """The app."""
        return cast("OffersCommands", self.app)

    @property
    def _leaves_a_dialog(self) -> bool:
        return isinstance(self.screen, ModalScreen)


class CommandProvider(_Provider):
    """The commands of the focused widget, its screen and the program."""

    async def discover(self) -> Hits:
        """Yield all, the nearest first."""
        for offer in self.program.offers(self.screen):
            yield DiscoveryHit(_beside(Content(offer.name), offer.keys), offer.run, offer.name, offer.what)

    async def search(self, query: str) -> Hits:
        """Yield those that are called so."""
        matcher = self.matcher(query)
        for offer in self.program.offers(self.screen):
            if (score := matcher.match(offer.name)) > 0:
                name = matcher.highlight(offer.name)
                yield Hit(score, _beside(name, offer.keys), offer.run, offer.name, offer.what)


class ModelProvider(_Provider):
    """The configured models."""

    async def search(self, query: str) -> Hits:
        """Yield those that are called so."""
        matcher = self.matcher(query)
        for model in () if self._leaves_a_dialog else self.program.models:
            if (score := matcher.match(model.name)) > 0:
                run = partial(self.program.open_model, model)
                yield Hit(score, _beside(matcher.highlight(model.name), "model"), run, model.name, model.description)


class JobProvider(_Provider):
    """The jobs of the place."""

    async def search(self, query: str) -> Hits:
        """Yield the newest ones whose file is called so, whose id begins so, or whose text has it."""
        matcher = self.matcher(query)
        try:
            found = [] if self._leaves_a_dialog else await self.program.jobs_called(query)
        except OrsttError:  # the commands are there all the same, and the screen says what is wrong with the place
            return
        for job in found:
            name = file_name(job.filename)
            by_id = job.id.startswith(query.lower())
            score = 1.0 if by_id else max(matcher.match(name), IN_TEXT)
            words = query if score == IN_TEXT else ""
            run = partial(self.program.open_job, job.id, words)
            shown = Content(name) if words or by_id else matcher.highlight(name)
            what = f"{job.id[:SHORT_ID]} · {job.state} · {age(job.created_at)}"
            yield Hit(score, _beside(shown, "job"), run, f"{name} {job.id[:SHORT_ID]}", what)


def _beside(name: Content, keys: str) -> Content:
    return Content.assemble(name, ("  ", ""), (keys, "dim")) if keys else name

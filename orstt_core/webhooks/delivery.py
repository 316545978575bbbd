"""Webhooks: sends the notices that the database holds, again and again until somebody took them or it is given up.

The database writes the notice of a job in the statement that ends it. Whoever takes one puts off when it is due next
before it is sent: a process that dies on the way costs a repetition, never a notice.
"""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orstt_core.db.notices import Notice, NoticeStore
from orstt_core.errors import Forbidden, InvalidRequest, OrsttError, SettingsError
from orstt_core.webhooks.signing import message, signing_key

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.settings import Settings
    from orstt_core.webhooks.addresses import AddressPolicy

logger = logging.getLogger(__name__)

RETRY_SECONDS = (5.0, 30.0, 120.0, 600.0, 3600.0, 21_600.0)
"""Seconds after each try that failed; then the notice is given up."""
TIMEOUT_SECONDS = 10.0
"""Time for a whole try."""
POLL_SECONDS = 5.0
"""How often notices are looked for that another process left."""
AT_ONCE = 8


class Webhooks:
    """The notices of one database.

    Args:
        database: must be open while anything is sent.
        settings: give the secret, the private hosts that are allowed, and where notices of drift go.

    Raises:
        SettingsError: the secret is too short, or no notice of drift could go where it should.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._notices = NoticeStore(database)
        self._key = signing_key(settings.webhook_secret) if settings.webhook_secret else b""
        self._allowed = settings.webhook_hosts
        self._wake = asyncio.Event()
        if settings.drift_webhook:
            self._check_setting(settings.drift_webhook)

    def check(self, url: str) -> None:
        """Refuse an address that no notice would be sent to.

        Raises:
            InvalidRequest: it is none, or this server sends no notices.
            Forbidden: it is private.
        """
        if not self._key:
            raise InvalidRequest(
                "This server sends no notices.", hint="Set ORSTT_WEBHOOK_SECRET on it.", field="callback_url"
            )
        self._policy.check(url)

    def _check_setting(self, url: str) -> None:
        try:
            self.check(url)
        except (InvalidRequest, Forbidden) as error:
            raise SettingsError(
                f"No notice can go where the setting drift_webhook says: {error.message}",
                hint=error.hint,
                field="drift_webhook",
            ) from error

    async def add(self, url: str, body: bytes) -> None:
        """Inside a transaction: leave a notice that is of no job; `wake` sends it once that is over.

        Args:
            url: where it goes; `check` allowed it.
            body: the JSON to send.
        """
        await self._notices.add(url, body.decode())

    def wake(self) -> None:
        """Look for notices now."""
        self._wake.set()

    async def run(self) -> None:
        """Send what is due, for ever."""
        while self._key:
            self._wake.clear()
            try:
                due = await self._notices.claim(AT_ONCE, retry_delay=_retry_delay)
                await asyncio.gather(*(self._deliver(notice) for notice in due))
            except OrsttError as error:
                due = []
                logger.info("Notices cannot be sent now: %s", error.message)
            except Exception:
                due = []
                logger.exception("Notices could not be sent; it is tried again.")
            if not due:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def _deliver(self, notice: Notice) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reason = await self._send(notice)
        except TimeoutError:
            reason = "there was no answer in time"
        except OrsttError as error:
            reason = error.message
        except Exception as error:  # noqa: BLE001 - what a network may raise has no end
            reason = f"{type(error).__name__}"
        last = notice.tries + 1 >= len(RETRY_SECONDS)
        await self._notices.record(notice, reason, ended=not reason or last)
        if reason and last:
            what = f"of job {notice.job}" if notice.job else "that a model does worse"
            logger.warning("The notice %s is given up: %s.", what, reason)

    async def _send(self, notice: Notice) -> str:
        """Send a notice; return why it was not taken, or nothing."""
        import httpcore2

        from orstt_core.checked_network import AsyncCheckedNetwork

        headers, body = message(notice, self._key)
        headers["host"] = urlsplit(notice.url).netloc
        secure = notice.url.startswith("https:")
        context = await asyncio.to_thread(ssl.create_default_context) if secure else None
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=context, network_backend=AsyncCheckedNetwork(self._policy)
            ) as pool,
            # Its body is nothing to us, and could be without end. Redirects are not followed.
            pool.stream("POST", notice.url, headers=list(headers.items()), content=body) as answer,
        ):
            return "" if answer.status // 100 == 2 else f"the answer was {answer.status}"  # noqa: PLR2004 - HTTP's

    async def given_up(self) -> int:
        """Return how many of the notices that are still kept nobody took."""
        return await self._notices.undelivered()

    @property
    def _policy(self) -> AddressPolicy:
        from orstt_core.webhooks.addresses import AddressPolicy

        return AddressPolicy(self._allowed)


def _retry_delay(tries: int) -> float:
    # Spread a little, so that a receiver that comes back is not met by all at once.
    return RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1] * random.uniform(1, 1.2)  # noqa: S311 - no secret

"""What can go wrong while weights are fetched, in words for people: no secret, and what to type next."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from orstt_core.addresses import is_loopback, without_credentials
from orstt_core.disk import FULL, why_not
from orstt_core.errors import OrsttError, WeightsError, WeightsNotFound
from orstt_core.proxies import no_socks_proxy, proxy_hint
from orstt_core.text import readable_bytes
from orstt_core.weights.attempts import LONGEST_WAIT, RetryLater
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.location import described, ways

_DISK = {*FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}
_CREDENTIALS = re.compile(r"(?<=//)[^/\s@]+@")
"""Name and password in an address."""


@contextmanager
def fetch_errors(weights_format: WeightsFormat, repository: Repository, address: str) -> Iterator[None]:
    """Raise what goes wrong inside as an error for people.

    Args:
        weights_format: the format of the files.
        repository: what is fetched.
        address: from where.
    """
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.utils import logging as hub_logging

    # Its warnings would stand among our own lines; what goes wrong is raised anyway.
    hub_logging.set_verbosity(logging.ERROR)
    shown = without_credentials(address)
    try:
        yield
    except OrsttError:
        raise
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise WeightsNotFound(
            f"The hub at {shown} has no model {repository.repo or repository.name} that may be read from here.",
            hint="Check the name. A private model needs a token, in ORSTT_HUB_TOKEN or a file that "
            "ORSTT_HUB_TOKEN_FILE names.",
        ) from error
    except Exception as error:  # what the library's HTTP client raises has changed with each major version
        if isinstance(error, OSError) and error.errno in _DISK:
            raise _not_stored(weights_format, repository, error) from error
        direct = is_loopback(urlsplit(address).hostname)
        raise WeightsNotFound(
            f"{described(weights_format, repository)} could not be fetched from {shown}: "
            f"{_reason(error, address)}.{'' if direct else proxy_hint(address)}",
            hint="Try again when there is a network, or do one of these: "
            + ways(weights_format, repository, fetch=False),
        ) from error


def _not_stored(weights_format: WeightsFormat, repository: Repository, error: OSError) -> WeightsError:
    place, variable = ("the hub's cache", "HF_HUB_CACHE") if repository.repo else ("the cache", "ORSTT_CACHE_DIR")
    disk = weights_format.disk(repository)
    size = f"{readable_bytes(disk)} must be free, and it" if disk else "It"
    return WeightsError(
        f"{repository.name} cannot be stored in {place}: {why_not(error)}.",
        hint=f"{size} must be writable: `orstt doctor` names it, {variable} another folder.",
    )


def _reason(error: Exception, address: str) -> str:
    from socksio import ProtocolError

    if isinstance(error, ProtocolError):
        return no_socks_proxy(address)
    if isinstance(error, RetryLater):
        return f"{error} again and again" if (error.wait or 0) <= LONGEST_WAIT else _asked_to_wait(error)
    said = next(filter(None, str(error).splitlines()), type(error).__name__)
    return _CREDENTIALS.sub("", said).rstrip(".")


def _asked_to_wait(answer: RetryLater) -> str:
    return f"{answer} and asks to wait for {(answer.wait or 0) / 60:.0f} minutes"

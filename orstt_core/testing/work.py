"""What the host asks of the child process that checks an engine."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.testing.subject import Configuration


class CheckWork(Struct, frozen=True, kw_only=True):
    """One check to make.

    Attributes:
        check: its name.
        configuration: of what; the same as long as the child lives.
        import_path: the host's `sys.path`, so that the child finds what the host finds.
    """

    check: str
    configuration: Configuration
    import_path: list[str]

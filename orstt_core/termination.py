"""Which signals ask a process to end in order, so that what it began is handed back and nothing is left behind."""

from __future__ import annotations

import signal


def termination_signals() -> tuple[signal.Signals, ...]:
    """Return SIGTERM, and SIGHUP, which a terminal sends that is closed, unless `nohup` has it ignored."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return (signal.SIGTERM,) if ignored else (signal.SIGTERM, signal.SIGHUP)

"""The child process that checks an engine: `python -m orstt_core.testing.child`. Its host's end is `runner`.

A crash or a hang of the engine costs the check that was being made, as in the program it costs one job.
"""

from __future__ import annotations

import os
import sys
import time
import traceback

from orstt_core.errors import OrsttError
from orstt_core.runtime.child_setup import set_up_child
from orstt_core.runtime.frames import HEADER, decode, encode
from orstt_core.testing.checks import CHECKS
from orstt_core.testing.report import Result
from orstt_core.testing.subject import Subject
from orstt_core.testing.violation import NotPromised, Violation
from orstt_core.testing.work import CheckWork
from orstt_core.types.models import Outcome


def result_of(check: str, subject: Subject) -> Result:
    """Make a check and return what became of it, whatever the engine raises."""
    began = time.perf_counter()
    outcome, reason = _outcome(check, subject)
    seconds = time.perf_counter() - began
    return Result(check=check, promise=CHECKS[check].promise, outcome=outcome, reason=reason, seconds=seconds)


def _outcome(check: str, subject: Subject) -> tuple[Outcome, str]:
    try:
        CHECKS[check].run(subject)
    except NotPromised as reason:
        return "skipped", str(reason)
    except (Violation, OrsttError) as error:
        return "failed", str(error)
    except BaseException as error:  # noqa: BLE001 - an engine may raise anything, and ask the interpreter to end
        return "failed", f"{type(error).__name__}: {error} ({_place(error)})"
    return "passed", ""


def _place(error: BaseException) -> str:
    """Return where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{os.path.basename(frame.filename)}, line {frame.lineno}"  # noqa: PTH119 - a frame may have no file


def main() -> None:
    """Make checks until the host closes its end."""
    incoming, outgoing = set_up_child()
    subject: Subject | None = None
    while header := incoming.read(HEADER.size):
        length, number = HEADER.unpack(header)
        work = decode(incoming.read(length), CheckWork)
        sys.path[:] = work.import_path
        subject = subject or Subject(work.configuration)
        outgoing.write(encode(result_of(work.check, subject), number))
        outgoing.flush()
    # Without the interpreter's farewell: native libraries crash in it now and then, and all is said.
    os._exit(0)


if __name__ == "__main__":
    main()

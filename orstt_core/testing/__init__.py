"""The conformance kit: what an engine promises, as checks that any engine can be put to.

    report = check("whisper", "base")
    assert report.ok, report.text()

On the command line: `python -m orstt_core.testing whisper base`. docs/engines.md walks through it.
"""

from orstt_core.testing.checks import CHECKS
from orstt_core.testing.report import Report, Result
from orstt_core.testing.runner import check

__all__ = ["CHECKS", "Report", "Result", "check"]

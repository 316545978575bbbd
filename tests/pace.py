"""What whoever works on jobs waits for seconds in earnest, made short for tests."""

from orstt_core.jobs.pace import Pace
from orstt_core.jobs.retry_policy import RetryPolicy

QUICK = Pace(
    heartbeat=0.1,
    poll=0.2,
    follow=0.05,
    checkpoint=0.05,
    gather=0.01,
    retry_write=0.01,
    confirm=0.05,
    retry=RetryPolicy(storage_full=0.05),
)

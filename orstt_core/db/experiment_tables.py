"""The tables of experiments, for Piccolo's queries; see `orstt_core.db.tables`."""

from __future__ import annotations

from piccolo.columns import DoublePrecision, Integer, Serial, Text, Timestamptz, Varchar
from piccolo.table import Table


class ExperimentRow(Table, tablename="experiment"):
    """An experiment. What stands as JSON: `draft`, and in `setups` what both models were when it began."""

    id = Varchar(length=16, primary_key=True)
    name = Text()
    created_at = Timestamptz()
    created_by = Text()
    draft = Text()
    setups = Text()
    state = Varchar(length=10)
    cause = Varchar(length=10)
    reason = Text()
    changed_at = Timestamptz()
    spent = DoublePrecision(default=0.0)


class ObservationRow(Table, tablename="experiment_observation"):
    """A recording that takes part. Figures are JSON; `loss` is 0 for the best text and 1 for the worst.

    `arm` says which model heard it, where it was one of both; `observed_at` when both losses, or that of the arm, were
    known.
    """

    number = Serial(primary_key=True)
    experiment = Varchar(length=16)
    digest = Varchar(length=69)
    at = Timestamptz()
    arm = Varchar(length=1, null=True, default=None)
    state = Varchar(length=10)
    figures_a = Text(null=True, default=None)
    figures_b = Text(null=True, default=None)
    loss_a = DoublePrecision(null=True, default=None)
    loss_b = DoublePrecision(null=True, default=None)
    observed_at = Timestamptz(null=True, default=None)


class ExperimentJobRow(Table, tablename="experiment_job"):
    """The job that a recording came with, and what the second model made of it, as JSON.

    `recording` is set as long as that is still to be transcribed; `worker` has it until `lease_until`.
    `compared_version` is that of the job's corrected transcript that both were compared with.
    """

    observation = Integer(primary_key=True)
    job = Integer()
    recording = Varchar(length=69, null=True, default=None)
    worker = Text()
    lease_until = Timestamptz(null=True, default=None)
    transcript = Text(null=True, default=None)
    compared_version = Integer(default=0)


class JudgementRow(Table, tablename="experiment_judgement"):
    """What a person said of a pair: which arm, or neither; and which one they saw on the left."""

    observation = Integer(primary_key=True)  # together with the person; Piccolo knows keys of one column only
    person = Text()
    at = Timestamptz()
    choice = Varchar(length=10)
    left = Varchar(length=1)

"""Library + pins + record + dates → lineups, with the reason for each choice; the same on any machine."""

from pixeldigest.schedule.lineup import (
    Choice,
    Conflict,
    Day,
    Decision,
    Lineup,
    NoIssue,
    Omission,
    Rejected,
    Review,
    RunnerUp,
)
from pixeldigest.schedule.plan import explain_day, plan_days, plan_lineup
from pixeldigest.schedule.review import refuse_pin
from pixeldigest.schedule.rules import GIVES_WAY

__all__ = [
    "GIVES_WAY",
    "Choice",
    "Conflict",
    "Day",
    "Decision",
    "Lineup",
    "NoIssue",
    "Omission",
    "Rejected",
    "Review",
    "RunnerUp",
    "explain_day",
    "plan_days",
    "plan_lineup",
    "refuse_pin",
]

"""Issues + channels + ledger → receipts: the record is written, and each channel gets each issue exactly once."""

from pixeldigest.publish.due import Asked, Due, Job, Standing, first_day_of, plan_jobs
from pixeldigest.publish.lock import publishing_alone
from pixeldigest.publish.record import Recording, last_due_day, record_due_days, record_line, record_lineup

__all__ = [
    "Asked",
    "Due",
    "Job",
    "Recording",
    "Standing",
    "first_day_of",
    "last_due_day",
    "plan_jobs",
    "publishing_alone",
    "record_due_days",
    "record_line",
    "record_lineup",
]

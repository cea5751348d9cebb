"""API calls of jobs, for the tests of the queue."""

from processors.executor.jobs.job import Job
from processors.model.plan import ApiCall, CallRow, StepRef
from processors.model.requests import Write


def call_of(*jobs: Job, claims: tuple[str, ...] = (), call_id: str = "call:1", until: float = 600.0) -> ApiCall:
    """Return a call with one row of each job; a copy of it may land *until* then."""
    rows = tuple(CallRow((StepRef(job.id, 0),), Write("update", "Lead", record_id=f"L{job.id}")) for job in jobs)
    return ApiCall(call_id, "write", rows, claims, 0.0, 5.0, until)

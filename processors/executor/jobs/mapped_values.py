"""
What an integration maps for a command, by the object that it is written to.

In: a job.  Out: values by object and mapped name.  Pure.
Rule of this file: who asks the org and who decides read the same values.
"""

from collections.abc import Mapping

from processors.deciding.activity import activity_object
from processors.executor.jobs.job import Job
from processors.integration.model import OBJECTS
from processors.sources.registry import source_of
from schemas.values import Scalar


def mapped_values(job: Job) -> dict[str, Mapping[str, Scalar]]:
    """Return the values that the integration maps for the command, by object and mapped name."""
    command, settings = job.command, job.settings
    if settings is None:
        return {}
    activity = source_of(command.contract).related.activity(command, job.call, settings)
    people = {kind.title(): getattr(command, kind) for kind in OBJECTS if kind != "activity"}
    return {**people, activity_object(settings, command): activity}

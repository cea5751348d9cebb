"""
The executor's life in its consumer group: sessions that follow one another.

In: what the wiring gives.  Out: nothing; it returns when the process is told to stop.
Rule of this file: what ends a session is told in one line; a process whose name another one has ends with it.
"""

import random

import structlog
from confluent_kafka import KafkaException

from processors.executor.dependencies import SessionDependencies
from processors.executor.session.publish import Expelled, ProducerFenced
from processors.executor.session.session import Session
from processors.executor.session.unassigned import NoOwner
from processors.model.backoff import Backoff

log = structlog.get_logger()

REJOIN = Backoff(base=0.3, cap=5.0, jitter=random.random)


def run_executor(deps: SessionDependencies) -> None:
    """
    Run until `stopping`: sessions with the group follow one another; what ends one is told in one line.

    Raises:
        Fenced: Another process has this one's name.
    """
    tries = rejoins = 0
    while not deps.stopping():
        session = Session(deps, rejoins)
        try:
            session.run()
            return
        except (Expelled, KafkaException) as error:
            tries += 1
            rejoins += isinstance(error, NoOwner)
            if isinstance(error, ProducerFenced):
                session.look_for_namesake()
            log.warning("the session with Kafka ended; beginning anew", why=str(error))
        finally:
            session.close()
        deps.beat(False)
        deps.sleep(REJOIN.delay(tries))

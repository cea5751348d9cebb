"""
Pause: a topic of which too much cannot be read, or whose next event nobody can route, waits; no other topic does.

In: the error of `Forwarder.batch`, a way to ask what was accepted.  Out: the accepted offsets, once there are new ones.
A topic whose event may belong to a faulty integration file waits until the process starts anew with a good one.
Rule of this file: while a topic is paused, its batch is neither passed nor sent; asking again costs one request.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from processors.intake.forward import Forwarder, Message, Send, TooManyDeadLetters
from processors.intake.route import IntegrationUnknown
from processors.model.errors import Transient
from processors.model.ports import Metrics

log = logging.getLogger("signalbox.intake")

ASK_SECONDS = 2.0

AcceptedOffsets = Callable[[str], Mapping[int, int]]
"""The accepted offset of each partition of a topic (as Kafka names it); may raise `Transient`."""


class PausingForwarder:
    """Forwards the batches of one topic; `paused` while it waits for the operator."""

    def __init__(
        self,
        forwarder: Forwarder,
        accepted: AcceptedOffsets,
        metrics: Metrics,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        leave_if_told: Callable[[], None] = lambda: None,
    ) -> None:
        """*leave_if_told* ends the process where it is told to stop: Faust would wait for the batch, and pass it."""
        self._forwarder = forwarder
        self._accepted = accepted
        self._metrics = metrics
        self._sleep = sleep
        self._leave_if_told = leave_if_told
        self.paused = False

    async def batch(self, messages: list[Message], send: Send) -> None:
        """
        Forward *messages*; wait where too much of the topic cannot be read, or an integration is not known.

        While something outside does not answer (a schema registry), the batch waits and is tried again.
        """
        while True:
            try:
                await self._forwarder.batch(messages, send)
            except TooManyDeadLetters as error:
                self._forwarder.accept(await self._until_accepted(error))
            except IntegrationUnknown as error:
                await self._until_settings_change(messages[0].where.topic, error)
            except Transient as error:
                log.warning("%s; the batch waits", error.reason)
                self.paused = True
                self._leave_if_told()
                await self._sleep(error.retry_after or ASK_SECONDS)
            else:
                self.paused = False
                return

    async def _until_accepted(self, error: TooManyDeadLetters) -> Mapping[int, int]:
        where = error.where
        accepted = await self._ask(where.topic)
        if accepted.get(where.partition, 0) <= where.offset:
            log.critical("topic is paused, all others go on: %s", error)
            self._tell(where.topic, True)
        while accepted.get(where.partition, 0) <= where.offset:
            self._leave_if_told()
            await self._sleep(ASK_SECONDS)
            accepted = await self._ask(where.topic)
        if self.paused:
            log.warning("topic %s goes on: its dead letters are accepted", where.topic)
        self._tell(where.topic, False)
        return accepted

    async def _until_settings_change(self, topic: str, error: IntegrationUnknown) -> None:
        """Wait for ever: the integrations of a process are those of its start."""
        log.critical(
            "topic %s is paused, all others go on: %s; mend the file, it is read again by itself", topic, error
        )
        self._tell(topic, True)
        while True:
            self._leave_if_told()
            await self._sleep(ASK_SECONDS)

    async def _ask(self, topic: str) -> Mapping[int, int]:
        try:
            return await asyncio.to_thread(self._accepted, topic)
        except Transient as error:
            log.warning("%s; asked again", error.reason)
            return {}

    def _tell(self, topic: str, paused: bool) -> None:
        self.paused = paused
        self._metrics.gauge("topic_paused", float(paused), topic=topic)

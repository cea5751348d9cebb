"""
Kafka settings → librdkafka's configuration; Faust's arguments are in `faust_options.py`.

In: bootstrap servers and the options that a settings file passes through (TLS, SASL). Out: plain dictionaries.
Rule of this file: pure; what delivery rests on is set here and cannot be overridden.
"""

import difflib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from processors.model.errors import Misconfigured

SESSION_TIMEOUT_MS = 10_000
"""How soon the group gives a dead member's partitions to others; a static member that returns sooner keeps them."""

PROTOCOLS = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
OPTIONS = (
    "client.id",
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
)
"""The options that both clients know, by librdkafka's names. Another would reach one client alone, so it is a fault."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """
    How to reach Kafka: `bootstrap` is `host:port,...`; `options` are those of `OPTIONS`.

    `instance` makes this process a static member (`group.instance.id`); None on the embedded broker, which has none.
    """

    bootstrap: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    instance: str | None = None


def option_faults(options: Mapping[str, str]) -> list[str]:
    """Return one line for each option that is unknown or has an impossible value; no line shows a value of a secret."""
    faults = [f"Kafka option {name!r} is unknown{_did_you_mean(name)}" for name in options if name not in OPTIONS]
    protocol = options.get("security.protocol", "plaintext")
    if protocol.lower() not in PROTOCOLS:
        faults.append(f"Kafka option 'security.protocol' is {protocol!r}; choose one of {', '.join(PROTOCOLS)}")
    if protocol.lower().startswith("sasl"):
        faults += [f"Kafka option {name!r} is missing, which {protocol} needs" for name in _missing_sasl(options)]
        # librdkafka's own default is GSSAPI, Faust's is PLAIN: both must be told.
        named = mechanism(options)
        if named not in MECHANISMS:
            faults.append(
                f"Kafka option 'sasl.mechanism' is {named or 'missing'}; choose one of {', '.join(MECHANISMS)}"
            )
    if ("ssl.certificate.location" in options) != ("ssl.key.location" in options):
        faults.append("Kafka options 'ssl.certificate.location' and 'ssl.key.location' belong together; one is missing")
    return faults


LIBRDKAFKA = logging.getLogger("librdkafka")
"""Where librdkafka's own lines go: into the logs of a process, and nowhere for whoever runs one command."""
LIBRDKAFKA.addHandler(logging.NullHandler())


def admin_config(kafka: KafkaSettings) -> dict[str, Any]:
    """Return librdkafka's configuration for what is neither consumer nor producer."""
    faults = option_faults(kafka.options)
    if faults:
        raise Misconfigured(faults)
    return {**kafka.options, "bootstrap.servers": kafka.bootstrap, "logger": LIBRDKAFKA}


def consumer_config(kafka: KafkaSettings, group: str) -> dict[str, Any]:
    """
    Return the configuration of a group's consumer: offsets move only by our own commits, only committed messages show.

    A missing offset is an error, never a silent jump to an end of the topic (design section 3, point 11).
    """
    config = {
        **admin_config(kafka),
        "group.id": group,
        "group.protocol": "classic",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": SESSION_TIMEOUT_MS // 4,
        "allow.auto.create.topics": False,
    }
    return config if kafka.instance is None else {**config, "group.instance.id": f"{group}-{kafka.instance}"}


def producer_config(kafka: KafkaSettings) -> dict[str, Any]:
    """Return the configuration of a producer whose messages are stored on all replicas, once and in order."""
    return {**admin_config(kafka), "acks": "all", "enable.idempotence": True, "linger.ms": 2, "compression.type": "lz4"}


def transactional_config(kafka: KafkaSettings, transactional_id: str, timeout_ms: int = 60_000) -> dict[str, Any]:
    """Return the configuration of a transactional producer; a newer one with the same ID fences it."""
    return {
        **producer_config(kafka),
        "transactional.id": transactional_id,
        "transaction.timeout.ms": timeout_ms,
    }


def mechanism(options: Mapping[str, str]) -> str:
    """Return the SASL mechanism that the options name by either of its two names, or an empty text."""
    return options.get("sasl.mechanism") or options.get("sasl.mechanisms", "")


def _missing_sasl(options: Mapping[str, str]) -> list[str]:
    return [name for name in ("sasl.username", "sasl.password") if not options.get(name)]


def _did_you_mean(name: str) -> str:
    close = difflib.get_close_matches(name, OPTIONS, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(OPTIONS)}"

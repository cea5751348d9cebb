"""
Kafka settings → what the two clients take: librdkafka's configuration, and Faust's (aiokafka's) arguments.

In: bootstrap servers and the options that a settings file passes through (TLS, SASL). Out: plain dictionaries.
Rule of this file: pure, except that certificates are read; what delivery rests on is set here and cannot be overridden.
"""

import difflib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faust.auth import SASLCredentials, SSLCredentials

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
        mechanism = _mechanism(options)
        if mechanism not in MECHANISMS:
            faults.append(
                f"Kafka option 'sasl.mechanism' is {mechanism or 'missing'}; choose one of {', '.join(MECHANISMS)}"
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


def faust_broker(bootstrap: str) -> str:
    """Return bootstrap servers as Faust takes them: `kafka://host:port`, joined by semicolons."""
    return ";".join(f"kafka://{server.strip()}" for server in bootstrap.split(",") if server.strip())


def faust_options(options: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the arguments of `faust.App` that say the same as *options* say to librdkafka.

    Raises:
        Misconfigured: An option is unknown or impossible, or a certificate cannot be read.
    """
    faults = option_faults(options)
    if faults:
        raise Misconfigured(faults)
    arguments: dict[str, Any] = {}
    if "client.id" in options:
        arguments["broker_client_id"] = options["client.id"]
    protocol = options.get("security.protocol", "plaintext").lower()
    context = _ssl_context(options) if protocol.endswith("ssl") else None
    if protocol.startswith("sasl"):
        arguments["broker_credentials"] = SASLCredentials(
            username=options["sasl.username"],
            password=options["sasl.password"],
            mechanism=_mechanism(options),
            ssl_context=context,
        )
    elif context is not None:
        arguments["broker_credentials"] = SSLCredentials(context)
    return arguments


def _ssl_context(options: Mapping[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=options.get("ssl.ca.location"))
        if "ssl.certificate.location" in options:
            certificate, key = options["ssl.certificate.location"], options["ssl.key.location"]
            context.load_cert_chain(certificate, key, options.get("ssl.key.password"))
    except (OSError, ssl.SSLError) as error:
        names = [options[name] for name in options if name.startswith("ssl.") and name.endswith(".location")]
        raise Misconfigured([f"Kafka's TLS files cannot be used ({', '.join(names)}): {error}"]) from error
    context.check_hostname = options.get("ssl.endpoint.identification.algorithm", "https") != "none"
    return context


def _mechanism(options: Mapping[str, str]) -> str:
    return options.get("sasl.mechanism") or options.get("sasl.mechanisms", "")


def _missing_sasl(options: Mapping[str, str]) -> list[str]:
    return [name for name in ("sasl.username", "sasl.password") if not options.get(name)]


def _did_you_mean(name: str) -> str:
    close = difflib.get_close_matches(name, OPTIONS, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(OPTIONS)}"

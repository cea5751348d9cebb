"""
Kafka settings → the arguments of Faust, which reads through aiokafka.

In: bootstrap servers and options by librdkafka's names. Out: keyword arguments of `faust.App`.
Rule of this file: certificates are read, nothing else; only the intake loads it, since Faust takes long to load.
"""

import ssl
from collections.abc import Mapping
from typing import Any

from faust.auth import SASLCredentials, SSLCredentials

from connectors.kafka.options import mechanism, option_faults
from processors.model.errors import Misconfigured


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
            mechanism=mechanism(options),
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

"""
The codec of an installation.

Rule of this file: nothing but the choice; the registry's client is loaded only where a registry is set.
"""

from schemas.codec import Codec, SingleObject
from signalbox.settings import Settings


def open_codec(settings: Settings) -> Codec:
    """Return the codec: Confluent's wire format where a registry is set, single-object encoding otherwise."""
    section = settings.registry
    if section is None:
        return SingleObject()
    config = {"url": section.url}
    if section.username and section.password:
        config["basic.auth.user.info"] = f"{section.username}:{section.password.get_secret_value()}"
    if section.ca_file is not None:
        config["ssl.ca.location"] = section.ca_file
    if section.proxy is not None:
        config["proxy"] = section.proxy.get_secret_value()
    from confluent_kafka.schema_registry import SchemaRegistryClient

    from connectors.kafka.registry import ConfluentCodec

    return ConfluentCodec(SchemaRegistryClient(config))

"""The contract `change`, for the registry: no source topic, its commands are made inside."""

from processors.integration.model import Integration
from processors.sources.salesforce_change.decide import decide_gone
from processors.sources.salesforce_change.words import WORDS
from processors.sources.source import Event, Source

SOURCE: Source[Event] = Source("change", Integration, decide_gone, words=WORDS)

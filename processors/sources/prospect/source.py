"""The contract `prospect`, for the registry."""

from processors.sources.prospect.decide import decide_prospect
from processors.sources.prospect.mapping import MAPPING
from processors.sources.prospect.reader import READER
from processors.sources.prospect.rules import TABLES
from processors.sources.prospect.settings import ProspectIntegration
from processors.sources.prospect.trigger import TRIGGER
from processors.sources.prospect.words import WORDS
from processors.sources.source import Source

SOURCE = Source("prospect", ProspectIntegration, decide_prospect, READER, TRIGGER, MAPPING, rules=TABLES, words=WORDS)

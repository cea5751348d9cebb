"""The contract `pbx_call_event`, for the registry."""

from processors.sources.pbx_call.activity import mapped_activity
from processors.sources.pbx_call.decide import decide_call, effects, source_states
from processors.sources.pbx_call.mapping import MAPPING
from processors.sources.pbx_call.reader import READER
from processors.sources.pbx_call.rules import TABLES
from processors.sources.pbx_call.settings import PbxCallIntegration
from processors.sources.pbx_call.trigger import TRIGGER
from processors.sources.pbx_call.words import WORDS
from processors.sources.source import Related, Source

SOURCE = Source(
    "pbx_call_event",
    PbxCallIntegration,
    decide_call,
    READER,
    TRIGGER,
    MAPPING,
    Related(source_states=source_states, effects=effects, activity=mapped_activity),
    TABLES,
    words=WORDS,
)

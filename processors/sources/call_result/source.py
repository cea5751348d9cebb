"""The contract `call_result`, for the registry."""

from processors.sources.call_result.activity import effects
from processors.sources.call_result.decide import decide_call_result
from processors.sources.call_result.mapping import MAPPING
from processors.sources.call_result.reader import READER
from processors.sources.call_result.settings import CallResultIntegration
from processors.sources.call_result.trigger import TRIGGER
from processors.sources.call_result.words import WORDS
from processors.sources.source import Related, Source

SOURCE = Source(
    "call_result",
    CallResultIntegration,
    decide_call_result,
    READER,
    TRIGGER,
    MAPPING,
    Related(effects=effects),
    words=WORDS,
)

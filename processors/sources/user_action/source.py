"""The contract `user_action`, for the registry."""

from processors.deciding.source_record import prospect_states, resumed
from processors.integration.model import Integration
from processors.sources.source import Related, Source
from processors.sources.user_action.decide import decide_by_hand, effects
from processors.sources.user_action.mapping import MAPPING
from processors.sources.user_action.reader import READER
from processors.sources.user_action.rules import TABLES
from processors.sources.user_action.trigger import TRIGGER
from processors.sources.user_action.words import WORDS

SOURCE = Source(
    "user_action",
    Integration,
    decide_by_hand,
    READER,
    TRIGGER,
    MAPPING,
    Related(prospect_states, resumed=resumed, effects=effects, names_record=True, owned=True),
    TABLES,
    words=WORDS,
)

"""
Which text of each integration file runs: the file's own where it is good, else the last good one.

In: the files as they are, the last good text of each. Out: the integrations that run, and which files are faulty.
Rule of this file: pure; a file that is wrong changes nothing for the others, and nothing for itself where a good text
of it is known. Of two files that contradict each other, the one that changed last is the faulty one (VS-4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from processors.integration.catalog import Integrations
from processors.sources.load import Fault, IntegrationFile, inspect_integrations, recipients_of_text, sources_of


@dataclass(frozen=True, slots=True)
class FaultyFile:
    """
    A file whose text does not run: its faults, one line each, and whether its last good text runs instead.

    Where none runs, `sources` are those that the file may belong to: what nobody else wants of them is not known.
    `recipients` are those of its last good text, else those that the faulty text names; `digest` is that of the faulty
    text, with that of the good one.
    """

    name: str
    faults: tuple[str, ...]
    last_good: bool
    sources: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    digest: str = ""

    @property
    def meanwhile(self) -> str:
        """What goes on until it is mended, in words."""
        return "its last good text runs" if self.last_good else "no good text of it is known: its source waits"


@dataclass(frozen=True, slots=True)
class Running:
    """The integrations that run, the text of each file that they come from, and the faulty files."""

    integrations: Integrations
    texts: Mapping[str, bytes]
    faulty: tuple[FaultyFile, ...] = ()


def running(files: Sequence[IntegrationFile], last_good: Mapping[str, bytes] = MappingProxyType({})) -> Running:
    """Return what runs of *files*; a file that is not there does not run, whatever its last good text was."""
    order = sorted(
        files,
        key=lambda integration_file: (
            last_good.get(integration_file.name) != integration_file.text,
            integration_file.changed,
            integration_file.name,
        ),
    )
    texts = {integration_file.name: integration_file.text for integration_file in order}
    found: dict[str, list[Fault]] = {}
    while True:
        valid, faults = inspect_integrations(texts)
        if not faults:
            faulty = _faulty(files, texts, found)
            unknown = frozenset(source for faulty_file in faulty for source in faulty_file.sources)
            return Running(Integrations.of(valid, unknown), MappingProxyType(texts), faulty)
        for name in _to_replace([integration_file.name for integration_file in order], texts, last_good, faults):
            own = [fault for fault in faults if fault[0] == name]
            found.setdefault(name, []).extend(own or faults)
            if texts[name] != last_good.get(name, texts[name]):
                # It goes first from now on: what contradicts a text that was good before is the other one's fault.
                texts = {name: last_good[name], **{other: text for other, text in texts.items() if other != name}}
            else:
                del texts[name]


def _to_replace(
    order: Sequence[str], texts: Mapping[str, bytes], last_good: Mapping[str, bytes], faults: Sequence[Fault]
) -> list[str]:
    """Return whose text must not run: what changed and has a fault, else what changed last, else what has a fault."""
    wrong = {name for name, _, _ in faults}
    changed = [name for name in order if name in texts and texts[name] != last_good.get(name)]
    return [name for name in changed if name in wrong] or changed[-1:] or sorted(wrong)


def _faulty(
    files: Sequence[IntegrationFile], texts: Mapping[str, bytes], found: Mapping[str, Sequence[Fault]]
) -> tuple[FaultyFile, ...]:
    own = {file.name: file.text for file in files}
    return tuple(
        FaultyFile(
            name,
            tuple(f"{file}:{line}: {text}" for file, line, text in dict.fromkeys(sorted(found[name]))),
            name in texts,
            () if name in texts else sources_of(own[name]),
            recipients_of_text(texts.get(name, own[name])),
            sha256(own[name] + b"\0" + texts.get(name, b"")).hexdigest(),
        )
        for name in sorted(found)
    )

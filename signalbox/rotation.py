"""
Rotation: a credential that is changed in the settings while a process runs (LL-29).

In: the settings file and the folder of secret files.  Out: the port `Salesforce` with the credential in use, and word
of another one.
Rule of this file: files are read again only where one of them changed; a faulty setting changes nothing; nothing but
the credential is taken over before a restart, and only when the executor says so.
"""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import CREDENTIAL, SalesforceSettings
from processors.model.errors import Misconfigured
from processors.model.org_facts import OrgFacts
from processors.model.ports import Salesforce
from processors.model.requests import Conversion, Found, Question, Write, Written
from signalbox.settings import Settings, load_settings, settings_file

log = structlog.get_logger()

Stamp = tuple[tuple[str, int, int, int], ...]


def file_stamps(paths: Sequence[Path]) -> Stamp:
    """Return what identifies a version of each file: name, time, size, inode; a missing file has no entry."""
    found = []
    for path in paths:
        try:
            told = path.stat()
        except OSError:
            continue
        found.append((str(path), told.st_mtime_ns, told.st_size, told.st_ino))
    return tuple(found)


def setting_files() -> list[Path]:
    """Return the files that settings are read from: the settings file, and all in the folder of secrets."""
    folder = os.environ.get("SIGNALBOX_SECRETS_DIR")
    secrets = (
        sorted(path for path in Path(folder).rglob("*") if path.is_file()) if folder and Path(folder).is_dir() else []
    )
    return [settings_file(), *secrets]


class Rotation:
    """The orgs' settings as the files have them now. Thread-safe; one for all orgs of a process."""

    def __init__(
        self,
        orgs: Mapping[str, SalesforceSettings],
        read: Callable[[], Settings] = load_settings,
        files: Callable[[], Sequence[Path]] = setting_files,
    ) -> None:
        self._lock = threading.Lock()
        self._orgs = orgs
        self._read = read
        self._files = files
        self._stamp = file_stamps(files())

    def org(self, name: str) -> SalesforceSettings | None:
        """Return the org's settings; where the files are faulty, the last that were right."""
        with self._lock:
            now = file_stamps(self._files())
            if now != self._stamp:
                try:
                    self._orgs = self._read().orgs
                except Misconfigured as error:
                    log.error("settings changed and are faulty; the earlier ones hold", why=error.faults[0])
                # Taken before the read: what changes during it is read next time.
                self._stamp = now
            return self._orgs.get(name)


class RotatingClient:
    """One org's port and its credential. Implements `processors.model.ports.Salesforce` and `Credential`."""

    def __init__(
        self,
        name: str,
        settings: SalesforceSettings,
        rotation: Rotation,
        make: Callable[[str, SalesforceSettings], Salesforce] = SalesforceClient,
    ) -> None:
        self._name = name
        self._settings = settings
        self._rotation = rotation
        self._make = make
        self._client = make(name, settings)
        self._calls_before = 0

    def changed(self) -> bool:
        """Whether the settings hold another credential than the one in use."""
        found = self._rotation.org(self._name)
        return found is not None and not found.same_credential(self._settings)

    def adopt(self) -> None:
        """Use the credential that the settings hold from now on; calls under way end with the earlier one."""
        found = self._rotation.org(self._name)
        if found is None or found.same_credential(self._settings):
            return
        self._settings = self._settings.model_copy(update={name: getattr(found, name) for name in CREDENTIAL})
        self._calls_before += self._client.api_calls()
        self._client = self._make(self._name, self._settings)

    def facts(self, *, fresh: bool = False, mapped: Sequence[tuple[str, str]] = ()) -> OrgFacts:
        """As the port says."""
        return self._client.facts(fresh=fresh, mapped=mapped)

    def find(self, questions: Sequence[Question]) -> Found:
        """As the port says."""
        return self._client.find(questions)

    def search(self, numbers: Sequence[str], fields: Mapping[str, tuple[str, ...]]) -> Found:
        """As the port says."""
        return self._client.search(numbers, fields)

    def write(self, writes: Sequence[Write], *, send_by: datetime) -> Sequence[Written]:
        """As the port says."""
        return self._client.write(writes, send_by=send_by)

    def convert(self, conversions: Sequence[Conversion], *, send_by: datetime) -> Sequence[Written]:
        """As the port says."""
        return self._client.convert(conversions, send_by=send_by)

    def usage(self) -> tuple[int, int] | None:
        """As the port says."""
        return self._client.usage()

    def api_calls(self) -> int:
        """As the port says, with those of earlier credentials."""
        return self._calls_before + self._client.api_calls()

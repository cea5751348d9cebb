"""
Settings of a deployment: environment over one YAML file; secrets also as files.

In: `SIGNALBOX_*` variables (`__` between levels), the file that `SIGNALBOX_SETTINGS` names, a folder of secret files.
Rule of this file: all faults are reported together, and no secret is ever printed.
"""

import difflib
import os
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from connectors.kafka.options import KafkaSettings, option_faults
from connectors.salesforce.settings import SalesforceSettings
from processors.model.errors import Misconfigured
from processors.model.proxy_address import ProxyUrl
from signalbox.intake_settings import IntakeSection

DEFAULT_FILE = "signalbox.yaml"
GROUP_EXECUTOR = "signalbox-executor"
"""The consumer group of executors."""
GROUP_INTAKE = "signalbox-intake"
"""The consumer group of intakes."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSection(_Model):
    """Kafka: where it is, what both clients are passed through, how many copies a topic has."""

    bootstrap: str = "127.0.0.1:9092"
    options: dict[str, str] = Field(default_factory=dict, repr=False)
    replication: Annotated[int, Field(ge=1)] = 3
    embedded: bool = False

    def client(self, instance: str | None) -> KafkaSettings:
        """Return what the connector takes; the embedded cluster has no static membership."""
        return KafkaSettings(self.bootstrap, self.options, None if self.embedded else instance or None)


class RegistrySection(_Model):
    """
    A schema registry; without one, messages carry the fingerprint of a shipped contract.

    `ca_file` replaces the usual certificate authorities, `proxy` is a forward proxy (`http://host:port`).
    """

    url: str
    username: str | None = None
    password: SecretStr | None = None
    ca_file: str | None = None
    proxy: ProxyUrl | None = None


class MailSection(_Model):
    """The mail server, and what mails say of themselves."""

    host: str = "127.0.0.1"
    port: int = 587
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: str | None = None
    proxy: ProxyUrl | None = None
    sender: str = "signalbox@localhost"
    domain: str = "signalbox.localhost"


class ExecutorSection(_Model):
    """
    Terms of the executor, in seconds and records.

    `linger` is the share of an org's own answer time for which a batch gathers, for each batch under way: a lone
    command goes at once, and a burst shares few API calls. `bulk_until` and `retry_until` are shares of an org's daily
    API calls: above them these lanes wait, and what is left is for live commands.
    """

    send_within: Annotated[float, Field(gt=0)] = 5.0
    max_rows: Annotated[int, Field(ge=1, le=1000)] = 1000
    max_due: Annotated[int, Field(ge=10)] = 10_000
    max_in_flight: Annotated[int, Field(ge=1, le=16)] = 12
    bulk_until: Annotated[float, Field(gt=0, le=1)] = 0.8
    retry_until: Annotated[float, Field(gt=0, le=1)] = 0.9
    linger: Annotated[float, Field(ge=0, le=1)] = 0.15
    look_every: Annotated[float, Field(gt=0)] = 1.0
    looks: Annotated[int, Field(ge=0)] = 2
    region: str = "US"


class ChangesSection(_Model):
    """
    How orgs are polled for changes, in seconds and rows.

    `every`: pause between polls, each of one API call. `overlap`: how late a commit may appear. `hold_back`: how long
    a change waits, so that the writes of this installation are known as such. `look_back` (0: not at all): how late a
    commit may appear to be found by the slow look, which is one API call every `look_back_every`.
    """

    every: Annotated[float, Field(gt=0)] = 60.0
    overlap: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    page: Annotated[int, Field(ge=1, le=2_000)] = 2_000
    hold_back: Annotated[float, Field(ge=0, le=3_600)] = 5.0
    look_back: Annotated[float, Field(ge=0, le=604_800)] = 7_200.0
    look_back_every: Annotated[float, Field(ge=60)] = 3_600.0


class MetricsSection(_Model):
    """Where `/metrics`, `/livez` and `/readyz` listen; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9400


class Settings(BaseSettings):
    """
    Everything that a process of Signalbox is told.

    `reload_every`: seconds between two looks at whether an integration file has changed.
    """

    model_config = SettingsConfigDict(
        env_prefix="SIGNALBOX_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    instance: str = ""
    """Empty: made once and kept in the state folder (`instance.py`)."""
    state: Path = Path("signalbox.state")
    kafka: KafkaSection = KafkaSection()
    registry: RegistrySection | None = None
    database: SecretStr = SecretStr("sqlite:///signalbox.db")
    integrations: Path = Path("integrations")
    reload_every: Annotated[float, Field(gt=0)] = 5.0
    orgs: dict[str, SalesforceSettings] = Field(default_factory=dict)
    mail: MailSection = MailSection()
    intake: IntakeSection = IntakeSection()
    executor: ExecutorSection = ExecutorSection()
    changes: ChangesSection = ChangesSection()
    metrics: MetricsSection = MetricsSection()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library passes it by name
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: environment, secret files, the settings file."""
        sources = [init_settings, env_settings]
        secrets = os.environ.get("SIGNALBOX_SECRETS_DIR")
        if secrets:
            sources.append(
                NestedSecretsSettingsSource(
                    file_secret_settings,
                    secrets_dir=secrets,
                    secrets_dir_missing="error",
                    secrets_prefix="",
                    secrets_nested_delimiter="__",
                )
            )
        sources.append(YamlConfigSettingsSource(settings_cls, yaml_file=settings_file()))
        return tuple(sources)


def settings_file() -> Path:
    """Return the settings file that is read: `SIGNALBOX_SETTINGS`, else `signalbox.yaml` here."""
    return Path(os.environ.get("SIGNALBOX_SETTINGS", DEFAULT_FILE))


def load_settings() -> Settings:
    """
    Return the settings.

    Raises:
        Misconfigured: One line for each fault, naming the setting, where it may stand, and what is wrong.
    """
    path = settings_file()
    if "SIGNALBOX_SETTINGS" in os.environ and not path.is_file():
        raise Misconfigured([f"{path}: this settings file (SIGNALBOX_SETTINGS) does not exist; create it or unset it"])
    try:
        settings = Settings()
    except ValidationError as error:
        raise Misconfigured(
            [_fault(path, row) for row in error.errors(include_input=False, include_url=False)]
        ) from None
    except yaml.YAMLError as error:
        raise Misconfigured([f"{path}: not readable as YAML{_where(error)}; mend that line"]) from None
    except SettingsError as error:
        raise Misconfigured([f"settings: {' '.join(str(error).split())}; mend that variable or folder"]) from None
    except (OSError, UnicodeDecodeError, ValueError, TypeError, AttributeError) as error:
        raise Misconfigured(
            [f"{path}: not readable as settings ({type(error).__name__}); write `name: value`"]
        ) from None
    faults = [f"kafka.options: {fault}" for fault in option_faults(settings.kafka.options)]
    if faults:
        raise Misconfigured(faults)
    return settings


def _fault(path: Path, error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "settings"
    variable = "SIGNALBOX_" + "__".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "extra_forbidden":
        return f"{path}: {place}: unknown setting{_did_you_mean(error['loc'])}; take it out of the file or {variable}"
    return f"{path}: {place}: {error['msg']}; mend it in the file, or set {variable}"


def _where(error: yaml.YAMLError) -> str:
    # The library's own text quotes the line, which may hold a secret.
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"


def _did_you_mean(place: tuple[Any, ...]) -> str:
    model: Any = Settings
    for part in place[:-1]:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        model = SalesforceSettings if field is None else _model_of(field.annotation)
    names = list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []
    close = difflib.get_close_matches(str(place[-1]), names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(names)}"


def _model_of(annotation: Any) -> Any:
    """Return the section's model, also where the section may be missing (`RegistrySection | None`)."""
    models = [
        argument for argument in get_args(annotation) if isinstance(argument, type) and issubclass(argument, BaseModel)
    ]
    return models[0] if models else annotation

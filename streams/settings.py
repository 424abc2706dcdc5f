"""Every setting of a worker, in one frozen object read from the environment (`HUB_*`).

A worker that starts has a complete, legal configuration: an unknown `HUB_*` key, a value out of its range or of
the wrong kind is refused with one sentence before anything connects. A representation never shows a secret.
"""

import os
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.compiled import compiled

PREFIX: Final = "HUB_"
RESERVED: Final = frozenset({"HUB_TEST_BROKER", "HUB_REQUIRE_ALL", "HUB_SAMPLES"})
"""Keys of the build and the tests that share the prefix: a worker tolerates them and reads none of them."""

INSTALLATION: Final = ("broker", "application", "topic_prefix", "partitions", "retention", "clock", "transactions")
"""Fields in which the workers and commands of one installation must agree; no secret."""

KIB: Final = 1024
MIB: Final = 1024 * KIB

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")
_HIGHEST_PORT: Final = 65535
_LONGEST_KEY_BYTES: Final = 64
"""Of blake2b (RFC 7693)."""
_KAFKA_NAME: Final = r"^[A-Za-z0-9._-]{1,100}$"

_Name = Annotated[str, Field(pattern=_KAFKA_NAME)]


class SettingsRefused(Exception):  # noqa: N818  # reads as what happened, like its siblings
    """A setting is unknown, illegal or contradicts another. The text is one sentence that names the key."""


def _worded(words: str) -> dict[str, Any]:
    """Say in words what a string setting allows, where a pattern would not be understood."""
    return {"allowed": words}


class Settings(BaseSettings):
    """The configuration of one worker. Durations are in seconds, sizes in bytes; every field has its range.

    `Settings(...)` reads the environment too and raises pydantic's error; programs call `load`, which raises
    `SettingsRefused`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    broker: str = Field(
        "127.0.0.1:9092",
        description="addresses of the Kafka cluster",
        json_schema_extra=_worded("host:port, several separated by commas"),
    )
    application: _Name = Field(
        "hub",
        description="consumer group, changelog names and transactional ids start with it; for life",
        json_schema_extra=_worded("1 to 100 of A-Z a-z 0-9 . _ -"),
    )
    topic_prefix: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,100}$",
        description="stands before every topic's name on the cluster",
        json_schema_extra=_worded("at most 100 of A-Z a-z 0-9 . _ -"),
    )
    partitions: int = Field(64, ge=1, le=4096, description="partitions of every people-keyed topic; for life")
    replication_factor: int = Field(1, ge=1, le=15, description="replicas of the topics that the hub creates")
    retention: Literal["contract", "unlimited"] = Field(
        "contract",
        description="what topics are created with; unlimited for stories that lie in the past",
    )
    clock: Literal["wall", "log"] = Field(
        "wall",
        description="wall: time is the worker's; log: time is what config.clock.v1 and the records say",
    )
    transactions: bool = Field(default=True, description="false only for a broker that has no transactions")
    instance_id: _Name = Field(
        "auto",
        description="static group membership, so that a restart moves nothing: one name per worker, kept over its "
        "restarts; auto is host and HTTP port, none a dynamic member",
        json_schema_extra=_worded("auto, none, or 1 to 100 of A-Z a-z 0-9 . _ -"),
    )
    accept_reset: bool = Field(
        default=False,
        description="go on where the group's committed offsets or a source's beginning contradict the state; for once",
    )
    session_timeout_seconds: float = Field(6.0, ge=1, le=300, description="silence after which a worker is given up")
    transaction_timeout_seconds: float = Field(10.0, ge=1, le=900, description="age at which the broker aborts")
    commit_timeout_seconds: float = Field(
        30.0,
        ge=1,
        le=900,
        description="a commit that takes longer ends the worker; 30 s rides through a broker's restart, 8 s does not",
    )
    commit_spacing_seconds: float = Field(
        0.02,
        ge=0,
        le=10,
        description="least time between two commits of a task; one transaction costs 0.4 ms of CPU",
    )
    in_flight_bytes: int = Field(
        16 * MIB,
        ge=64 * KIB,
        le=4096 * MIB,
        description="computed and not committed, per task; beyond it the task's partitions are paused",
    )
    in_flight_seconds: float = Field(5.0, ge=0.1, le=600, description="the same by the age of the oldest")
    chunk_records: int = Field(
        1024,
        ge=1,
        le=100_000,
        description="most records that are folded at a time; there are fewer where they take longer than 2 ms",
    )
    fetch_bytes: int = Field(1 * MIB, ge=1 * KIB, le=256 * MIB, description="most bytes of one fetched partition")
    max_value_bytes: int = Field(256 * KIB, ge=1 * KIB, le=64 * MIB, description="a larger value is a dead letter")
    brake_in_a_row: int = Field(1000, ge=1, le=10_000_000, description="dead letters in a row that stop a task")
    brake_fraction: float = Field(0.5, gt=0, le=1, description="share of dead letters that stops a task")
    brake_window: int = Field(10_000, ge=10, le=10_000_000, description="records over which that share is taken")
    pseudonym_key: SecretStr = Field(
        SecretStr("development"),
        min_length=8,
        max_length=64,
        description="key of the hash that names provisional customers; for life",
        json_schema_extra=_worded("a secret of 8 to 64 characters"),
    )
    http_host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="where /metrics, /livez, /readyz and the registry paths are served",
        json_schema_extra=_worded("a host name or address"),
    )
    http_port: int = Field(9464, ge=0, le=_HIGHEST_PORT, description="its port; 0 takes a free one")
    stop_budget_seconds: float = Field(10.0, ge=0, le=600, description="time to commit what is computed when stopped")
    stuck_seconds: float = Field(
        60.0,
        ge=5,
        le=3600,
        description="a worker that does not get on for so long ends with status 70; from half of it on it is unready",
    )
    compiled: Literal["auto", "off", "required"] = Field(
        "auto",
        description="the compiled part: where it was built, never, or no start without it",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    log_format: Literal["json", "console"] = Field("json", description="one JSON object a line, or for people")

    @model_validator(mode="before")
    @classmethod
    def _know_every_key(cls, values: Any) -> Any:  # noqa: ANN401  # pydantic hands over what the sources gave
        known = {environment_key(name) for name in cls.model_fields} | RESERVED
        for key in sorted(os.environ):
            if key.upper().startswith(PREFIX) and key.upper() not in known:
                raise ValueError(f"{key} is no setting of the hub; `hub settings` lists them all")
        return values

    @field_validator("broker")
    @classmethod
    def _know_the_address(cls, value: str) -> str:
        addresses = [address.strip() for address in value.split(",")]
        for address in addresses:
            match = _ADDRESS.fullmatch(address)
            if match is None or not 1 <= int(match[2]) <= _HIGHEST_PORT:
                raise ValueError("not an address")
        return ",".join(addresses)

    @field_validator("topic_prefix", "application", "instance_id")
    @classmethod
    def _leave_dots_alone(cls, value: str | None, info: ValidationInfo) -> str | None:
        # Kafka refuses the names "." and ".."; a prefix of dots alone would make hidden look-alikes.
        if value and not value.strip("."):
            raise ValueError(f"{info.field_name} of dots alone")
        return value

    @field_validator("pseudonym_key")
    @classmethod
    def _fit_the_hash(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value().encode()) > _LONGEST_KEY_BYTES:
            raise ValueError("longer than the hash takes")
        return value

    @property
    def static_name(self) -> str | None:
        """The worker's name as a static member of its group; None for a dynamic one."""
        if self.instance_id != "auto":
            return None if self.instance_id == "none" else self.instance_id
        if not self.transactions or not self.http_port:  # the embedded broker knows none; port 0 is another each time
            return None
        return re.sub(r"[^A-Za-z0-9._-]", "-", f"{socket.gethostname()}-{self.http_port}")[:100]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.commit_timeout_seconds < self.commit_spacing_seconds:
            raise ValueError("HUB_COMMIT_SPACING_SECONDS must not exceed HUB_COMMIT_TIMEOUT_SECONDS")
        if self.compiled == "required" and compiled("auto") is None:
            raise ValueError("HUB_COMPILED=required, but the compiled part was not built: `make compiled` builds it")
        return self


def load(**overrides: Any) -> Settings:  # noqa: ANN401  # any field by its name; pydantic checks it
    """Read the settings from the environment; `overrides` win over it.

    Raises:
        SettingsRefused: with one sentence that names the key and what it allows.
    """
    try:
        return Settings(**overrides)
    except ValidationError as refusal:
        raise SettingsRefused(_sentence(refusal.errors()[0])) from None


def environment_key(name: str) -> str:
    """Give the environment's key of the field `name`."""
    return PREFIX + name.upper()


def environment_of(settings: Settings, *more: str) -> dict[str, str]:
    """Give the environment with which another process belongs to the same installation.

    Args:
        settings: Of the installation; a field that was left at its default is left out.
        more: Fields beyond `INSTALLATION`.
    """
    names = [name for name in (*INSTALLATION, *more) if name in settings.model_fields_set]
    return {environment_key(name): _spelt(getattr(settings, name)) for name in names}


def environment_without_settings() -> dict[str, str]:
    """Give this process's environment as a child gets it that is to be told its settings."""
    return {key: value for key, value in os.environ.items() if not key.upper().startswith(PREFIX)}


def allowed(name: str) -> str:
    """Say in words what the field `name` allows."""
    field = Settings.model_fields[name]
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "allowed" in extra:
        return str(extra["allowed"])
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(get_args(field.annotation))
    if field.annotation is bool:
        return "true or false"
    kind = "a whole number" if field.annotation is int else "a number"
    return f"{kind} {_bounds(field)}"


def table() -> Iterator[tuple[str, str, str, str]]:
    """Yield key, default, what is allowed and what it means, for every setting (`hub settings`)."""
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        yield environment_key(name), default, allowed(name), field.description or ""


def _spelt(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bounds(field: FieldInfo) -> str:
    bounds = {
        kind: getattr(constraint, kind)
        for constraint in field.metadata
        for kind in ("ge", "gt", "le")
        if hasattr(constraint, kind)
    }
    low = f"above {bounds['gt']}, up to" if "gt" in bounds else f"from {bounds['ge']} to"
    return f"{low} {bounds['le']}"


def _sentence(error: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    if name in Settings.model_fields:
        return f"{environment_key(name)} is refused: it must be {allowed(name)}."
    if name:
        return f"{environment_key(name)} is no setting of the hub; `hub settings` lists them all."
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".") + "."

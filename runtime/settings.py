"""Settings: environment variables `PICUSTREAM_*`, or a TOML file named by `PICUSTREAM_CONFIG`.

Environment wins over file, file over default. Secrets are `SecretStr`: they never show in a log, a `repr` or an error.
"""

import json
import os
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from picustream.runtime.errors import BadSettings

CONFIG = "PICUSTREAM_CONFIG"
BoardRole = Literal["ward", "trial-office", "ops", "statistician"]
"""Those that have a page."""


def _table(value: object) -> object:
    """A table of the file, or the same as JSON in a variable."""
    return json.loads(value) if isinstance(value, str) else value


class Settings(BaseSettings):
    """Everything that can be set. Each field `name` is the environment variable `PICUSTREAM_NAME`."""

    model_config = SettingsConfigDict(env_prefix="PICUSTREAM_", env_ignore_empty=True, extra="forbid", frozen=True)

    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma separated")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Kafka security protocol"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="SASL mechanism, when the security protocol has SASL"
    )
    kafka_username: str | None = Field(None, description="SASL user name")
    kafka_password: SecretStr | None = Field(None, description="SASL password")
    kafka_ca_file: Path | None = Field(None, description="PEM file of the certificate authority, for SSL")
    kafka_cert_file: Path | None = Field(None, description="PEM file of the client certificate, for SSL")
    kafka_key_file: Path | None = Field(None, description="PEM file of the client key, for SSL")

    redis: str = Field("redis://127.0.0.1:6379/0", description="Redis URL (rediss:// for TLS)")
    redis_username: str | None = Field(None, description="Redis ACL user")
    redis_password: SecretStr | None = Field(None, description="Redis ACL password")
    redis_ca_file: Path | None = Field(None, description="PEM file of the certificate authority, for rediss://")

    store: str | None = Field(
        None,
        repr=False,
        description="the read model: a file (SQLite), or a URL of PostgreSQL; default: a file of the user",
    )

    group: str = Field("picustream", description="Kafka consumer group, and the prefix of every Redis key")
    partitions: int = Field(12, ge=1, le=1024, description="partitions of every topic")
    replication: int = Field(1, ge=1, le=100, description="copies of every topic that `picustream topics` makes")
    instance: str | None = Field(
        None,
        description="stable name of this worker (static group membership); default: the host name, numbered",
    )
    protocol: Path | None = Field(None, description="trial protocol (TOML); default: the one shipped")
    codemap: Path | None = Field(None, description="site code map (TOML), added to the one shipped")

    http_host: str = Field("127.0.0.1", description="address of /healthz and /metrics")
    http_port: int = Field(6066, ge=0, le=65535, description="port of /healthz and /metrics (0: any free one)")
    log_format: Literal["json", "text"] = Field("json", description="log lines as JSON or to read")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe log line written")

    fhir_token: SecretStr | None = Field(None, description="bearer token for the server of `fhir push`")
    fhir_ca_file: Path | None = Field(None, description="PEM file of the certificate authority of that server")

    gateway_site: Path | None = Field(None, description="the gateway's site: sources, units, identities (TOML)")
    gateway_journal: Path | None = Field(
        None, description="folder of the gateway's journal; default: one in the user's state folder"
    )
    gateway_journal_key_file: Path | None = Field(
        None, description="keys that encrypt the journal, 64 hexadecimal digits a line, the newest first"
    )
    gateway_keep_days: float = Field(30.0, gt=0, description="days for which the journal keeps what is done")
    gateway_mllp_host: str = Field("127.0.0.1", description="address on which the gateway takes HL7 v2 (MLLP)")
    gateway_mllp_port: int = Field(2575, ge=0, le=65535, description="its port, beside those of the site's sources")
    gateway_fhir_host: str = Field("127.0.0.1", description="address on which the gateway takes FHIR (HTTP)")
    gateway_fhir_port: int = Field(8575, ge=0, le=65535, description="its port")
    gateway_cert_file: Path | None = Field(None, description="PEM file of the gateway's certificate: both speak TLS")
    gateway_key_file: Path | None = Field(None, description="PEM file of its private key")
    gateway_client_ca_file: Path | None = Field(
        None, description="PEM file of the authority of senders' certificates: they must have one"
    )
    gateway_tokens_file: Path | None = Field(
        None, description="who may send FHIR: lines of a name and the SHA-256 of a bearer token"
    )
    gateway_connections: int = Field(64, ge=1, description="most connections at a time that send HL7 v2")
    gateway_idle: float = Field(86400.0, gt=0, description="seconds of silence after which a connection is closed")
    gateway_patience: float = Field(
        30.0, gt=0, description="seconds to answer a sender; then its connection is closed, and it sends again"
    )

    board_host: str = Field("127.0.0.1", description="address on which the board shows its pages")
    board_port: int = Field(8765, ge=0, le=65535, description="its port (0: any free one)")
    board_access: Literal["none", "accounts", "proxy", "oidc"] = Field(
        "none",
        description="who may look: whoever is at this machine, accounts of its own, a proxy's word, or accounts and"
        " whoever logs in at an OpenID Connect provider",
    )
    board_accounts: Path | None = Field(
        None, description="file of accounts, sessions and displays; default: one in the user's state folder"
    )
    board_proxy_secret_file: Path | None = Field(
        None, description="what the proxy sends as x-picustream-secret, to prove that it is the proxy"
    )
    board_oidc_issuer: str | None = Field(None, description="the provider's name: the https:// address of its issuer")
    board_oidc_client: str | None = Field(None, description="the name by which the provider knows the board")
    board_oidc_secret_file: Path | None = Field(
        None, description="the secret that goes with it; default: none, PKCE alone"
    )
    board_oidc_scopes: str = Field("openid profile", description="what the provider is asked for")
    board_oidc_name_claim: str = Field("preferred_username", description="the claim that names who logged in")
    board_oidc_roles_claim: str = Field(
        "groups", description="the claim that says what they may see, or the way to it by dots: realm_access.roles"
    )
    board_oidc_roles: Annotated[dict[str, BoardRole] | None, NoDecode, BeforeValidator(_table)] = Field(
        None, description='the role of each value of that claim, as JSON: {"picu-nurses": "ward"}'
    )
    board_oidc_ca_file: Path | None = Field(
        None, description="PEM file of the authority that signed the provider's certificate; default: the machine's"
    )
    board_audit: Path | None = Field(None, description="file to which is appended who saw which stay; default: the log")
    board_names: str | None = Field(
        None, description="host names by which browsers know the board, comma separated, beside this machine's own"
    )
    board_cert_file: Path | None = Field(None, description="PEM file of the board's certificate: it speaks TLS")
    board_key_file: Path | None = Field(None, description="PEM file of its private key")
    board_behind_proxy: bool = Field(False, description="a proxy in front of the board speaks TLS with the browsers")
    board_ward_store: str | None = Field(
        None, repr=False, description="the ward's own read model, in which nothing of the trial is; default: `store`"
    )
    board_workers: str | None = Field(
        None, description="health pages of the workers, comma separated: the board says when one is not at work"
    )

    memory_mb: int | None = Field(
        None,
        ge=1,
        description="MB for the stays in memory at a time: 104 of a worker unless set, 256 of `replay`; others are in "
        "Redis, or in a temporary file",
    )
    batch_records: int = Field(500, ge=1, le=10_000, description="most records of one partition in one batch")
    session_timeout: float = Field(10.0, gt=0, description="seconds until a silent worker's partitions move")

    stall_after: float = Field(
        60.0,
        gt=0,
        description="seconds of no progress with work to do after which the worker ends, to be started again",
    )

    clock_start: datetime | None = Field(
        None, description="compressed time: what the ward's clock read at `clock_at` (with offset); default: wall clock"
    )
    clock_at: datetime | None = Field(None, description="compressed time: the wall-clock moment of `clock_start`")
    clock_speed: float = Field(1.0, gt=0, description="compressed time: ward seconds per wall-clock second")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        config = os.environ.get(CONFIG)
        if not config:
            return init_settings, env_settings
        return init_settings, env_settings, _toml(settings_cls, Path(config))


def _toml(settings_cls: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    """The file's settings. A file that is named and cannot be read must not pass for an empty one."""
    if not path.is_file():
        raise BadSettings(f"{CONFIG} names {path}, and there is no such file.", f"Correct or unset {CONFIG}.")
    try:
        return TomlConfigSettingsSource(settings_cls, path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadSettings(f"{path} ({CONFIG}) cannot be read as TOML: {error}.", "Correct the file.") from error

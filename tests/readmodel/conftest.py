"""Both databases, for the tests here."""

from tests.readmodel.databases import postgres_url, where

__all__ = ["postgres_url", "where"]

"""Statements to events and letters: what a message states becomes what the topics carry, each value with one fate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from picustream.gateways.events import Draft, Maker, OutEvent
from picustream.gateways.last_values import LastValues
from picustream.gateways.letters import Letter, letter_of
from picustream.gateways.meaning import Meaning, topic_of
from picustream.gateways.patients.patients import Patients, Stay, Waiting
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State
from picustream.gateways.statement import Statements, Subject, Unreadable, Value
from picustream.gateways.tally import Tally
from picustream.models.envelope import NO_STATEMENT, WITHDRAWN, Status
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules
from picustream.scoring.validation import Validator

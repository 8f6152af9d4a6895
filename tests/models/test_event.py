"""Events of the input topics, from bytes to a model and back."""

import json

from picustream.demo.ward import ward
from picustream.models import text
from picustream.models.event import ADAPTERS, LAB, to_bytes


def test_the_bytes_of_an_event_are_those_of_the_same_event() -> None:
    """Of all that the simulated ward sends."""
    read = 0
    for message in ward().events:
        value = json.dumps(message.value).encode()
        try:
            event = ADAPTERS[message.topic].validate_python(text.parse(value))
        except ValueError:
            continue  # the ward sends some that no model takes
        again = text.parse(to_bytes(event))
        assert ADAPTERS[message.topic].validate_python(again) == event
        assert again.keys() == message.value.keys()
        read += 1
    assert read > 3000


def test_every_digit_is_written_as_it_came() -> None:
    value = b'{"code":"2160-0","value":0.70,"unit":"mg/dL"}'
    envelope = b'"event_id":"e","source":"lis","patient_id":"P","stay_id":"S","observed_at":"2025-03-03T10:05:00+08:00"'
    event = ADAPTERS[LAB].validate_python(text.parse(b'{%s,"observations":[%s]}' % (envelope, value)))
    assert value in to_bytes(event)

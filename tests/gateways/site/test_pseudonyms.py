"""Pseudonyms are a function of key and identifier, differ where those differ, and are ids of the contract."""

import base64
import hmac

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.models.envelope import id_of

KEY = b"a key of the tests, thirty-two bytes"
PARTS = st.lists(st.text(alphabet="ab\x1e\x1f s"), min_size=1, max_size=4)


@given(st.text(), st.text(), st.binary())
def test_they_are_ids_and_the_same_each_time(one: str, other: str, raw: bytes) -> None:
    first, second = Pseudonyms(KEY), Pseudonyms(KEY)
    for name in (
        lambda p: p.patient(one, other),
        lambda p: p.stay(one, other, "2026"),
        lambda p: p.message("lab", raw),
        lambda p: p.observation(one, other),
    ):
        assert id_of(name(first)) == name(second)


@given(PARTS, PARTS)
def test_different_parts_have_different_names(one: list[str], other: list[str]) -> None:
    names = Pseudonyms(KEY)
    assert (names.observation(*one) == names.observation(*other)) == (one == other)


def test_another_key_makes_other_names_and_another_fingerprint() -> None:
    one, other = Pseudonyms(KEY), Pseudonyms(KEY + b"!")
    assert one.patient("CH", "1") != other.patient("CH", "1")
    assert one.fingerprint != other.fingerprint and len(one.fingerprint) == 8


@given(st.text("CH019", max_size=6), st.binary(max_size=9))
def test_the_form_is_that_of_the_contract(number: str, raw: bytes) -> None:
    names = Pseudonyms(KEY)
    patient = hmac.digest(KEY, f"patient\x1fCH\x1f{number}".encode(), "sha256")
    assert names.patient("CH", number) == f"P-{base64.b32encode(patient).decode()[:20]}"
    message = hmac.digest(KEY, b"message\x1flab\x1f" + raw, "sha256")
    assert names.message("lab", raw) == f"h-{base64.b32encode(message).decode()[:26]}"


def test_the_key_is_shown_nowhere() -> None:
    assert KEY.decode() not in repr(Pseudonyms(KEY)) and KEY.hex() not in repr(vars(Pseudonyms(KEY)))

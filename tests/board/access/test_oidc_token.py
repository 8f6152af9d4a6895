"""The ID token: whom it names, and what makes it nobody's."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import KeySet

from picustream.board.access.oidc.refusal import Refused, Why
from picustream.board.access.oidc.terms import safe
from picustream.board.access.oidc.token import SKEW, key_set, person
from picustream.board.access.roles import Role
from tests.board.access import provider as made_up
from tests.board.access.provider import CLIENT, signed
from tests.board.access.test_oidc import ROLES, terms_of

KEYS: KeySet = key_set({"keys": [made_up.jwk("key-1"), made_up.ec_jwk()]})
NOW = 1_700_000_000
RIGHT = {"iss": "https://sso.example", "aud": CLIENT, "iat": NOW, "exp": NOW + 300, "nonce": "n", "sub": "u"}
PERSON = {"preferred_username": "ana", "groups": ["night"]}


def token(claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    return signed({"alg": "RS256", "kid": "key-1"} | (header or {}), claims)


@given(skew=st.integers(-SKEW * 3, SKEW * 3))
def test_clocks_may_differ_by_a_minute_and_no_more(skew: int) -> None:
    """`skew`: by how much the provider is ahead."""
    for claims in ({"iat": NOW + skew}, {"exp": NOW + skew}, {"nbf": NOW + skew}):
        [name] = claims
        good = skew > -SKEW if name == "exp" else skew <= SKEW
        text = token(RIGHT | PERSON | claims)
        if good:
            assert person(text, KEYS, terms_of("https://sso.example"), "n", NOW).roles == {Role.OPS}
        else:
            with pytest.raises(Refused) as raised:
                person(text, KEYS, terms_of("https://sso.example"), "n", NOW)
            assert raised.value.why is (Why.EXPIRED if name == "exp" else Why.EARLY)


groups = st.sampled_from(["all", "picu", "CN=picu,OU=wards", "urn:x:y", "Ä", ""])


@given(mapped=st.dictionaries(groups, st.sampled_from(list(Role)), min_size=1), has=st.lists(groups, max_size=6))
def test_somebody_has_the_roles_of_their_groups_and_no_other(mapped: dict[str, Role], has: list[str]) -> None:
    terms, text = terms_of("https://sso.example", roles=mapped), token(RIGHT | PERSON | {"groups": has})
    expected = {role for group, role in mapped.items() if group in has}
    if expected:
        assert person(text, KEYS, terms, "n", NOW).roles == expected
    else:
        with pytest.raises(Refused) as raised:
            person(text, KEYS, terms, "n", NOW)
        assert (raised.value.why, raised.value.who) == (Why.ROLE, "ana")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(list(ROLES)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(claims=st.dictionaries(st.sampled_from([*RIGHT, *PERSON, "nbf", "azp"]), anything, max_size=4))
def test_a_token_says_who_it_is_or_is_refused_whatever_is_in_it(claims: dict[str, Any]) -> None:
    try:
        found = person(token(RIGHT | PERSON | claims), KEYS, terms_of("https://sso.example"), "n", NOW)
    except Refused as refused:
        assert str(refused) in list(Why)
    else:
        assert re.fullmatch(r"[A-Za-z0-9._@-]{1,100}", found.name)
        assert found.roles <= set(ROLES.values()) and found.roles


@given(
    text=st.text(max_size=60)
    | st.builds(lambda a, b: f"{made_up.text(json.dumps(a).encode())}.{made_up.text(b)}.x", anything, st.binary())
    | st.builds(
        lambda header: token(RIGHT | PERSON, header),
        st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "b64"]), anything, min_size=1),
    ),
)
def test_what_is_no_token_of_the_provider_names_nobody(text: str) -> None:
    try:
        person(text, KEYS, terms_of("https://sso.example"), "n", NOW)
    except Refused as refused:
        assert refused.why in {Why.TOKEN, Why.ALGORITHM, Why.SIGNATURE, Why.KEY}


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://sso.example/realms/x", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost/", True),
        ("http://sso.example", False),
        ("http://localhost.evil.example", False),
        ("https://", False),
        ("ftp://127.0.0.1", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_what_is_sent_to_the_provider_is_encrypted(address: str, good: bool) -> None:
    assert safe(address) == good

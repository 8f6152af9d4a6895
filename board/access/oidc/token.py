"""The ID token: whether it is the provider's, for us, of now and of this log-in; and whom it names."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from picustream.board.access.oidc.refusal import Refused, Unreachable, Why
from picustream.board.access.oidc.terms import Terms
from picustream.board.access.roles import Role

SKEW = 60
"""Seconds by which the provider's clock and ours may differ."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Of signatures by a key that the provider alone has: not `none`, and none by a shared secret."""
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,100}")
_CLAIMS = {"iss": Why.ISSUER, "aud": Why.AUDIENCE, "exp": Why.EXPIRED, "iat": Why.EARLY, "nbf": Why.EARLY}


@dataclass(frozen=True, slots=True)
class Person:
    """Who logged in."""

    name: str
    subject: str
    """The provider's own name for them, which never becomes another's."""
    roles: frozenset[Role]


def key_set(document: Mapping[str, Any]) -> KeySet:
    """The keys of a provider. Raises `Unreachable` where it shows none."""
    try:
        return KeySet.import_key_set({"keys": list(document["keys"])})
    except (JoseError, LookupError, TypeError, ValueError) as error:
        raise Unreachable("its keys cannot be read") from error


def person(token: str, keys: KeySet, terms: Terms, nonce: str, now: float) -> Person:
    """Whom a token names. `now`: seconds since 1970. Raises `Refused`."""
    claims = _claims(token, keys)
    _check(claims, terms, nonce, now)
    name = claims.get(terms.name_claim)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused(Why.NAME)
    roles = frozenset(terms.roles[value] for value in _values(claims, terms.roles_claim) if value in terms.roles)
    if not roles:
        raise Refused(Why.ROLE, name)
    return Person(name, claims["sub"], roles)


def _claims(token: str, keys: KeySet) -> dict[str, Any]:
    rules = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(token, keys, registry=rules).claims
    except UnsupportedAlgorithmError:
        raise Refused(Why.ALGORITHM) from None
    except InvalidKeyIdError:
        raise Refused(Why.KEY) from None
    except BadSignatureError:
        raise Refused(Why.SIGNATURE) from None
    except (JoseError, ValueError, TypeError, LookupError):
        raise Refused(Why.TOKEN) from None


def _check(claims: Mapping[str, Any], terms: Terms, nonce: str, now: float) -> None:
    rules = jwt.JWTClaimsRegistry(
        int(now),
        SKEW,
        iss={"essential": True, "value": terms.issuer},
        aud={"essential": True, "value": terms.client},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        rules.validate(dict(claims))
    except ClaimError as error:
        raise Refused(_CLAIMS.get(error.claim.partition(",")[0], Why.TOKEN)) from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else terms.client) != terms.client:
        raise Refused(Why.AUDIENCE)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise Refused(Why.NONCE)


def _values(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The values of a claim, by its name or by the way to it: some providers have dots in their names."""
    found: Any = claims
    for step in (claim,) if claim in claims else claim.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    return [value for value in values if isinstance(value, str)]

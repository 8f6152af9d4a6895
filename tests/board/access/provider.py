"""A provider of OpenID Connect on this machine: it signs with a real key, and does wrong when a test wants it.

It is strict where providers are: a code is good once, for the verifier, the address and the client that it is for.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.gateways.certificates import Party

CLIENT = "picustream-board"
SECRET = "canary-secret/of the client+"
KID = "key-1"


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@cache
def rsa_key(which: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str) -> dict[str, Any]:
    """The public half of the key with which it signs."""
    public = rsa_key("its own").public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": number(public.n), "e": number(public.e)}


def ec_jwk() -> dict[str, Any]:
    public = ec_key().public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "kid": "key-ec", "x": number(public.x), "y": number(public.y)}


def signed(header: dict[str, Any], claims: dict[str, Any], forged: bool = False) -> str:
    """A token, by the algorithm that its header names."""
    content = f"{text(json.dumps(header).encode())}.{text(json.dumps(claims).encode())}"
    return f"{content}.{text(signature(header['alg'], content.encode(), forged))}"


def signature(algorithm: str, content: bytes, forged: bool) -> bytes:
    if algorithm == "RS256":
        return rsa_key("another" if forged else "its own").sign(content, padding.PKCS1v15(), hashes.SHA256())
    if algorithm == "ES256":
        r, s = decode_dss_signature(ec_key().sign(content, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    if algorithm == "HS256":  # by what everybody can read
        return hmac.digest(json.dumps(jwk(KID)).encode(), content, "sha256")
    return b""


class Provider:
    """What it says can be changed between two log-ins."""

    def __init__(self) -> None:
        self.issuer = ""
        self.person: dict[str, Any] = {"sub": "u-4711", "preferred_username": "ana", "groups": ["all", "picu-nurses"]}
        self.claims: dict[str, Any] = {}
        """What is said otherwise; None: not said."""
        self.header: dict[str, Any] = {}
        self.forged = False
        self.kid = KID
        self.refuses = ""
        self.hangs = 0.0
        """Seconds before it says anything of itself."""
        self.rambles = 0
        """Characters of what it says of itself."""
        self.ca: Path | None = None
        """Who has to be trusted, where it speaks TLS."""
        self.asks = False
        """Whether somebody has to press something there."""
        self.metadata: dict[str, Any] = {}
        self.answer: dict[str, Any] | None = None
        """In place of a token."""
        self.asked: list[str] = []
        self.seen: set[str] = set()
        """Every secret that went through it: codes, verifiers, tokens."""
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.configuration),
                Route("/keys", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
                Route("/out", self.out),
            ]
        )

    async def configuration(self, request: Request) -> Response:
        self.asked.append("configuration")
        await asyncio.sleep(self.hangs)
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        found = {name: f"{self.issuer}/{path}" for name, path in ends.items()}
        found |= {"issuer": self.issuer, "end_session_endpoint": f"{self.issuer}/out", "padding": " " * self.rambles}
        found |= self.metadata
        return JSONResponse({name: value for name, value in found.items() if value is not None})

    async def keys(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [{"kty": "later"}, jwk(self.kid), ec_jwk()]})

    async def authorize(self, request: Request) -> Response:
        """Whoever comes is logged in here already."""
        given = dict(request.query_params)
        assert given["response_type"] == "code" and given["code_challenge_method"] == "S256"
        assert given["client_id"] == CLIENT and "openid" in given["scope"].split()
        answer = {"state": given["state"], "iss": self.issuer}
        if self.refuses:
            answer |= {"error": self.refuses, "error_description": "canary-description"}
        else:
            code = f"canary-code-{secrets.token_hex(8)}"
            self._codes[code] = given
            self.seen.add(code)
            answer |= {"code": code}
        back = f"{given['redirect_uri']}?{urlencode(answer)}"
        if self.asks:
            return HTMLResponse(f"<h1>Staff only</h1><a href='{escape(back)}'>It is me</a>")
        return RedirectResponse(back, 302)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if not self.knows(request.headers.get("authorization", ""), form):
            return JSONResponse({"error": "invalid_client"}, 401)
        begun = self._codes.pop(form["code"], None)
        challenge = text(hashlib.sha256(form["code_verifier"].encode()).digest())
        self.seen.add(form["code_verifier"])
        if begun is None or begun["code_challenge"] != challenge or begun["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self.id_token(begun["nonce"])
        tokens = {"id_token": token, "access_token": "canary-access", "refresh_token": "canary-refresh"}
        self.seen |= {"canary-access", "canary-refresh", *token.split(".")[1:]}
        return JSONResponse(tokens | {"token_type": "Bearer"} if self.answer is None else self.answer)

    def knows(self, header: str, form: dict[str, str]) -> bool:
        """Whether the client proves who it is, where it has a secret."""
        if self.metadata.get("token_endpoint_auth_methods_supported") == ["none"]:
            return (header, form.get("client_id"), form.get("client_secret")) == ("", CLIENT, None)
        if self.metadata.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return (unquote(name), unquote(secret)) == (CLIENT, SECRET)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = self.person | {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return signed({"alg": "RS256", "kid": self.kid} | self.header, claims, self.forged)

    async def out(self, request: Request) -> Response:
        """The log-out."""
        self.asked.append("out")
        assert request.query_params["client_id"] == CLIENT
        return HTMLResponse(f"<h1>Gone</h1><a href='{request.query_params['post_logout_redirect_uri']}'>Back</a>")


@contextmanager
def running(tls: Party | None = None) -> Iterator[Provider]:
    """One, until it is no longer needed."""
    provider = Provider()
    config = uvicorn.Config(provider.app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    if tls is not None:
        config.ssl_certfile, config.ssl_keyfile, provider.ca = tls.certificate, tls.key_file, tls.certificate
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    provider.issuer = (
        f"{'http://127.0.0.1' if tls is None else 'https://localhost'}:{server.servers[0].sockets[0].getsockname()[1]}"
    )
    yield provider
    server.should_exit = True
    thread.join()

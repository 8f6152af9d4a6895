"""Why somebody who logged in at the provider is not let in: a word for the audit, a sentence for the page."""

from enum import StrEnum


class Why(StrEnum):
    """The word."""

    NOT_BEGUN = "not-begun-here"
    SAID_NO = "provider-said-no"
    CODE = "code-refused"
    CLIENT = "client-refused"
    TOKEN = "no-token"
    ALGORITHM = "wrong-algorithm"
    KEY = "unknown-key"
    SIGNATURE = "wrong-signature"
    ISSUER = "wrong-issuer"
    AUDIENCE = "wrong-audience"
    EXPIRED = "expired"
    EARLY = "not-yet-valid"
    NONCE = "wrong-nonce"
    NAME = "no-name"
    ROLE = "no-role"


_SIGNED = "What the provider sent is not signed by a key of its own."
_OTHERS = "What the provider sent is not for this log-in."
_CLOCKS = "The provider's clock and the board's do not agree, or the log-in took too long."
SENTENCES = {
    Why.NOT_BEGUN: "This log-in was not begun in this browser, was used already, or took too long.",
    Why.SAID_NO: "The provider did not log you in.",
    Why.CODE: "The provider takes this log-in for used or too old.",
    Why.CLIENT: "The provider does not take the board for what it says it is. Tell whoever runs the board.",
    Why.TOKEN: "The provider sent nothing that could be read. Tell whoever runs the board.",
    Why.ALGORITHM: _SIGNED,
    Why.KEY: _SIGNED,
    Why.SIGNATURE: _SIGNED,
    Why.ISSUER: _OTHERS,
    Why.AUDIENCE: _OTHERS,
    Why.EXPIRED: _CLOCKS,
    Why.EARLY: _CLOCKS,
    Why.NONCE: _OTHERS,
    Why.NAME: "The provider gives you no name that the board can write down. Tell whoever runs the board.",
    Why.ROLE: "You are logged in, and nothing here is for you: no group of yours has a role on this board.",
}


class Refused(Exception):
    """Somebody is not let in. Holds nothing that the provider or a browser sent, but the name of whom it knows."""

    def __init__(self, why: Why, who: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.who = who
        self.sentence = SENTENCES[why]


class Unreachable(Exception):
    """The provider gives no answer, or none of which use can be made."""

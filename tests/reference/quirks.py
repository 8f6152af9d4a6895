"""What real feeds make of an observation: other names of LOINC, blanks, comparators, words and lists for numbers."""

import random
from typing import Any

Body = dict[str, Any]

LOINC_NAMES = ["LN", "ln", "Ln", "LOINC", "loinc", "Loinc", "http://loinc.org/", "https://loinc.org"]
LOINC_NAMES += ["http://loinc.org", "2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1"]
OTHER_SYSTEMS = ["urn:example:lis", "L", "99LAB", "http://snomed.info/sct", "http://loinc.com", "LOINC code"]
OTHER_SYSTEMS += ["urn:oid:2.16.840.1.113883.6.96", "urn:picustream:variables", "2.16.840.1.113883.6", "LNC"]
BLANKS = [" ", "  ", "\t", "\n", " \r\n", "\u00a0", "\u3000"]
NO_NUMBERS: list[Any] = ["<10", "12", "clotted", "", "10T", "1,7", " ", None, True, False, [12], [], {}, {"value": 12}]
COMPARATORS = ["<", "<", "<=", ">=", ">", ">"]
NO_COMPARATORS = ["=", "", "ad", "\u2264", "< ", "~", "LT", "=<", "<>"]
MICRO_SIGNS = ["\u00b5", "\u03bc"]
TEXTS = [
    "3",
    "3B",
    "\u5e8a 3",
    'the "red" one',
    "a\\b",
    "a/b",
    "\u00e9",
    "e\u0301",
    "\U0001f6cf",
    "\u2028",
    "tab\there",
    "",
]
"""Free text for people, which decides between versions all the same: of what is filed at one moment."""
UNKNOWN_WORDS = {
    "specimen": ["blood", "Arterial", "ART", "", " arterial", "cord"],
    "support": ["ecmo", "cpap", "Invasive", "", "none", "room air", "invasive "],
    "control": ["PC", "dual", "", "Pressure", "volume-guarantee"],
}


def quirky(rng: random.Random, variable: str, body: Body, share: float) -> None:
    """Changes an observation as feeds do; `share` is how often, 0 never."""
    for chance, change in QUIRKS:
        if rng.random() < chance * share:
            change(rng, body)
    if variable in ("creatinine", "bilirubin_total", "platelets") and rng.random() < 0.2 * share:
        _compared(rng, body)


def padded(rng: random.Random, text: str) -> str:
    """White space before, behind, or on both sides."""
    blank = rng.choice(BLANKS)
    return rng.choice([f"{blank}{text}", f"{text}{blank}", f"{blank}{text}{rng.choice(BLANKS)}"])


def _named(rng: random.Random, body: Body) -> None:
    if body.get("system", "http://loinc.org") == "http://loinc.org":
        body["system"] = rng.choice(LOINC_NAMES)


def _padded(rng: random.Random, body: Body) -> None:
    for name in rng.sample(["code", "system", "unit"], rng.choice([1, 1, 2])):
        if name in body:
            body[name] = padded(rng, body[name])


def _misplaced(rng: random.Random, body: Body) -> None:
    body["system"] = rng.choice(
        [*OTHER_SYSTEMS, "urn:picustream:variable" if body["code"].strip()[0].isdigit() else "LN"]
    )


def _compared(rng: random.Random, body: Body) -> None:
    body["comparator"] = rng.choice(COMPARATORS)


def _compared_by_no_word(rng: random.Random, body: Body) -> None:
    body["comparator"] = rng.choice(NO_COMPARATORS)


def _no_number(rng: random.Random, body: Body) -> None:
    body["value"] = rng.choice(NO_NUMBERS)


def _micro(rng: random.Random, body: Body) -> None:
    if "u" in body.get("unit", ""):
        body["unit"] = body["unit"].replace("u", rng.choice(MICRO_SIGNS))


QUIRKS = [
    (0.2, _named),
    (0.05, _padded),
    (0.03, _misplaced),
    (0.05, _compared),
    (0.015, _compared_by_no_word),
    (0.03, _no_number),
    (0.05, _micro),
]


def of_nobody(rng: random.Random, codes: list[str]) -> Body:
    """An observation of an unmapped code: anything may be in it, and none of it is read."""
    body: Body = {"code": rng.choice(codes), "value": rng.choice([1, 140.5, *NO_NUMBERS])}
    extras = {
        "unit": rng.choice(["mmol/L", "", "furlong"]),
        "comparator": rng.choice([*COMPARATORS, *NO_COMPARATORS]),
        "system": rng.choice([*LOINC_NAMES, *OTHER_SYSTEMS]),
        "status": rng.choice(["final", "preliminary", "registered"]),
    }
    return body | {name: value for name, value in extras.items() if rng.random() < 0.3}

"""A small hospital in HL7 v2, with canaries where identifiers stand."""

from collections.abc import Sequence

NAME, NUMBER, VISIT, PLACE = "CANARYNAME", "4711CANARY", "V99CANARY", "CANARYTOWN"
CANARIES = (NAME, NUMBER, VISIT, PLACE)
SEND = "20260301093000+0800"


def header(kind: str, control: str = "1", sender: str = "LAB", at: str = SEND) -> str:
    return f"MSH|^~\\&|{sender}|CH|||{at}||{kind}|{control}|P|2.5"


def pid(number: str = NUMBER) -> str:
    return f"PID|1||{number}^^^CH^MR||{NAME}^{NAME}||20200115|F||||||||||||||||{PLACE}"


def pv1(visit: str = VISIT, unit: str = "PICU", bed: str = "2") -> str:
    return f"PV1|1|I|{unit}^1^{bed}{'|' * 16}{visit}^^^CH^VN"


def admission(at: str = "20260301080000+0800", event: str = "A01", number: str = NUMBER, visit: str = VISIT) -> bytes:
    return message(header(f"ADT^{event}", "A", "ADT", at), f"EVN|{event}|{at}", pid(number), pv1(visit))


def obx(
    code: str = "14682-9^Creatinine^LN",
    value: str = "54",
    unit: str = "umol/L",
    status: str = "F",
    kind: str = "NM",
    number: int = 1,
) -> str:
    return f"OBX|{number}|{kind}|{code}||{value}|{unit}|||||{status}"


def results(*values: str, order: str = "F123", filed: str = "20260301092900+0800", number: str = NUMBER) -> bytes:
    obr = f"OBR|1||{order}|24323-8^panel^LN|||20260301091500+0800{'|' * 15}{filed}"
    return message(header("ORU^R01", "R"), pid(number), pv1(), obr, *values)


def message(*segments: str) -> bytes:
    return "\r".join([*segments, ""]).encode()


def together(messages: Sequence[bytes]) -> bytes:
    return b"\r".join(messages)

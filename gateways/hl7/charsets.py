"""Which characters the bytes of a message stand for: MSH-18 (table 0211), strictly, and nothing ever replaced."""

import re

from picustream.gateways.statement import Unreadable
from picustream.scoring.faults import Fault

_JAPANESE = "iso2022_jp_ext"
"""Switches between ASCII, JIS X 0201, 0208 and 0212 by escape sequences, whichever of them is named."""
MULTIBYTE = ("gb18030", "cp950", "cp949", _JAPANESE)
"""Codecs in which a second byte may be one of a separator."""
_CODECS = {
    "ASCII": "ascii",
    "ISOIR6": "ascii",
    **{f"{iso}8859{slash}{part}": f"iso8859_{part}" for part in (*range(1, 12), *range(13, 17))
       for iso in ("", "ISO") for slash in ("/", "")},
    **dict.fromkeys(("UNICODEUTF8", "UTF8", "UNICODE"), "utf_8"),
    **dict.fromkeys(("GB180302000", "GB18030", "GBK", "GB2312"), "gb18030"),  # GB 18030 contains the other two
    "BIG5": "cp950",
    **dict.fromkeys(("KSX1001", "EUCKR"), "cp949"),
    **dict.fromkeys(("ISOIR87", "ISOIR159", "ISOIR14", "ISO2022JP"), _JAPANESE),
    **dict.fromkeys(("WINDOWS1252", "CP1252"), "cp1252"),
}  # fmt: skip
_BETWEEN = re.compile(r"[\s_-]")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SWITCH = b"\x1b"


def codec_of(name: str) -> str | None:
    """The codec of a character set, by a name of table 0211 or another one in use; None where it is not known."""
    return _CODECS.get(_BETWEEN.sub("", name).upper()) if name else None


def is_plain(raw: bytes) -> bool:
    """Whether bytes mean the same in every character set here."""
    return raw.isascii() and _SWITCH not in raw


def decoded(raw: bytes, named: str, default: str | None) -> tuple[str, str]:
    """Text and codec of a message.

    The set that the message names; if it names none, that of the source, else UTF-8. Raises `Unreadable` where the
    bytes are not of that set, or the set is not known and the bytes are not all ASCII.
    """
    given = named or default
    codec = codec_of(given) if given else "utf_8"
    if codec is None:
        if not is_plain(raw):
            raise _unreadable("charset-unknown", "MSH-18 names a character set that is not known")
        codec = "ascii"
    try:
        return raw.decode(codec), codec
    except UnicodeDecodeError:
        if named:
            raise _unreadable("charset-broken", "the bytes are not of the character set that MSH-18 names") from None
        if default:
            raise _unreadable("charset-broken", "the bytes are not of the character set of this source") from None
        raise _unreadable("charset-missing", "MSH-18 is empty and the bytes are not UTF-8") from None


def _unreadable(reason: str, message: str) -> Unreadable:
    return Unreadable(Fault(reason, "MSH-18", message))

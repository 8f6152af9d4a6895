"""An OBX as a value: its number, status, times, codes and what names it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from picustream.gateways.hl7 import codings
from picustream.gateways.hl7.groups import Result
from picustream.gateways.hl7.message import DELETED, Message, Segment
from picustream.gateways.hl7.numbers import Reading, number, reading
from picustream.gateways.hl7.status import Flags, Standing, flags, standing
from picustream.gateways.hl7.times import Reckoning, instant, is_absent, offset_of
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Coding, Value
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, SAYS_NOTHING, WITHDRAWN, Status
from picustream.scoring.faults import Fault

_DEVICES = {"monitor", "ventilator"}
_DEVICE_PROFILE = "IHE_PCD"
_OF_DEVICE = ("obx14",)
_OF_RESULT = ("obx14", "spm17", "obr7")
_ORDER_TIMES = {"obr7": 7, "obr8": 8, "obr14": 14}
_REPLACING = {Status.AMENDED, Status.CORRECTED}
_NO_PATIENT = {"B", "C", "E", "F", "O", "Q", "V"}
"""Roles of a specimen (table 0369) in which it is none of a patient's."""
_CHANNEL = 2
"""Dots in the OBX-4 of a channel or metric: what stands above it has no time of a reading."""


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for all values of a message."""

    message: Message
    source: Source
    reckoning: Reckoning
    sent: datetime | Fault | None
    """MSH-7."""
    is_device: bool
    """Whether it states raw values of a device: by the source, or by the profile that MSH-21 names."""


def value_of(result: Result, context: Context) -> Value:
    """The value that an OBX states."""
    obx, source = result.obx, context.source
    path = f"OBX[{obx.number}]"
    flagged = flags(obx)
    found = _with_flags(reading(obx, f"{path}-5"), flagged, obx, source)
    by_status = standing(obx, result.order.obr, context.is_device, source.default_status)
    if found.value is None and by_status.status in _REPLACING:
        found = Reading(Fault("value-missing", f"{path}-5", "it replaces an earlier value and has none"))
    given = _given(by_status, obx, flagged, found, source)
    if _is_control(result):
        given = Standing(None, note="control-specimen")
    unit, is_ucum = codings.unit(obx)
    if obx.repetitions(6) > 1:
        found = Reading(Fault("repeated-unit", f"{path}-6", "more than one unit in one OBX"))
    codes = codings.codings(obx, source.system)
    observed_at = _observed_at(result, context)
    device = _device(result, context)
    return Value(
        path=path,
        codings=codes,
        identity=_identity(result, context, codes, device, observed_at),
        value=None if given.status in NO_STATEMENT else found.value,
        unit=unit,
        unit_is_ucum=is_ucum,
        status=given.status,
        observed_at=observed_at,
        recorded_at=_recorded_at(result, context, given.status),
        comparator=found.comparator,
        status_only=given.status_only,
        specimen=_specimen(result, context),
        method=codings.method(obx),
        device=device,
        setting=codings.is_setting(obx, codes),
        words=codings.words(obx),
        note=given.note,
    )


def _with_flags(found: Reading, flagged: Flags, obx: Segment, source: Source) -> Reading:
    """The number together with what OBX-8 says of it."""
    if isinstance(found.value, Fault) or found.value is None:
        return found
    if flagged.doubt:
        return Reading(flagged.doubt)
    if not flagged.comparator:
        return found
    if found.comparator and found.comparator[0] != flagged.comparator:
        return Reading(Fault("comparator-conflict", f"OBX[{obx.number}]-8", "OBX-5 and OBX-8 name different sides"))
    return Reading(found.value, found.comparator or flagged.comparator)


def _given(by_status: Standing, obx: Segment, flagged: Flags, found: Reading, source: Source) -> Standing:
    """The status, or why there is nothing to pass on."""
    if by_status.status is None or by_status.status in WITHDRAWN:
        return by_status
    if flagged.no_value:
        return Standing(None, note=flagged.no_value)
    if by_status.status_only:
        return by_status if found.value is None else Standing(by_status.status)
    if by_status.status in SAYS_NOTHING:
        return by_status
    if obx.whole(5).strip() == DELETED:
        return Standing(Status.UNKNOWN)
    if found.value is None:
        return Standing(None, note="no-value")
    if _is_sentinel(found, flagged, source):
        return Standing(None, note="sentinel")
    return by_status


def _is_sentinel(found: Reading, flagged: Flags, source: Source) -> bool:
    """Whether the number stands for "no value"; not where OBX-8 judges it as a value."""
    if isinstance(found.value, Fault) or flagged.judged:
        return False
    return bool(source.sentinels) and found.value in _numbers(tuple(source.sentinels))


@lru_cache(maxsize=64)
def _numbers(words: tuple[str, ...]) -> frozenset[Decimal | None]:
    return frozenset(number(word.strip()) for word in words)


def _observed_at(result: Result, context: Context) -> datetime | Fault:
    """The clinical time: the first of the fields that the source names which is there."""
    fields = context.source.observed_at or (_OF_DEVICE if context.is_device else _OF_RESULT)
    for field in fields:
        for text, path in _times(field, result):
            moment = instant(text, path, context.reckoning, lambda: _siblings(result))
            if moment is not None:
                return moment
    if context.is_device:
        return Fault("no-observation-time", f"OBX[{result.obx.number}]-14", "no time of the reading")
    return Fault("no-collection-time", f"OBX[{result.obx.number}]-14", "no time of collection: nor SPM-17, nor OBR-7")


def _times(field: str, result: Result) -> list[tuple[str, str]]:
    """Texts and paths of a time; that of a reading may stand with the row that holds it."""
    if field == "obx14":
        rows = [row for row in result.rows() if row.text(4).count(".") >= _CHANNEL] if result.order.rows else []
        return [(text, f"OBX[{row.number}]-14") for row in (result.obx, *rows) if (text := row.text(14))]
    if field == "spm17":
        texts = {spm.text(17): f"SPM[{spm.number}]-17" for spm in result.specimens() if not is_absent(spm.text(17))}
        return list(texts.items()) if len(texts) == 1 else []  # which of several specimens is meant is not said
    obr, number = result.order.obr, _ORDER_TIMES[field]
    return [(obr.text(number), f"OBR[{obr.number}]-{number}")] if obr is not None else []


def _siblings(result: Result) -> Iterator[str]:
    yield from (result.obx.text(field) for field in (14, 19))
    if result.order.obr is not None:
        yield from (result.order.obr.text(field) for field in (7, 8, 14, 22))
    yield from (spm.text(field) for spm in result.specimens() for field in (17, 18))


def _recorded_at(result: Result, context: Context, status: Status | Fault | None) -> datetime | Fault | None:
    """When this version was filed."""
    where = context.source.recorded_at
    found: datetime | Fault | None = None
    if where in (None, "obr22") and (obr := result.order.obr) is not None:
        found = instant(obr.text(22), f"OBR[{obr.number}]-22", context.reckoning, lambda: _siblings(result))
    if where == "evn2" and (evn := context.message.first("EVN")) is not None:
        found = instant(evn.text(2), "EVN-2", context.reckoning)
    if where == "msh7" or (where is None and found is None):
        found = context.sent
    if found is None and status in NEEDS_FILING_TIME:
        return Fault(
            "no-recorded-time", f"OBX[{result.obx.number}]", "it replaces an earlier version, and no time says when"
        )
    return found


def _identity(
    result: Result, context: Context, codes: tuple[Coding, ...], device: str, observed_at: datetime | Fault
) -> tuple[str, ...]:
    """What stays the same through the versions of a value: never MSH-10, which some senders never change."""
    obx = result.obx
    if context.source.stable_ids and (own := obx.raw(21).strip()):
        return "obx21", own
    code = (codes[0].code, codes[0].system) if codes else ("", "")
    named = (*code, obx.raw(4).strip())
    if not context.is_device:
        obr, orc = result.order.obr, result.order.orc
        for segment, field in ((obr, 3), (orc, 3), (obr, 2), (orc, 2)):
            if segment is not None and (order := segment.raw(field).strip()):
                return "order", order, *named
        numbers = {number for spm in result.specimens() if (number := spm.raw(2).strip())}
        if len(numbers) == 1:
            return "specimen", *numbers, *named
    moment = observed_at.isoformat() if isinstance(observed_at, datetime) else ""
    if context.is_device:
        return "device", device or context.message.header.raw(3), *named, moment
    return "time", *named, moment


def _device(result: Result, context: Context) -> str:
    """OBX-18; of a device also that of a row that holds the value, else OBR-10, which elsewhere names a person."""
    if not context.is_device:
        return result.obx.raw(18).strip()
    for obx in (result.obx, *result.rows()):
        if device := obx.raw(18).strip():
            return device
    return result.order.obr.raw(10).strip() if result.order.obr else ""


def _is_control(result: Result) -> bool:
    """Whether its specimen is none of a patient's: one of controls, calibrators and tests of the laboratory."""
    roles = {spm.text(11).strip().upper() for spm in result.specimens()}
    return bool(roles) and roles <= _NO_PATIENT


def _specimen(result: Result, context: Context) -> str:
    """The specimen of SPM-4, else of OBR-15; unknown where specimens differ."""
    local = context.source.specimens
    if specimens := result.specimens():
        words = {codings.specimen(spm, 4, local) for spm in specimens}
        return words.pop() if len(words) == 1 else "unknown"
    return codings.specimen(result.order.obr, 15, local) if result.order.obr else "unknown"


def context_of(message: Message, source: Source, reckoning: Reckoning) -> Context:
    """What holds for all values of a message."""
    sent_text = message.header.text(7)
    if source.zone_of_msh7 and (offset := offset_of(sent_text)) is not None:
        reckoning = Reckoning(offset)
    sent = instant(sent_text, "MSH-7", reckoning)
    moment = sent if isinstance(sent, datetime) else None
    is_device = source.kind in _DEVICES or _DEVICE_PROFILE in message.header.raw(21).upper().replace(" ", "_")
    return Context(message, source, Reckoning(reckoning.zone, moment), sent, is_device)


def took_a_period(result: Result, context: Context) -> bool:
    """Whether its specimen was collected over a time, of which the start is used."""
    obr = result.order.obr
    if context.is_device or obr is None or is_absent(obr.text(8)) or is_absent(obr.text(7)):
        return False
    earlier = [result.obx.text(14), *(spm.text(17) for spm in result.specimens())]
    return obr.text(7) != obr.text(8) and all(map(is_absent, earlier))

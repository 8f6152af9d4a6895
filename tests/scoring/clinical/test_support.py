"""Respiratory support and PEEP in force: rules P2 and V3."""

import pytest

from tests.scoring.build import Stay, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01").discharged("day 4 00:00")


def begins_ards(ward: Stay) -> bool:
    """Whether a bad gas on day 2 at 10:00 is a candidate: only with invasive support and enough PEEP in force (A2)."""
    onset = ward.gas("day 2 10:00", pao2=60, fio2=0.5).outcome("ards-onset")
    assert onset is not None
    return bool(onset["reached"])


def with_peep(ward: Stay, when: str = "day 2 09:00") -> Stay:
    return ward.vent(when, None, obs("peep", 5))


@pytest.mark.proves("P2", "A2")
@pytest.mark.parametrize(("said", "in_force"), [
    ("day 2 10:00 +1us", False),
    ("day 2 10:00", True),
    ("day 1 10:00", True),
    ("day 1 10:00 -1us", False),
])  # fmt: skip
def test_p2_support_is_in_force_for_24_hours(said: str, in_force: bool) -> None:
    """At or before the moment and at most 24 h old, both ends included."""
    assert begins_ards(with_peep(WARD.vent(said, "invasive"))) is in_force


@pytest.mark.proves("P2")
@pytest.mark.parametrize(("last", "in_force"), [("invasive", True), ("oxygen", False), ("unknown", True), (None, True)])
def test_p2_the_latest_known_support_is_in_force(last: str | None, in_force: bool) -> None:
    """An event that does not know the support changes nothing; one that knows another does."""
    ward = WARD.vent("day 2 08:00", "invasive").vent("day 2 09:30", last)
    assert begins_ards(with_peep(ward)) is in_force


@pytest.mark.proves("P2", "V1")
def test_p2_of_two_events_of_one_time_the_later_filed_is_in_force() -> None:
    """Ventilator events of the same moment are ordered like observations."""
    ward = with_peep(WARD.vent("day 2 09:00", "oxygen", recorded="day 2 09:01"))
    ward = ward.vent("day 2 09:00", "invasive", recorded="day 2 09:02")
    assert begins_ards(ward)
    assert begins_ards(ward.arriving(1, 2, 5, 4, 3))


@pytest.mark.proves("V3", "A2")
@pytest.mark.parametrize(("set_at", "in_force"), [
    ("day 2 10:00 +1us", False),
    ("day 2 10:00", True),
    ("day 2 06:00", True),
    ("day 2 06:00 -1us", False),
])  # fmt: skip
def test_v3_a_peep_is_in_force_for_4_hours(set_at: str, in_force: bool) -> None:
    """At or before the moment and at most 4 h old, both ends included; unknown PEEP begins no ARDS."""
    assert begins_ards(with_peep(WARD.vent("day 2 08:00", "invasive"), set_at)) is in_force


@pytest.mark.proves("V3", "A2")
@pytest.mark.parametrize(("peep", "enough"), [("5", True), ("5.0", True), ("4.999", False)])
def test_v3_the_latest_setting_is_in_force(peep: str, enough: bool) -> None:
    """An older PEEP does not replace a newer one."""
    ward = WARD.vent("day 2 08:00", "invasive", obs("peep", 12)).vent("day 2 09:00", None, obs("peep", peep))
    assert begins_ards(ward) is enough


@pytest.mark.proves("V3")
def test_v3_a_set_peep_goes_before_a_measured_one_however_old_within_4_hours() -> None:
    """Only where nothing was set within 4 h does the measured PEEP count."""
    measured = WARD.vent("day 2 09:30", "invasive", obs("peep_measured", 8))
    assert begins_ards(measured)
    assert not begins_ards(with_low_set_peep(measured, "day 2 06:00"))
    assert begins_ards(with_low_set_peep(measured, "day 2 06:00 -1us"))


def with_low_set_peep(ward: Stay, when: str) -> Stay:
    return ward.vent(when, None, obs("peep", 3))


@pytest.mark.proves("V3")
@pytest.mark.parametrize(("read_at", "in_force"), [("day 2 06:00", True), ("day 2 06:00 -1us", False)])
def test_v3_a_measured_peep_is_at_most_4_hours_old_too(read_at: str, in_force: bool) -> None:
    """A measured PEEP has the same limits."""
    assert begins_ards(WARD.vent(read_at, "invasive", obs("peep_measured", 5))) is in_force


@pytest.mark.proves("V3", "A8")
def test_v3_peep_in_force_decides_the_standard_settings() -> None:
    """The PEEP in force at the sample stands beside it in APPS."""

    def settings(ward: Stay) -> bool | None:
        found = ward.gas("day 2 10:00", pao2=60, fio2=0.5).apps(2)
        assert found is not None
        return found["standard_settings"]

    ward = WARD.vent("day 2 08:00", "invasive", obs("peep", 10))
    assert settings(ward) is True
    assert settings(ward.vent("day 2 09:00", None, obs("peep", "9.9"))) is False

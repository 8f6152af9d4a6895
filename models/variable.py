"""The variables that rules speak of."""

from enum import StrEnum


class Variable(StrEnum):
    """A measured quantity, under the name that `urn:picustream:variable` and every receipt use.

    `map_*` is arterial pressure, `mean_airway_pressure` is airway pressure: both are called MAP on wards.
    """

    __hash__ = str.__hash__  # in C, where that of `Enum` is written in Python: look-ups by variable take a third

    HEART_RATE = "heart_rate"
    MAP_INVASIVE = "map_invasive"
    MAP_NONINVASIVE = "map_noninvasive"
    CVP = "cvp"
    GCS_TOTAL = "gcs_total"
    GCS_EYE = "gcs_eye"
    GCS_VERBAL = "gcs_verbal"
    GCS_MOTOR = "gcs_motor"
    SPO2 = "spo2"
    CREATININE = "creatinine"
    BILIRUBIN_TOTAL = "bilirubin_total"
    PLATELETS = "platelets"
    PAO2 = "pao2"
    FIO2 = "fio2"
    PEEP = "peep"
    PEEP_MEASURED = "peep_measured"
    PLATEAU_PRESSURE = "plateau_pressure"
    PEAK_PRESSURE = "peak_pressure"
    MEAN_AIRWAY_PRESSURE = "mean_airway_pressure"

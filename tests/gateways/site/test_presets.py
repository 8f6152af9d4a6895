"""Presets: data that agree with the shipped map, and map nothing that is another quantity."""

import pytest

from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite, demo
from picustream.gateways.site.presets import ALWAYS, names, never, preset
from picustream.models.codemap import CodeMap
from picustream.models.variable import Variable
from picustream.scoring.chart.units import KNOWN_UNITS
from tests.gateways.converting import rules, site_of

MDC = "urn:iso:std:iso:11073:10101"
SETTING = 1 << 24


def codemap_of(site: LoadedSite) -> CodeMap:
    """Of its only source."""
    return site.codemap_of(site.site.source[0], rules().codemap)


@pytest.mark.parametrize("name", [*names(), ALWAYS])
def test_a_preset_agrees_with_the_shipped_map_and_has_known_units(name: str) -> None:
    found = preset(name)
    assert codemap_of(site_of(presets=[name] if name != ALWAYS else [])) and found.about
    assert set(found.spellings) <= KNOWN_UNITS


@pytest.mark.parametrize("name", names())
def test_no_preset_maps_what_is_never_mapped(name: str) -> None:
    mapped = {
        (system, code) for system, found in preset(name).codes.items() for codes in found.values() for code in codes
    }
    assert not mapped & set(never())
    assert not {(system, str(int(code) - SETTING)) for system, code in mapped if system == MDC} & set(never())


@pytest.mark.parametrize("name", names())
def test_a_setting_is_only_of_what_can_be_set(name: str) -> None:
    for variable, codes in preset(name).codes.get(MDC, {}).items():
        if variable not in (Variable.PEEP, Variable.FIO2):
            assert all(int(code) < SETTING for code in codes)


def test_all_presets_of_spellings_can_be_used_together() -> None:
    families = [name for name in names() if not preset(name).codes]
    assert "spellings" in families and codemap_of(site_of(presets=families))


def test_no_preset_is_active_unless_a_source_names_it() -> None:
    site = LoadedSite(demo().site.model_copy(update={"source": [Source(name="a", kind="monitor")]}), b"k" * 32)
    codemap = codemap_of(site)
    assert codemap.variable(MDC, "150456") is None and codemap.ucum("beats/min") == "beats/min"
    assert codemap.ucum("266016") == "mm[Hg]"

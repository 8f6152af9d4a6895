"""What doctor finds of the gateway's site."""

from pathlib import Path

from picustream.doctor.gateway import check_site
from picustream.gateways.site.key import make_key, read_key
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.runtime.settings import Settings


def test_the_fingerprint_of_the_key_is_named_and_not_the_key(tmp_path: Path) -> None:
    key = tmp_path / "site.key"
    make_key(key)
    site = tmp_path / "site.toml"
    site.write_text('key_file = "site.key"\n[[source]]\nname = "lis"\nkind = "laboratory"\n')
    (finding,) = check_site(Settings(gateway_site=site))
    assert finding.level == "ok" and Pseudonyms(read_key(key)).fingerprint in finding.message
    assert key.read_text().strip() not in finding.message
    site.write_text('key_file = "site.key"\n[[source]]\nnam = "lis"\n')
    (finding,) = check_site(Settings(gateway_site=site))
    assert finding.level == "finding" and "site.toml:3" in finding.message and finding.fix


def test_nothing_is_found_where_there_is_no_gateway() -> None:
    assert check_site(Settings(gateway_site=None)) == []

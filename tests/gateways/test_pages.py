"""The page for the integration engineer has what the data have, and its examples work."""

import re
from pathlib import Path

from picustream.gateways.site.key import make_key
from picustream.gateways.site.load import load
from tests.gateways.pages import PAGE, with_tables


def test_the_tables_of_the_page_are_those_of_the_data() -> None:
    """`python -m tests.gateways.pages` writes them anew."""
    assert with_tables(PAGE.read_text()) == PAGE.read_text()


def test_the_sites_of_the_page_load(tmp_path: Path) -> None:
    sites = re.findall(r"^ *```toml\n(.*?)^ *```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    whole = [site for site in sites if "key_file" in site]
    make_key(tmp_path / "site.key")
    assert whole
    for site in whole:
        path = tmp_path / "site.toml"
        path.write_text(site)
        assert load(path).site.source

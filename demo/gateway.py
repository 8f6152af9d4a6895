"""The gateway of a demo: `picustream gateway serve` as a process of its own, and what it counted."""

from collections import Counter
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from picustream.demo.process import ANSWER, Process
from picustream.local import ports
from picustream.runtime.settings import Settings

_VALUES = "picustream_gateway_values"


class Gateway(Process):
    """One gateway, on free ports of this machine. `site`: its file, beside which its journal is."""

    def __init__(self, settings: Settings, site: Path, log: Path) -> None:
        self.mllp_port = ports.free_port()
        mine = {
            "http_port": ports.free_port(),
            "gateway_mllp_port": self.mllp_port,
            "gateway_fhir_port": ports.free_port(),
            "gateway_journal": site.parent / "journal",
            "log_format": "text",
        }
        super().__init__("gateway", ["gateway", "serve", "--site", str(site)], settings.model_copy(update=mine), log)

    def wait_until_ready(self) -> None:
        """Return when it takes messages. Raises `ProcessEnded`."""
        self.wait_until(self._answers)

    def values(self) -> dict[str, int]:
        """Values of the messages that are done, by their fate: sent, ignored, empty, letters."""
        with urlopen(self._page("metrics"), timeout=ANSWER) as answer:
            text = answer.read().decode()
        fates: Counter[str] = Counter()
        for family in text_string_to_metric_families(text):
            for sample in family.samples if family.name == _VALUES else ():
                if sample.name == f"{_VALUES}_total":
                    fates[sample.labels["fate"]] += int(sample.value)
        return dict(fates)

    def _answers(self) -> bool:
        try:
            urlopen(self._page("healthz"), timeout=ANSWER).close()
        except (URLError, OSError, HTTPException):  # not there yet, or 503: not well
            return False
        return ports.is_open(self.mllp_port)

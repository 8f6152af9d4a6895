"""The command line: what it costs to ask for help, and how every error is reported."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from picustream import __version__
from picustream.commands import errors
from picustream.commands.main import COMMANDS, main
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings

NEEDS_KAFKA = [
    ["topics"],
    ["publish", "FILE"],
    ["consume", "mods"],
    ["explain", "S-1"],
    ["alerts"],
    ["deadletters", "list"],
]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests are not those of the tests."""
    for name in [name for name in os.environ if name.startswith("PICUSTREAM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address where nothing listens: bound, so that nobody else takes it meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("PICUSTREAM_KAFKA", address)
        yield address


@pytest.fixture
def event_file(tmp_path: Path) -> str:
    path = tmp_path / "events.ndjson"
    path.write_text('{"topic":"picu.lab.v1","value":{}}\n')
    return str(path)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error; there is no traceback among them and nothing on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err.splitlines()


def test_help_lists_every_command_and_every_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All settings are listed, a line each, and no secret with them."""
    monkeypatch.setenv("PICUSTREAM_KAFKA_PASSWORD", "hunter2")
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name, field in Settings.model_fields.items():
        [line] = [line for line in text.splitlines() if line.split()[:1] == [f"PICUSTREAM_{name.upper()}"]]
        assert str(field.description) in line
    for name, line in COMMANDS.items():
        assert f"  {name} " in text and line in text
    assert "hunter2" not in text


def test_help_is_what_one_gets_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_help_imports_no_client_and_no_faust() -> None:
    """The program's help waits for no broker's library; each takes a third of a second to import."""
    program = (
        "import sys\n"
        "from picustream.commands.main import main\n"
        "assert main(['--help']) == 0\n"
        "print(*({'kafka', 'faust', 'redis', 'aiokafka'} & set(sys.modules)), file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stderr.split() == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_its_module_and_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_module(f"picustream.commands.{name}").__doc__
    assert main([name, "--help"]) == 0
    assert f"Usage: picustream {name}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"picustream {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--loud"], "--loud"),
        (["topcs"], "Did you mean 'topics'"),
        (["topics", "--loud"], "--loud"),
        (["publish"], "FILE"),
        (["publish", "no-such-file"], "no-such-file"),
        (["publish", "."], "."),
        (["consume"], "TOPIC"),
        (["consume", "scores"], "scores"),
        (["local"], "command"),
        (["deadletters"], "command"),
        (["lint"], "FILE"),
        (["lint", "no-such-file"], "no-such-file"),
        (["replay", "-", "-"], "only once"),
    ],
)
def test_wrong_use_is_two_lines_and_status_2(
    arguments: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong, the next what to do."""
    assert main(arguments) == 2
    lines = told(capsys)
    assert len(lines) == 2
    assert wrong in lines[0]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PICUSTREAM_PARTITIONS", "s3cret"),
        ("PICUSTREAM_PARTITIONS", "0"),
        ("PICUSTREAM_KAFKA_SECURITY", "s3cret"),
        ("PICUSTREAM_CLOCK_START", "s3cret"),
        ("PICUSTREAM_CONFIG", "/no/such/file.toml"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(
    variable: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong use: the variable and what it is for; the value may be a secret in the wrong place."""
    monkeypatch.setenv(variable, value)
    assert main(["topics"]) == 2
    lines = told(capsys)
    assert len(lines) == 2
    assert variable in lines[0]
    assert "s3cret" not in "".join(lines)


def test_an_empty_setting_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a compose file or a unit file writes what it leaves open."""
    for variable in ("PICUSTREAM_PROTOCOL", "PICUSTREAM_PARTITIONS", "PICUSTREAM_CONFIG"):
        monkeypatch.setenv(variable, "")
    assert Settings() == Settings(protocol=None, partitions=12)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("partitions = 'many'", "or partitions in"), ("partitoins = 3", "partitoins in"), ("=", "as TOML")],
)
def test_a_bad_settings_file_is_named(
    text: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error in the file is seen and not swallowed."""
    file = tmp_path / "picustream.toml"
    file.write_text(text)
    monkeypatch.setenv("PICUSTREAM_CONFIG", str(file))
    assert main(["topics"]) == 2
    lines = told(capsys)
    assert wrong in lines[0] and str(file) in lines[0]


@pytest.mark.parametrize("arguments", NEEDS_KAFKA, ids=lambda arguments: arguments[0])
def test_no_broker_is_two_lines_and_status_3(
    arguments: list[str], nobody: str, event_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Something in the environment is missing."""
    assert main([event_file if word == "FILE" else word for word in arguments]) == 3
    first, second = told(capsys)
    assert f"Kafka does not answer at {nobody}" in first
    assert second == "Start it (picustream local up) or set PICUSTREAM_KAFKA."


def test_sasl_without_a_user_is_wrong_use(
    nobody: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings that do not fit together are reported before anything is sent anywhere in the clear."""
    monkeypatch.setenv("PICUSTREAM_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv("PICUSTREAM_KAFKA_PASSWORD", "hunter2")
    assert main(["topics"]) == 2
    lines = told(capsys)
    assert "PICUSTREAM_KAFKA_USERNAME" in lines[1]
    assert "hunter2" not in "".join(lines)


def test_no_redis_is_reported_without_its_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL may hold a password: host and port alone are shown."""
    monkeypatch.setenv("PICUSTREAM_REDIS", "redis://ward:hunter2@redis.example:6380/1")
    assert errors.report(RedisConnectionError("Error connecting as ward:hunter2")) == 3
    first, second = told(capsys)
    assert "Redis does not answer at redis.example:6380" in first
    assert "PICUSTREAM_REDIS" in second
    assert "hunter2" not in first


def test_a_bug_is_reported_in_two_lines_without_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """I10: the text of an unexpected error may hold a patient's data; status 70 (EX_SOFTWARE)."""

    def buggy() -> None:
        raise KeyError("S-4711")

    assert errors.guarded(buggy) == 70
    first, second = told(capsys)
    assert "KeyError" in first and "test_cli.py" in first and "S-4711" not in first
    assert "PICUSTREAM_LOG_LEVEL=debug" in second


def test_a_bug_shows_its_traceback_at_debug(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICUSTREAM_LOG_LEVEL", "debug")

    def buggy() -> None:
        raise KeyError("S-4711")

    assert errors.guarded(buggy) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "wanted"), [(None, 0), (0, 0), (1, 1)])
def test_what_a_command_returns_is_its_status(status: int | None, wanted: int) -> None:
    assert errors.guarded(lambda: status) == wanted


def test_an_error_of_ours_brings_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    def findings() -> None:
        raise UserError("Three lines are broken.", "Mend them.", status=1)

    assert errors.guarded(findings) == 1
    assert told(capsys) == ["picustream: Three lines are broken.", "Mend them."]


def test_interrupted_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C is no error to explain; 130 is what a shell expects."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    assert errors.guarded(interrupted) == 130
    assert told(capsys) == []


def test_a_reader_that_leaves_is_quiet() -> None:
    """`picustream consume mods | head -1` is no error; 141 is what a shell expects."""
    program = (
        "import sys\n"
        "from picustream.commands.errors import guarded\n"
        "sys.exit(guarded(lambda: print('x' * 1_000_000)))\n"
    )
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = subprocess.run([sys.executable, "-c", program], stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    assert (run.returncode, run.stderr) == (141, "")

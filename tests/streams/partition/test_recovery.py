"""Which errors are waited out, which are looked into, and which end the worker, without a server."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from redis.exceptions import (
    BusyLoadingError,
    DataError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from picustream.models.event import LAB
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.scoring.chart.series import HistoryNeeded
from picustream.streams.kafka.publisher import PublisherFenced
from picustream.streams.partition import trouble
from picustream.streams.partition.failures import StayFailed, raised_for_stay
from picustream.streams.partition.intake import StreamGap
from picustream.streams.partition.recovery import LAST_BACK_OFF, MOST_RELOADS, Recovery
from picustream.streams.partition.trouble import WatcherLog, named, passes
from picustream.streams.store.store import StateLost

PLACES = [(LAB, 7), (LAB, 8)]

PASSING = [
    RedisConnectionError("Connection closed by server"),
    RedisTimeoutError("Timeout reading from socket"),
    BusyLoadingError("Redis is loading the dataset in memory"),
    OutOfMemoryError("command not allowed when used memory > 'maxmemory'"),
    ReadOnlyError("You can't write against a read only replica."),
    NoPermissionError("this user has no permissions to run the 'multi' command"),
    ResponseError("MISCONF Redis is configured to save RDB snapshots, but ..."),
    ResponseError("NOREPLICAS Not enough good replicas to write."),
    ResponseError("Error running script: OOM command not allowed when used memory > 'maxmemory'"),
    ResponseError("The user executing the script can't run this command or subcommand script: 1, on @user_script:40."),
    KafkaConnectionError("away"),
    TopicAuthorizationFailedError(LAB),
    OSError(),
    TimeoutError(),
]
LASTING = [
    ResponseError("wrong number of arguments for 'hset' command"),
    ResponseError("unknown command 'XADD', with args beginning with: "),
    ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
    ResponseError("Error running script: too many results to unpack"),
    DataError("Invalid input of type: 'NoneType'"),
    MessageSizeTooLargeError("the message is 9000000 bytes"),
    ZeroDivisionError(),
    KeyError("key"),
]


def after(recovery: Recovery, error: Exception, places: Any = PLACES) -> str:
    return recovery.after(error, places, SimpleNamespace(pruned_stays=lambda: {"S-9"}), behind=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_a_server_that_is_away_or_refuses_is_waited_for(error: Exception) -> None:
    assert passes(error)
    recovery = Recovery(3)
    pauses = []
    for _ in range(4):
        assert after(recovery, error) == type(error).__name__
        pauses.append(recovery.pause)
    assert pauses == sorted(pauses)
    assert 0 < pauses[-1] <= LAST_BACK_OFF
    assert recovery.waits
    assert recovery.trouble is not None
    assert not recovery.suspects.active


@pytest.mark.parametrize("error", LASTING, ids=str)
def test_what_would_fail_again_is_narrowed_down(error: Exception) -> None:
    """Also one of our own faults, and what is of the class of an error that passes."""
    assert not passes(error)
    recovery = Recovery(3)
    after(recovery, error)
    assert (recovery.waits, recovery.suspects.bounded(500)) == (False, 1)
    assert recovery.trouble is not None
    assert "bytes" not in recovery.trouble


def test_a_right_that_a_script_lacks_is_reported_as_one() -> None:
    """Redis 6 says that much, and Redis 7 which command it is; neither says it by the class of the error."""
    six = "Error running script (call to f_2): @user_script:1: The user executing the script can't run this command"
    seven = "ACL failure in script: User w has no permissions to run the 'hexists' command script: f_2"
    assert named(ResponseError(six)) == "ResponseError NOPERM"
    assert named(ResponseError(seven)) == "ResponseError NOPERM hexists"
    assert named(NoPermissionError("this user has no permissions to run the 'multi' command")) == (
        "NoPermissionError multi"
    )


@pytest.mark.parametrize("places", [None, []])
def test_a_fault_that_no_record_brings_out_ends_the_worker(places: list[Any] | None) -> None:
    with pytest.raises(ZeroDivisionError):
        after(Recovery(3), ZeroDivisionError(), places)


def test_what_a_person_has_to_do_something_about_ends_the_worker() -> None:
    with pytest.raises(UserError):
        after(Recovery(3), UserError("cut off", "", ENVIRONMENT))


def test_an_output_that_kafka_does_not_take_is_waited_for_and_what_was_only_sent_on_is_counted() -> None:
    recovery = Recovery(3)
    after(recovery, MessageSizeTooLargeError(), None)
    after(recovery, MessageSizeTooLargeError(), None)
    assert (recovery.waits, recovery.ownership.too_large) == (True, 2)
    recovery.passed(0)
    assert (recovery.trouble, recovery.waits, recovery.ownership.too_large) == (None, False, 0)


@pytest.mark.parametrize("error", [PublisherFenced(), StateLost(), StreamGap()])
def test_what_the_next_take_over_fixes_is_not_waited_for(error: Exception) -> None:
    recovery = Recovery(3)
    after(recovery, error)
    assert recovery.pause == 0
    assert not recovery.suspects.active
    after(recovery, error)
    assert recovery.pause > 0  # and if it does not, there is no hurry


def history_needed(stay_id: str = "S-1") -> HistoryNeeded:
    error = HistoryNeeded()
    error.stay_id = stay_id
    return error


def test_history_is_read_for_the_stay_that_needs_it() -> None:
    recovery = Recovery(3)
    assert after(recovery, history_needed()) == "recall"
    assert recovery.ownership.needs_history == {"S-1"}


def test_a_batch_that_never_has_history_enough_is_looked_into() -> None:
    """It would take the partition over again and again."""
    recovery = Recovery(3)
    for _ in range(MOST_RELOADS):
        after(recovery, history_needed())
    assert not recovery.suspects.active
    after(recovery, history_needed())
    assert (recovery.suspects.active, recovery.ownership.needs_history) == (True, set())


def test_history_that_cannot_be_taken_in_is_the_trouble_of_the_batch_that_needs_it() -> None:
    """The take-over that reads it would fail each time, and the partition never go on."""
    recovery = Recovery(3)
    after(recovery, history_needed())
    after(recovery, KeyError("history"), None)
    assert (recovery.suspects.active, recovery.ownership.needs_history) == (True, set())


def test_a_stay_at_which_time_alone_fails_is_put_off() -> None:
    recovery = Recovery(3)
    assert after(recovery, StayFailed("S-1"), []) == "stay-failed"
    assert recovery.suspects.failing_stays == {"S-1"}
    again = Recovery(3)
    after(again, history_needed("S-2"), [])
    after(again, KeyError("history"), None)
    assert again.suspects.failing_stays == {"S-2"}


def test_a_failure_while_a_stay_is_due_names_the_stay_and_no_other_does() -> None:
    late, busy = SimpleNamespace(due_stay="S-1"), SimpleNamespace(due_stay=None)
    with pytest.raises(StayFailed) as failed, raised_for_stay(late):  # type: ignore[arg-type]
        raise KeyError
    assert failed.value.stay_id == "S-1"
    assert "S-1" not in str(failed.value)
    with pytest.raises(KeyError), raised_for_stay(busy):  # type: ignore[arg-type]
        raise KeyError
    with pytest.raises(HistoryNeeded), raised_for_stay(late):  # type: ignore[arg-type]
        raise history_needed()


def test_a_watcher_reports_its_trouble_once_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []

    def keep(event: str, **more: Any) -> None:
        lines.append((event, more))

    monkeypatch.setattr(trouble, "log", SimpleNamespace(warning=keep, info=keep))
    waits = WatcherLog("feeds")
    for _ in range(3):
        waits.note(NoPermissionError("no"))
    waits.over()
    waits.over()
    waits = ("watcher-waits", {"watcher": "feeds", "trouble": "NoPermissionError"})
    assert lines == [waits, ("watcher-goes-on", {"watcher": "feeds"})]

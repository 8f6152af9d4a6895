"""What is known of all versions of one thing: the same in any order (I1), and as much however many they are (I9)."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models import text
from picustream.models.envelope import STATUS_RANK, Status
from picustream.scoring.chart.entries import Fact
from picustream.scoring.chart.lineage import MOST_UNMATCHED, Lineage, Lineages
from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.build import Stay, at
from tests.scoring.histories import SHIPPED, written

START = at("day 1")
CORRECTS = (Status.AMENDED, Status.CORRECTED, Status.CANCELLED, Status.ENTERED_IN_ERROR)
NOTHING = (Status.UNKNOWN, Status.REGISTERED)
PIECE = ("sedation", "ward", "s")


def version(minutes: int, status: Status, moment: int, event_id: str) -> Fact:
    """A version filed so many minutes after the start, which speaks of a moment so many minutes after it."""
    stay = Stay().sedation(
        (START + timedelta(minutes=moment)).isoformat(), "on", id="s", event_id=event_id, status=status.value,
        recorded=(START + timedelta(minutes=minutes)).isoformat(),
    )  # fmt: skip
    ((topic, body),) = stay.events
    accepted = Validator(SHIPPED).validate(InputRecord(topic, None, 0, None, written(body))).accepted
    assert accepted is not None and accepted.fact is not None
    return Fact(accepted.filed, accepted.fact, accepted.filed.order("s"))


VERSIONS = st.lists(
    st.builds(
        version,
        st.integers(0, 5),
        st.sampled_from(Status),
        st.sampled_from([0, 30, 60, 61, 120, 181]),
        st.sampled_from(["e1", "e2"]),
    ),
    min_size=1,
    max_size=6,
)


def lineage(versions: list[Fact]) -> Lineage:
    known = Lineage()
    for one in versions:
        known.add(one)
    return known


def status_of(one: Fact) -> Status:
    return one.event.status


@pytest.mark.proves("I1")
@given(VERSIONS, st.randoms(use_true_random=False))
def test_i1_it_depends_on_no_order_and_no_repeat(versions: list[Fact], rng: object) -> None:
    """And comes back from the store as it was."""
    mixed = [*versions, versions[0]]
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    known = lineage(versions)
    assert lineage(mixed) == known
    assert not replace(known).add(versions[-1])
    assert Lineage.from_store(text.parse(text.encode(known.to_store()))) == known


@pytest.mark.proves("I1", "V1")
@given(VERSIONS)
def test_v1_a_correction_is_unmatched_where_the_last_one_has_nothing_older_to_correct(versions: list[Fact]) -> None:
    """By the definition, over the whole set; a later version that states nothing closes it. The first is named."""
    corrections = sorted((one for one in versions if status_of(one) in CORRECTS), key=lambda one: one.rank)
    expected = None
    if corrections:
        last = corrections[-1].rank
        met = any(one.rank < last for one in versions if status_of(one) not in CORRECTS)
        closed = any(one.rank > last for one in versions if status_of(one) in NOTHING)
        expected = None if met or closed else corrections[0].rank
    found = lineage(versions).unmatched
    assert (found[0] if found else None) == expected


@pytest.mark.proves("I1", "V1")
@given(VERSIONS)
def test_v1_two_moments_are_an_hour_apart_in_final_versions_that_nothing_has_corrected_since(
    versions: list[Fact],
) -> None:
    """What is found is so; and where no version corrects anything, whatever is so is found."""
    finals = [one for one in versions if status_of(one) is Status.FINAL]
    apart = [pair for pair in combinations(finals, 2) if abs(pair[0].at - pair[1].at) > timedelta(hours=1)]
    found = lineage(versions).two_moments
    corrections = [one.rank for one in versions if status_of(one) in CORRECTS]
    if found is None:
        assert not apart or corrections
    else:
        (early, older), (late, newer) = found
        assert older < newer and abs(late - early) > timedelta(hours=1)
        assert {(early, older), (late, newer)} <= {(one.at, one.rank) for one in finals}
        assert all(rank <= older for rank in corrections)


@pytest.mark.proves("I9")
def test_i9_it_is_as_large_for_a_thousand_versions_as_for_ten() -> None:
    """A number used for everything is one thing."""
    sizes = []
    known = Lineage()
    for number in range(1000):
        known.add(version(number, Status.FINAL, number, "e"))
        sizes.append(len(text.encode(known.to_store())))
    assert sizes[-1] == sizes[10]


def test_a_thing_with_one_version_that_corrects_nothing_costs_nothing() -> None:
    """And one with a correction alone does: nothing else shows that it met nothing."""
    lineages = Lineages()
    plain, correction = version(0, Status.FINAL, 0, "e1"), version(1, Status.CORRECTED, 0, "e2")
    assert not lineages.note(PIECE, plain, None, False)
    assert (lineages.of(PIECE), lineages.to_store(PIECE), lineages.changes) == (None, None, 0)
    assert lineages.note(PIECE, correction, None, False)
    assert [piece for piece, _ in lineages.unmatched()] == [PIECE]
    assert (lineages.take_fresh(), lineages.take_fresh()) == ({PIECE}, set())
    assert lineages.note(PIECE, plain, correction, False)
    assert (list(lineages.unmatched()), lineages.take_fresh()) == ([], set())
    changes = lineages.changes
    assert not lineages.note(PIECE, plain, correction, False)
    assert lineages.changes == changes


def twice(lineages: Lineages, piece: tuple[str, ...], moment: int) -> None:
    """One id for two moments."""
    first, second = version(0, Status.FINAL, moment, "e1"), version(9, Status.FINAL, moment + 120, f"e{moment}")
    assert lineages.note(piece, second, first, False)


@pytest.mark.proves("I9")
def test_i9_of_ids_used_again_the_one_of_the_earliest_moment_is_named_and_pinned() -> None:
    """Of each source; the others may be pruned, and are asked for when it is corrected."""
    lineages = Lineages()
    late, early, other = (("observation", source, name) for source, name in (("gw", "9"), ("gw", "1"), ("gw-2", "5")))
    for piece, moment in ((late, 30), (early, 0), (other, 5)):
        twice(lineages, piece, moment)
    alone = ("observation", "lis", "x")
    lineages.note(alone, version(1, Status.CANCELLED, 0, "e3"), None, False)
    assert {source: newer[1][2] for source, _, newer in lineages.reused()} == {"gw": "e0", "gw-2": "e5"}
    assert lineages.pinned() == {early, other, alone}
    assert not lineages.prune(("observation", "gw", "unknown"))
    assert lineages.prune(late) and not lineages.prune(late)
    assert (lineages.pruned_to_store(), lineages.to_store(late), lineages.lost()) == (["gw"], None, False)
    lineages.note(early, version(10, Status.CANCELLED, 0, "e9"), None, False)
    assert lineages.lost()
    assert [source for source, _, _ in lineages.reused()] == ["gw-2"]


def test_a_fact_that_a_stay_has_once_is_no_id_of_a_source() -> None:
    """That its versions speak of two moments is known all the same: an admission may have moved."""
    lineages = Lineages()
    twice(lineages, ("admitted",), 0)
    known = lineages.of(("admitted",))
    assert known is not None and known.two_moments is not None
    assert (list(lineages.reused()), lineages.pinned()) == ([], set())


@pytest.mark.proves("I9")
def test_i9_the_corrections_filed_first_are_kept() -> None:
    """So many of them, whatever came first."""
    lineages = Lineages()
    numbers = [*range(20, 40), *range(20)]
    for number in numbers:
        lineages.note(("observation", "lis", f"{number}"), version(number, Status.CORRECTED, 0, "e"), None, False)
    kept = [f"{number}" for number in range(MOST_UNMATCHED)]
    assert [piece[2] for piece, _ in lineages.unmatched()] == kept
    assert {piece[2] for piece in lineages.pinned()} == set(kept)


@pytest.mark.proves("I5")
def test_i5_corrections_that_an_older_version_of_the_software_filed_are_taken_as_matched() -> None:
    """It kept nothing of what they met; an upgrade reports none of them."""
    lineages, correction = Lineages(), version(1, Status.CORRECTED, 0, "e2")
    lineages.note(PIECE, correction, None, False)
    stored = lineages.to_store(PIECE)
    assert stored is not None
    for kept, expected in ((True, [PIECE]), (False, [])):
        loaded = Lineages()
        loaded.note(PIECE, correction, None, False)
        if kept:
            loaded.restore(PIECE, text.parse(text.encode(stored)))
        loaded.restored([])
        assert [piece for piece, _ in loaded.unmatched()] == expected
        assert loaded.take_fresh() == set()


def test_ranks_of_statuses_are_as_the_versions_are_ordered() -> None:
    """What corrects ranks above what is final, and what states nothing below everything (docs/topics.md)."""
    assert {status for status in Status if STATUS_RANK[status] >= STATUS_RANK[Status.AMENDED]} == set(CORRECTS)
    assert {status for status in Status if STATUS_RANK[status] == STATUS_RANK[Status.UNKNOWN]} == set(NOTHING)
    assert [status for status in Status if STATUS_RANK[status] == STATUS_RANK[Status.FINAL]] == [Status.FINAL]

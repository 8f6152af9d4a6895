"""Courses are smooth, repeatable, and keep to the illness curve."""

import random

import pytest

from picustream.demo.course import Course, between, saturation

POINTS = ((0.0, 100.0), (10.0, 200.0), (30.0, 50.0))


def test_a_curve_runs_through_its_points_and_is_level_outside_them() -> None:
    assert [between(POINTS, hours) for hours in (-5, 0, 10, 30, 99)] == [100, 100, 200, 50, 50]


def test_between_two_points_a_curve_never_overshoots() -> None:
    assert all(100 <= between(POINTS, tenth / 10) <= 200 for tenth in range(101))


def test_the_same_seed_draws_the_same_course_and_another_seed_another() -> None:
    first, again, other = (Course.drawn(POINTS, 0.05, random.Random(seed)) for seed in ("a", "a", "b"))
    assert first == again
    assert first.at(7) == again.at(7) != other.at(7)


def test_waves_stay_within_their_share_of_the_value() -> None:
    course = Course.drawn(((0.0, 100.0),), 0.05, random.Random("a"))
    assert all(95 <= course.at(hours) <= 105 for hours in range(300))


def test_neighbouring_readings_resemble_each_other() -> None:
    course = Course.drawn(((0.0, 100.0),), 0.05, random.Random("a"))
    assert max(abs(course.at(half / 2) - course.at(half / 2 + 0.5)) for half in range(600)) < 2


def test_saturation_follows_the_dissociation_curve() -> None:
    assert saturation(27) == pytest.approx(50, abs=1)
    assert saturation(60) == pytest.approx(90, abs=1.5)
    assert saturation(100) == pytest.approx(97.5, abs=1)

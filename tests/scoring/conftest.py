"""How hard the random tests try: a few minutes by default, as long as PICUSTREAM_TEST_SEEDS says in the long form."""

from hypothesis import HealthCheck, settings

from tests.scoring.histories import LONG, SEEDS

settings.register_profile(
    "core",
    max_examples=SEEDS,
    derandomize=not LONG,  # the short form tries the same examples every time: it fails for a change, not by chance
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("core")

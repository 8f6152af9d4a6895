"""Versions filed at one moment: their status decides, or their ids (docs/topics.md#correct-withdraw-restore)."""

from datetime import timedelta

from .palette import observation
from .story import Body, Story

RIVALS = [
    ("registered", "preliminary"),
    ("unknown", "preliminary"),
    ("preliminary", "final"),
    ("unknown", "registered"),
]
FILED_RIVALS = [("final", "amended"), ("final", "corrected"), ("amended", "corrected"), ("amended", "cancelled")]
FILED_RIVALS += [("corrected", "cancelled"), ("corrected", "entered-in-error"), ("amended", "entered-in-error")]
FILED_RIVALS += [("cancelled", "entered-in-error"), *RIVALS]
"""Neighbours in the order of statuses; the lower one first, where they are not of one rank."""


def _rivals(story: Story, filed: bool) -> list[tuple[str, str]]:
    """Event id and status of two versions or three; the lower status mostly has the greater id."""
    rng = story.rng
    lower, higher = rng.choice(FILED_RIVALS if filed else RIVALS)
    ids = rng.sample(["tie-1", "tie-2", "tie-2"], 2)
    ids.sort(reverse=story.chance(0.8))
    third = [(rng.choice(ids), rng.choice([lower, higher, "final"]))] if story.chance(0.2) else []
    return [*zip(ids, (lower, higher), strict=True), *third]


def tied_results(story: Story) -> None:
    """Of one observation; its own status goes before that of the event."""
    rng = story.rng
    at = story.time()
    variable = rng.choice(["creatinine", "platelets", "bilirubin_total", "pao2"])
    filed = {"recorded_at": story.text(at + timedelta(hours=1))} if story.chance(0.7) else {}
    identity = f"tie-{len(story.moments)}"
    for event_id, status in _rivals(story, bool(filed)):
        of_one = story.chance(0.5)
        one = {
            **observation(rng, variable, None, story.quirks),
            "id": identity,
            **({"status": status} if of_one else {}),
        }
        body = {**story.envelope("lis", at), "observed_at": story.text(at), "specimen": "arterial"}
        body.pop("recorded_at", None)
        body.pop("status", None)
        if not of_one:
            body["status"] = status
        elif story.chance(0.3):
            body["status"] = rng.choice(["preliminary", "final"])
        story.tell("lab", {**body, **filed, "event_id": event_id, "observations": [one]})


def tied_facts(story: Story) -> None:
    """Of one fact: a consent, a sedation, the stay's end."""
    rng = story.rng
    at = rng.choice([story.time(), story.ended])
    filed = {"recorded_at": story.text(at)} if story.chance(0.7) else {}
    identity = f"tie-{len(story.moments)}"
    for event_id, status in _rivals(story, bool(filed)):
        kinds: list[tuple[str, Body]] = [
            ("consent", {"decision": rng.choice(["given", "refused"]), "id": identity}),
            ("sedation", {"state": rng.choice(["on", "off"]), "id": identity}),
            ("discharged", {"destination": rng.choice(["ward", "other-icu"])}),
        ]
        kind, fields = kinds[len(story.moments) % 3]
        topic, source = ("trial", "trial-office") if kind == "consent" else ("adt", "adt")
        body = {**story.envelope(source, at), "type": kind, "occurred_at": story.text(at), **fields}
        body.pop("recorded_at", None)
        story.tell(topic, {**body, **filed, "event_id": event_id, "status": status})

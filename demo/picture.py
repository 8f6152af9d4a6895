"""The ward in one picture: beds above, story and revisions below. Draws a `Tally` and changes nothing in it."""

from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from picustream.demo.beds import compact, roomy
from picustream.demo.news import News
from picustream.demo.tally import Tally
from picustream.demo.timeline import Beat
from picustream.models.record import ALERT
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.terminal import glyphs

# Two lines a bed with values need this much space; below it a bed has one line.
ROOMY_WIDTH, ROOMY_HEIGHT = 130, 38
# Beats and revisions side by side need this width; below it they are one above the other.
SIDE_BY_SIDE = 110
# The beats' share of it: they wrap, the revisions do not.
STORY = 0.45
CAUSE = "#7aa6da"


class Picture:
    """A rich renderable that fills the screen it is drawn on."""

    def __init__(self, tally: Tally, hint: str = "") -> None:
        """`hint` is shown in the rule below the headline."""
        self._tally = tally
        self._hint = hint

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Choose the layout by the space there is."""
        width, height = options.max_width, options.height or console.height
        beds = max(1, len(self._tally.stays))
        wide = width >= ROOMY_WIDTH and height >= ROOMY_HEIGHT
        table = roomy(self._tally) if wide else compact(self._tally, width)
        size = 3 + 3 * beds if wide else 1 + beds
        layout = Layout()
        layout.split_column(
            Layout(headline(self._tally, width), size=1),
            Layout(Rule(self._hint, align="right", style="grey37"), size=1),
            Layout(table, size=size),
            Layout(glyphs.legend(), size=1),
            Layout(_below(self._tally, width, height - size - 4)),
            Layout(counts(self._tally), size=1),
        )
        yield from console.render(layout, options.update(height=height))


def headline(tally: Tally, width: int) -> RenderableType:
    """Ward clock and speed."""
    left = Text.assemble((" picustream ", "bold reverse"), "  simulated ward", _ward_day(tally))
    right = Text(f"{ward_time(tally.now, long=True)}   {tally.speed:,.0f}× ", "bold")
    left.append(" " * max(1, width - left.cell_len - right.cell_len))
    return left + right


def _ward_day(tally: Tally) -> str:
    admissions = [stay.bed.admitted for stay in tally.stays.values() if stay.bed]
    if not admissions or tally.now is None:
        return ""
    return f", day {(tally.now.date() - min(admissions).date()).days + 1}"


def ward_time(at: datetime | None, long: bool = False) -> str:
    """A moment on the ward's clock: `Thu 09:31`, or with the date."""
    if at is None:
        return "--:--"
    return f"{at:%a %d %b %H:%M}" if long else f"{at:%a %H:%M}"


def counts(tally: Tally) -> Text:
    """Events in, records out by topic, revisions, dead letters."""
    named = {"mods": MODS, "apps": APPS, "alerts": ALERT}
    shown = {name: tally.records[topic] for name, topic in named.items()}
    records = " ".join(f"{name} {count:,}" for name, count in shown.items())
    text = Text.assemble(("events ", "bold"), f"{tally.published:,}  ", ("records ", "bold"), f"{records}  ")
    text.append("revisions ", "bold").append(f"{tally.revisions:,}  ")
    dead = sum(tally.dead_letters.values())
    return text.append("dead letters ", "bold").append(f"{dead}", "bold red" if dead else "")


def _below(tally: Tally, width: int, height: int) -> RenderableType:
    if width >= SIDE_BY_SIDE:
        layout, left = Layout(), round(width * STORY)
        story = _pane("on the ward", story_lines(tally, left - 4, height - 2))
        news = _pane("revisions and their cause", news_lines(tally, width - left - 4, height - 2, explained=True))
        layout.split_row(Layout(story, size=left), Layout(news))
        return layout
    upper = max(1, (height - 2 + 1) // 2)
    return Group(
        Rule("on the ward", align="left", style="grey37"),
        *_filled(story_lines(tally, width, upper), upper),
        Rule("revisions and their cause", align="left", style="grey37"),
        *news_lines(tally, width, height - 2 - upper, explained=False),
    )


def _pane(title: str, lines: list[Text]) -> Panel:
    return Panel(Group(*lines), title=title, title_align="left", border_style="grey37", padding=(0, 1))


def _filled(lines: list[Text], height: int) -> list[Text]:
    return [*lines, *(Text() for _ in range(height - len(lines)))]


def story_lines(tally: Tally, width: int, height: int) -> list[Text]:
    """The newest beat in full, older ones as far as there is space."""
    lines: list[Text] = []
    for beat in reversed(tally.beats):
        beat_lines = _beat_lines(beat, width, newest=not lines)
        if len(lines) + len(beat_lines) > height:
            beat_lines = beat_lines[:1] if len(lines) < height else []
        lines += beat_lines
    return lines[:height]


def _beat_lines(beat: Beat, width: int, newest: bool) -> list[Text]:
    head = Text.assemble(
        (f"{ward_time(beat.at)} ", "grey58"), (f"{beat.stay_id} ", "bold"), (beat.title, "bold #f2c037")
    )
    body = [Text(f"  {line}") for line in _wrapped(beat.text, width - 2)]
    for line in () if newest else body:
        line.stylize("grey58")
    return [head, *body]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def news_lines(tally: Tally, width: int, height: int, explained: bool) -> list[Text]:
    """Surprising news in all lines but the last two, which are for the newest of the routine, dimmed.

    `explained`: a surprise takes a second line for the whole cause; else the reason is at the end of the first.
    """
    routine = list(reversed(tally.routine))
    kept = max(0, height - 2) if routine else height
    lines: list[Text] = []
    for news in reversed(tally.surprises):
        if len(lines) + 1 + explained > kept:
            break
        lines += _surprise(news, width, explained)
    lines += [_one_line(news, width, "grey58") for news in routine[: height - len(lines)]]
    return lines


def _surprise(news: News, width: int, explained: bool) -> list[Text]:
    if not explained:
        return [_one_line(news, width, "")]
    cause = Text(f"          ← {news.reason} {news.event_id}", CAUSE)
    return [_cut(Text.assemble(_when(news), news.what), width), _cut(cause, width)]


def _one_line(news: News, width: int, style: str) -> Text:
    cause = Text(f" ← {news.reason}" if news.reason else "", CAUSE)
    return _cut(Text.assemble(_when(news), (news.what, style)), width - cause.cell_len) + cause


def _when(news: News) -> Text:
    return Text.assemble((f"{ward_time(news.at)} ", "grey58"), (f"{news.stay_id} ", "bold"))


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    line.no_wrap = True
    return line

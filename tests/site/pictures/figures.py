"""Figures to draw: one realistic set, and strategies that make many, hostile names and extreme amounts among them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from contracts.money import format_money
from contracts.units import find_unit
from contracts.views.flows import Flow, Flows
from contracts.views.network_map import MapLink, MapMember, NetworkMap, Position
from contracts.views.rule_comparison import Coalition, RuleComparison, RuleShares
from contracts.views.timeline import Happening, Timeline
from contracts.views.waterfall import SUMS, Step, StepKind, Waterfall
from webui.pictures.happenings import draw_timeline
from webui.pictures.network import draw_map
from webui.pictures.picture import Picture
from webui.pictures.sankey import draw_flows
from webui.pictures.shares import draw_comparison
from webui.pictures.steps import draw_waterfall
from webui.pictures.writing import Writing

#: what somebody might try to get into a page by way of a name
HOSTILE = (
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='alert(1)",
    "]]></text><style>*{display:none}</style>",
    "&lt;b&gt; &amp; &#x3c;",
    "right\u202eto\u202cleft",
    "null\x00bell\x07",
    "\ufdfd" * 40,
    "W" * 300,
    "漢字" * 60,
    "🏭🏭 emoji",
    "a\nb\tc",
    "%(count)s %s {0} {name}",
)
WRITING = Writing(
    money=format_money,
    quantity=lambda amount, unit: f"{amount:,f} {find_unit(unit).symbol}",
    number=lambda value: f"{value:,}",
    moment=lambda moment: f"{moment:%d.%m.%Y %H:%M}",
    day=lambda day: f"{day:%d.%m.%Y}",
    period=str,
)
START = datetime(2025, 3, 1, 8, tzinfo=UTC)
NAMES = {"o-power0": "Power station", "o-gypsum": "Gypsum works", "o-bioeng": "Bioenergy", "o-towns0": "Town utility"}
KINDS = ("material", "energy", "water", "pooling")

texts = st.one_of(st.text(min_size=1, max_size=60), st.sampled_from(HOSTILE))
organisations = st.sampled_from([f"o-{number:06d}" for number in range(30)])
cents = st.integers(-(10**13), 10**13)
amounts = st.decimals(min_value=Decimal(-1000), max_value=Decimal(10**9), places=3)


def a_flow(**changes: object) -> Flow:
    """A flow of gypsum."""
    flow = Flow("a-1", "FGD gypsum", "material", "o-power0", "o-gypsum", Decimal("6465.871"), "TNE", Decimal(0), 5_172_698, 4, 2)
    return replace(flow, **changes)  # type: ignore[arg-type]  # fields of the flow


def some_flows(*flows: Flow, names: dict[str, str] | None = None) -> Flows:
    """Flows of March 2025 as an auditor sees them."""
    return Flows("2025-03", "2025-03", "EUR", "o-power0", flows, NAMES if names is None else names, (), complete=True, withheld=False)


def typical_flows() -> Flows:
    """Four flows in three units, one of which is paid for by who hands over, and a sum over others."""
    return some_flows(
        a_flow(),
        a_flow(
            agreement="a-2",
            what="steam",
            exchange_type="energy",
            receiver="o-towns0",
            quantity=Decimal(7361),
            unit="MWH",
            paid=16_194_200,
        ),
        a_flow(agreement="a-3", what="sludge", supplier="o-towns0", receiver="o-bioeng", quantity=Decimal(8792), paid=-2_637_600),
        a_flow(agreement="a-4", what="heat", exchange_type="energy", receiver="o-bioeng", quantity=Decimal(90), unit="GV", paid=None),
        a_flow(agreement=None, what=None, supplier=None, receiver=None, quantity=Decimal("1200.5"), paid=100_000, organisations=5),
    )


def a_waterfall(*changes: tuple[StepKind, int], difference: int | None = 0, name: str = "Power station") -> Waterfall:
    """Build a waterfall from changes; sums are of what came before."""
    steps, level = [], 0
    for kind, amount in changes:
        if kind in SUMS:
            steps.append(Step(kind, level, 0, level))
        else:
            steps.append(Step(kind, amount, level, level + amount))
            level += amount
    stated = None if difference is None else level + difference
    account = None if difference is None else "2025-03.o-power0"
    return Waterfall("o-power0", name, "2025-03", "EUR", tuple(steps), 70_000_00, account, stated, difference)


def typical_waterfall() -> Waterfall:
    """A firm that gives to the pool."""
    return a_waterfall(
        (StepKind.DISPOSAL, 259_572_39),
        (StepKind.OWN_PLANT, 83_333_34),
        (StepKind.BASELINE, 0),
        (StepKind.HANDLING, -270_680_45),
        (StepKind.RECEIVED, 627_116_98),
        (StepKind.SAVING, 0),
        (StepKind.TRANSFER, -115_556_99),
        (StepKind.GAIN, 0),
        (StepKind.NOT_SPENT, -342_905_73),
        (StepKind.PAID_ELSEWHERE, 270_680_45),
        (StepKind.ACCOUNT, 0),
    )


def give_shares(rule: str, names: Sequence[str], *shares: int, recorded: bool = False, leaving: tuple[Coalition, ...] = ()) -> RuleShares:
    """Let a rule give shares."""
    return RuleShares(rule, f"{rule}/1", recorded=recorded, shares=dict(zip(names, shares, strict=True)), reason=None, leaving=leaving)


def typical_comparison() -> RuleComparison:
    """Three firms: one would be better off alone under the equal rule, two as a group under the nucleolus; one rule gives nothing."""
    names = ("o-power0", "o-gypsum", "o-bioeng")
    return RuleComparison(
        allocation="2025-03.shapley.9",
        period="2025-03",
        currency="EUR",
        rule="shapley",
        organisations=names,
        names=NAMES,
        alone={"o-power0": 400_00, "o-gypsum": 0, "o-bioeng": 0},
        saved={"o-power0": 900_00, "o-gypsum": 100_00, "o-bioeng": -100_00},
        rules=(
            give_shares("shapley", names, 500_00, 300_00, 100_00, recorded=True),
            give_shares("equal", names, 300_00, 300_00, 300_00, leaving=(Coalition(names[:1], 100_00),)),
            RuleShares("proportional", "proportional/1", recorded=False, shares={}, reason="no baseline costs to divide by", leaving=()),
            give_shares("nucleolus", names, 480_00, 420_01, -1, leaving=(Coalition(names[1:], 7),)),
        ),
        complete=True,
        total=900_00,
    )


def a_happening(
    entry: int, kind: str, happened: datetime | date | None, signed: datetime, recorded: datetime, *, hidden: bool = False
) -> Happening:
    """An entry of the power station."""
    return Happening(entry, kind, "delivery:d-1", "o-power0", happened, hidden=hidden, signed_at=signed, recorded_at=recorded)


def typical_timeline() -> Timeline:
    """A delivery that was signed hours after it happened, a receipt whose event is kept from the reader, and a day of readings."""
    first = a_happening(7, "delivery.dispatched", START, START + timedelta(hours=3), START + timedelta(hours=30))
    signed = START + timedelta(days=2)
    second = a_happening(9, "delivery.received", None, signed, signed + timedelta(seconds=1), hidden=True)
    later = START + timedelta(days=3)
    third = a_happening(12, "readings.recorded", date(2025, 3, 2), later, later)
    return Timeline(("delivery:d-1",), (first, second, third), NAMES, more=False)


def typical_map(*, located: bool = False) -> NetworkMap:
    """Four members and three links, on coordinates if wanted."""
    members = [MapMember(one, name, "partner", "Kalundborg", None, suspended=False) for one, name in sorted(NAMES.items())]
    if located:
        members = [
            replace(one, position=Position(Decimal("55.6") + number, Decimal("11.0") + number)) for number, one in enumerate(members)
        ]
    members.append(MapMember("o-office", "Office", "operator", "Kalundborg", None, suspended=True))
    links = (
        MapLink("a-1", "FGD gypsum", "material", "o-power0", "o-gypsum"),
        MapLink("a-2", "steam", "energy", "o-power0", "o-towns0"),
        MapLink("a-9", "pipe", "pooling", "o-towns0", "o-power0"),
    )
    return NetworkMap("o-power0", tuple(members), links, 2)


def draw_all(name: str | None = None) -> dict[str, Picture]:
    """Draw one picture of each kind; all organisations get a name, if one is given."""
    names = NAMES if name is None else dict.fromkeys(NAMES, name)
    flows = replace(typical_flows(), names=names)
    if name is not None:
        flows = replace(flows, flows=tuple(replace(flow, what=flow.what and name) for flow in flows.flows))
    network = typical_map()
    members = tuple(replace(one, name=name or one.name, place=name or one.place) for one in network.members)
    located = typical_map(located=True)
    return {
        "flows": draw_flows(flows, "TNE", WRITING, "flows"),
        "money": draw_flows(flows, "money", WRITING, "money"),
        "waterfall": draw_waterfall(replace(typical_waterfall(), name=name or "Power station"), WRITING, "waterfall"),
        "shares": draw_comparison(replace(typical_comparison(), names=names), WRITING, "shares"),
        "timeline": draw_timeline(replace(typical_timeline(), names=names), WRITING, "timeline"),
        "map": draw_map(replace(network, members=members), WRITING, "map"),
        "places": draw_map(
            replace(located, members=tuple(replace(one, name=name or one.name) for one in located.members)), WRITING, "places"
        ),
    }


@st.composite
def flows_of_any_kind(draw: st.DrawFn) -> Flows:
    """Make flows: many, large, negative, unpriced, in any unit, with any names."""
    flow = st.builds(
        Flow,
        agreement=st.one_of(st.none(), st.from_regex(r"a-[0-9]{1,3}", fullmatch=True)),
        what=st.one_of(st.none(), texts),
        exchange_type=st.sampled_from(KINDS),
        supplier=st.one_of(st.none(), organisations),
        receiver=st.one_of(st.none(), organisations),
        quantity=amounts,
        unit=st.sampled_from(["TNE", "KGM", "MWH", "GV", "MTQ", "R9", "HUR", "NM3"]),
        late=st.just(Decimal(0)),
        paid=st.one_of(st.none(), cents),
        deliveries=st.integers(0, 100),
        organisations=st.integers(1, 9),
    )
    names = draw(st.dictionaries(organisations, texts, max_size=10))
    return some_flows(*draw(st.lists(flow, max_size=45)), names=names)


@st.composite
def waterfalls_of_any_kind(draw: st.DrawFn) -> Waterfall:
    """Make waterfalls of any length and sign."""
    change = st.tuples(st.sampled_from(list(StepKind)), cents)
    difference = st.one_of(st.none(), st.just(0), cents)
    return a_waterfall(*draw(st.lists(change, min_size=1, max_size=17)), difference=draw(difference), name=draw(texts))


@st.composite
def comparisons_of_any_kind(draw: st.DrawFn) -> RuleComparison:
    """Make comparisons of up to forty organisations."""
    chosen = tuple(sorted({f"o-{number:06d}" for number in draw(st.sets(st.integers(0, 60), min_size=1, max_size=40))}))
    column = st.fixed_dictionaries(dict.fromkeys(chosen, cents))
    rules = [RuleShares("shapley", "shapley/1", recorded=True, shares=draw(column), reason=None, leaving=())]
    for rule in draw(st.lists(st.sampled_from(["equal", "proportional", "nucleolus"]), unique=True)):
        shares = draw(st.one_of(st.just({}), column))
        leaving = (Coalition(chosen[:3], 5),) if draw(st.booleans()) else ()
        rules.append(RuleShares(rule, f"{rule}/1", recorded=False, shares=shares, reason=None if shares else draw(texts), leaving=leaving))
    names = draw(st.dictionaries(st.sampled_from(chosen), texts))
    return RuleComparison(
        "x", "2025-03", "EUR", "shapley", chosen, names, draw(column), draw(column), tuple(rules), complete=True, total=draw(cents)
    )


@st.composite
def timelines_of_any_kind(draw: st.DrawFn) -> Timeline:
    """Make timelines within some years."""
    moment = st.datetimes(datetime(2020, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of aware ones
    one = st.builds(
        Happening,
        entry=st.integers(0, 10**7),
        kind=st.sampled_from(["delivery.dispatched", "vote.cast", "some.other"]),
        about=st.just("delivery:d-1"),
        author=organisations,
        happened=st.one_of(st.none(), moment, st.dates(date(2020, 1, 1), date(2044, 12, 31))),
        hidden=st.booleans(),
        signed_at=moment,
        recorded_at=moment,
    )
    return Timeline((), tuple(draw(st.lists(one, max_size=70))), draw(st.dictionaries(organisations, texts)), more=draw(st.booleans()))


@st.composite
def maps_of_any_kind(draw: st.DrawFn) -> NetworkMap:
    """Make maps of up to sixty members, some of them with coordinates."""
    names = sorted(draw(st.sets(organisations | st.from_regex(r"o-[a-z]{6}", fullmatch=True), min_size=1, max_size=60)))
    position = st.builds(Position, st.decimals(-90, 90, places=4), st.decimals(-180, 180, places=4))
    kinds = st.sampled_from(["partner", "laboratory", "auditor", "municipality", "operator", "other"])
    places = st.one_of(st.none(), position) if draw(st.booleans()) else st.none()
    members = tuple(MapMember(one, draw(texts), draw(kinds), draw(texts), draw(places), suspended=draw(st.booleans())) for one in names)
    end = st.sampled_from(names)
    link = st.builds(MapLink, st.from_regex(r"a-[0-9]", fullmatch=True), texts, st.sampled_from(KINDS), end, end)
    return NetworkMap(names[0], members, tuple(draw(st.lists(link, max_size=40))), draw(st.integers(0, 9)))

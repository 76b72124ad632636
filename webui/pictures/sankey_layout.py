"""Layout of a Sankey picture: nodes in columns, bands between them, heights by amount, rows that never overlap; deterministic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BAR = 10  #: width of a node
LEAST = 2.0  #: height of the thinnest band
SWEEPS = 6  #: of ordering nodes by where their neighbours stand


@dataclass(slots=True)
class Node:
    """A node of one column."""

    key: str
    column: int
    size: float = 0.0  #: sum of its bands on the larger side
    y: float = 0.0  #: top of the bar
    height: float = 0.0
    label: float = 0.0  #: height of its label
    slot: float = 0.0  #: height with room for its label
    top: float = 0.0  #: of the slot
    left: float = 0.0  #: height of the bands that are placed on the left side so far
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class Band:
    """A flow between two nodes of neighbouring columns."""

    source: str
    target: str
    column: int  #: of the source
    size: float
    row: int  #: of the table


@dataclass(slots=True)
class Ribbon:
    """A placed band."""

    band: Band
    y0: float  #: top at the source
    y1: float  #: top at the target
    height: float


@dataclass(slots=True)
class Layout:
    """Where everything stands."""

    nodes: dict[tuple[int, str], Node] = field(default_factory=dict)
    ribbons: list[Ribbon] = field(default_factory=list)
    height: float = 0.0

    def list_column(self, column: int) -> list[Node]:
        """List a column's nodes from the top."""
        return sorted((node for node in self.nodes.values() if node.column == column), key=lambda node: node.top)


def lay_out(bands: Sequence[Band], columns: int, *, height: float, labels: Mapping[tuple[int, str], float], above: bool) -> Layout:
    """Lay out bands.

    Args:
        bands: between neighbouring columns.
        columns: how many there are.
        height: what all bands of the fullest column together take.
        labels: height of each node's label, by column and key.
        above: whether labels stand above their nodes instead of beside them.
    """
    layout = Layout()
    for band in bands:
        for column, key in ((band.column, band.source), (band.column + 1, band.target)):
            layout.nodes.setdefault((column, key), Node(key, column))
    largest = max((_sum_column(bands, column) for column in range(columns - 1)), default=0.0)
    scale = height / largest if largest else 1.0
    for node in layout.nodes.values():
        coming = sum(max(LEAST, band.size * scale) for band in bands if (band.column + 1, band.target) == (node.column, node.key))
        going = sum(max(LEAST, band.size * scale) for band in bands if (band.column, band.source) == (node.column, node.key))
        node.height = max(coming, going)
        node.size = node.height
        node.label = labels[node.column, node.key]
        node.slot = node.height + node.label + 6 if above else max(node.height, node.label) + 8
    _order_columns(layout, bands, columns)
    _place_columns(layout, columns, above=above)
    _place_ribbons(layout, bands, scale)
    return layout


def _sum_column(bands: Sequence[Band], column: int) -> float:
    return sum(band.size for band in bands if band.column == column)


def _order_columns(layout: Layout, bands: Sequence[Band], columns: int) -> None:
    """Order each column: by size at first, then again and again by the weighted place of the neighbours, to and fro."""
    orders = [sorted((node for node in layout.nodes.values() if node.column == number), key=_by_size) for number in range(columns)]
    for sweep in range(SWEEPS):
        places = {(node.column, node.key): (position + 0.5) / len(order) for order in orders for position, node in enumerate(order)}
        forward = range(1, columns) if sweep % 2 == 0 else range(columns - 2, -1, -1)
        for number in forward:
            orders[number].sort(key=lambda node: (_find_middle(node, bands, places, forward=sweep % 2 == 0), _by_size(node)))
            places.update({(node.column, node.key): (at + 0.5) / len(orders[number]) for at, node in enumerate(orders[number])})
    for order in orders:
        for position, node in enumerate(order):
            node.top = position


def _by_size(node: Node) -> tuple[bool, float, str]:
    return node.key.startswith("~"), -node.size, node.key


def _find_middle(node: Node, bands: Sequence[Band], places: dict[tuple[int, str], float], *, forward: bool) -> float:
    weights = [
        (band.size, places[band.column, band.source] if forward else places[band.column + 1, band.target])
        for band in bands
        if ((band.column + 1, band.target) if forward else (band.column, band.source)) == (node.column, node.key)
    ]
    total = sum(weight for weight, _ in weights)
    return sum(weight * place for weight, place in weights) / total if total else 0.5


def _place_columns(layout: Layout, columns: int, *, above: bool) -> None:
    heights = [sum(node.slot for node in layout.nodes.values() if node.column == number) for number in range(columns)]
    layout.height = max(heights, default=0.0)
    for number in range(columns):
        order = layout.list_column(number)
        spare = (layout.height - heights[number]) / (len(order) + 1) if order else 0.0
        y = spare
        for node in order:
            node.top = y
            node.y = y + (node.label if above else (node.slot - node.height) / 2)
            y += node.slot + spare


def _place_ribbons(layout: Layout, bands: Sequence[Band], scale: float) -> None:
    """Stack the bands on each side of a node in the order of where they go, so that they cross as little as may be."""
    heights = {id(band): max(LEAST, band.size * scale) for band in bands}
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for band in sorted(bands, key=lambda one: (layout.nodes[one.column + 1, one.target].y, one.row)):
        node = layout.nodes[band.column, band.source]
        starts[id(band)] = node.y + node.right
        node.right += heights[id(band)]
    for band in sorted(bands, key=lambda one: (layout.nodes[one.column, one.source].y, one.row)):
        node = layout.nodes[band.column + 1, band.target]
        ends[id(band)] = node.y + node.left
        node.left += heights[id(band)]
    layout.ribbons = [Ribbon(band, starts[id(band)], ends[id(band)], heights[id(band)]) for band in bands]

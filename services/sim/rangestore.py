"""A store of values over half-open ranges of time, read at a point in time.

Guarantees, for n ranges in any order of insertion and however they overlap:

- `store[t]` visits O(log n + hits) ranges and returns the hits in the order of insertion.
- `store[low, high] = value` takes O(log(n)**2) amortised: O(log n) steps down a tree and,
  occasionally, a sort of the entries below a node that has become unbalanced.
- Bounds and times are only compared, so infinities are valid bounds.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final, Generic, NamedTuple, TypeVar

__all__ = ["QRangeStore"]

T = TypeVar("T")

_UNBALANCED: Final = 0.7  # of a subtree on one side: height is at most log(n) / log(1/0.7) + 1


class QRangeStore(Generic[T]):
    """Values over ranges `[low, high)`; a read at t returns all values whose range holds t.

    >>> store = QRangeStore[str]()
    >>> store[0, 10] = "day"
    >>> store[4, 6] = "noon"
    >>> store[5]
    ['day', 'noon']
    >>> store[6]
    ['day']
    >>> store[10]
    Traceback (most recent call last):
    IndexError: Not found.
    >>> store[3, 3] = "never"
    Traceback (most recent call last):
    IndexError: Invalid Range.

    It is a priority search tree (E. M. McCreight, SIAM J. Comput. 14, 1985): a search tree by
    `low` in which each node holds the range with the largest `high` of its subtree. A read skips
    subtrees that begin after t, and stops at nodes that end before t. Each visited node is a hit,
    a node at which the read stops, or on the one path to t. Unbalanced subtrees are rebuilt (the
    scapegoat rule of I. Galperin and R. L. Rivest, SODA 1993).
    """

    __slots__ = ("_length", "_root")

    # Otherwise Python would iterate by store[0], store[1], ... until an IndexError.
    __iter__ = None

    def __init__(self) -> None:
        self._root: _Node[T] | None = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __setitem__(self, bounds: tuple[float, float], value: T) -> None:
        """Add a value over `[low, high)`; an IndexError unless low < high (so never for NaN)."""
        low, high = bounds
        if not low < high:
            raise IndexError("Invalid Range.")
        entry = _Entry(low, self._length, high, value)
        self._length += 1
        if self._root is None:
            self._root = _Node(entry)
        else:
            _rebalance(_insert(self._root, entry))

    def __getitem__(self, t: float) -> list[T]:
        """Return the values whose range holds t, oldest first; an IndexError if none does."""
        hits = _holding(self._root, t)
        if not hits:
            raise IndexError("Not found.")
        hits.sort(key=attrgetter("order"))
        return [entry.value for entry in hits]

    def __contains__(self, t: float) -> bool:
        """Return whether any range holds t."""
        return bool(_holding(self._root, t))


class _Entry(NamedTuple, Generic[T]):
    """A range and its value; sorted by `low`, then by age (`order` is unique)."""

    low: float
    order: int
    high: float
    value: T


class _Node(Generic[T]):
    """The entry with the largest `high` of its subtree; two children share the other entries.

    Entries up to (`split_low`, `split_order`) are on the left, those beyond it on the right.
    """

    __slots__ = ("entry", "left", "right", "size", "split_low", "split_order")

    def __init__(self, entry: _Entry[T]) -> None:
        self.entry = entry
        self.split_low, self.split_order = entry.low, entry.order
        self.left: _Node[T] | None = None
        self.right: _Node[T] | None = None
        self.size = 1

    @property
    def unbalanced(self) -> bool:
        """Whether one side holds too much of the subtree."""
        left = 0 if self.left is None else self.left.size
        return max(left, self.size - 1 - left) > _UNBALANCED * self.size


def _holding(root: _Node[T] | None, t: float) -> list[_Entry[T]]:
    """Return the entries that hold t, in the tree's order."""
    hits = []
    pending = [] if root is None else [root]
    while pending:
        node = pending.pop()
        entry = node.entry
        if not t < entry.high:
            continue  # all entries below it end earlier
        if entry.low <= t:
            hits.append(entry)
        if node.left is not None:
            pending.append(node.left)
        if node.right is not None and node.split_low <= t:
            pending.append(node.right)
    return hits


def _insert(root: _Node[T], entry: _Entry[T]) -> list[_Node[T]]:
    """Add an entry below the root; return the nodes above it, the root first."""
    path = []
    node: _Node[T] | None = root
    while node is not None:
        path.append(node)
        node.size += 1
        if entry.high > node.entry.high:
            entry, node.entry = node.entry, entry  # the previous entry moves down
        goes_left = (entry.low, entry.order) <= (node.split_low, node.split_order)
        node = node.left if goes_left else node.right
    if goes_left:
        path[-1].left = _Node(entry)
    else:
        path[-1].right = _Node(entry)
    return path


def _rebalance(path: list[_Node[T]]) -> None:
    """Rebuild the highest unbalanced subtree on the path, if there is one."""
    for node in path:
        if node.unbalanced:
            rebuilt = _balanced(sorted(_entries(node)))
            node.entry, node.left, node.right = rebuilt.entry, rebuilt.left, rebuilt.right
            node.split_low, node.split_order = rebuilt.split_low, rebuilt.split_order
            return


def _entries(root: _Node[T]) -> list[_Entry[T]]:
    """Return all entries of a subtree, in any order."""
    entries = []
    pending = [root]
    while pending:
        node = pending.pop()
        entries.append(node.entry)
        pending.extend(child for child in (node.left, node.right) if child is not None)
    return entries


def _balanced(entries: list[_Entry[T]]) -> _Node[T]:
    """Build a subtree of at least one entry, given in order, with half of them on each side."""
    highs = [entry.high for entry in entries]
    node = _Node(entries.pop(highs.index(max(highs))))
    node.size += len(entries)
    half = (len(entries) + 1) // 2
    if half:
        node.split_low, node.split_order = entries[half - 1][:2]
        node.left = _balanced(entries[:half])
    if half < len(entries):
        node.right = _balanced(entries[half:])
    return node

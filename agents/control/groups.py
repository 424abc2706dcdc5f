"""Which outages are one problem, and when people are told of it.

An outage belongs to the group of its parent, or of an outage that breaks the same services at all its leaves; a group
speaks through its root alone, and is over when its last member is. Who has been announced stays their own root.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agents.control.alarms import Alarm, Alarms
from agents.control.life import Life
from agents.control.tree import Tree
from agents.control.view import View, view
from schemas.records import OutagePolicy
from streams.core.records import Millis


class Announcement(NamedTuple):
    """A new revision of a root, from when people are told of it, and as of when it is so."""

    root: Life
    view: View
    notify_at: Millis
    stamp: Millis


_NOWHERE: Final[frozenset[str]] = frozenset()


class Groups:
    """All lives, by group.

    Args:
        tree: What lies below the affected elements.
        alarms: What confirms an outage.

    Attributes:
        lives: By outage id.
        touched: Ids of lives that were changed or forgotten since somebody wrote them down.
    """

    def __init__(self, tree: Tree, alarms: Alarms) -> None:
        self.lives: dict[str, Life] = {}
        self.touched: set[str] = set()
        self._tree, self._alarms = tree, alarms
        self._members: dict[str, set[str]] = {}
        self._leaves: dict[str, frozenset[str]] = {}
        self._open: set[str] = set()
        self._said: dict[str, View] = {}
        self._within: dict[str, tuple[frozenset[str], frozenset[str], bool]] = {}

    def load(self, lives: Iterable[Life]) -> None:
        """Take over what was stored; what was said last follows from it."""
        for life in lives:
            self.lives[life.outage_id] = life
            self._enter(life, life.root or life.outage_id)
            self._measure(life)
        for life in self.lives.values():
            said = self._view(life) if life.revision else None
            if said is not None:
                self._said[life.outage_id] = said
        self.touched.clear()

    def life(self, outage_id: str) -> Life:
        """Return the life of that id, known from now on."""
        life = self.lives.get(outage_id)
        if life is None:
            life = self.lives[outage_id] = Life(outage_id)
            self._enter(life, outage_id)
        return life

    def forget(self, life: Life) -> None:
        """Let go of a life whose group is over."""
        for member in self._group(life.outage_id):
            self._move(member, member.outage_id)
        self._leave(life)
        self.touched.add(life.outage_id)
        del self.lives[life.outage_id]
        self._said.pop(life.outage_id, None)
        self._leaves.pop(life.outage_id, None)
        self._within.pop(life.outage_id, None)

    def is_over(self, life: Life) -> bool:
        """Return True when neither it nor any other member of its group is open or planned."""
        return not any(each.is_open or each.is_planned for each in (life, *self._group(life.root)))

    def under(self, touched: frozenset[str]) -> list[Life]:
        """Return the lives whose leaves may be others, now that these elements changed."""
        return [
            life for _, life in sorted(self.lives.items())
            if (life.is_open or life.is_planned) and not touched.isdisjoint(life.resources)
        ]  # fmt: skip

    def settle(self, changed: Iterable[Life], stamp: Millis, policy: OutagePolicy) -> list[Announcement]:
        """Put the changed lives into their groups and return what there is to say, what is open first."""
        dirty: set[str] = set()
        moved = {life.outage_id: life for life in changed}
        for life in moved.values():
            dirty.add(life.root)
            self.touched.add(life.outage_id)
            self._measure(life)
            if life.is_open and life.outage_id not in self._open and not self._is_running(life.root):
                self._move(life, life.outage_id)
            self._open.discard(life.outage_id)
            if life.is_open:
                self._open.add(life.outage_id)
            dirty.add(life.root)
        for life in self._release():
            dirty |= {life.root, life.outage_id}
            self._move(life, life.outage_id)
            moved[life.outage_id] = life
        dirty |= self._collapse(moved, stamp)
        said = [each for root in sorted(dirty) for each in self._announce(self.lives[root], stamp, policy)]
        return sorted(said, key=lambda each: (each.view.state != "open", each.root.outage_id))

    def confirm(self, alarm: Alarm, stamp: Millis, policy: OutagePolicy) -> list[Announcement]:
        """Return what there is to say once an alarm stands: what waits on its lineage waits no longer."""
        lineage = self._tree.lineage(alarm.resource_id)
        waiting = [self.lives[each] for each in sorted(self._open) if self._is_waiting(self.lives[each].root, stamp)]
        roots = sorted({life.root for life in waiting if not life.resources.keys().isdisjoint(lineage)})
        return [each for root in roots for each in self._announce(self.lives[root], stamp, policy)]

    # groups

    def _group(self, root: str) -> list[Life]:
        return [self.lives[each] for each in sorted(self._members.get(root, ()))]

    def _enter(self, life: Life, root: str) -> None:
        life.root = root
        self.touched.add(life.outage_id)
        self._members.setdefault(root, set()).add(life.outage_id)
        if life.is_open:
            self._open.add(life.outage_id)

    def _leave(self, life: Life) -> None:
        members = self._members.get(life.root, set())
        members.discard(life.outage_id)
        if not members:
            self._members.pop(life.root, None)
        self._open.discard(life.outage_id)

    def _move(self, life: Life, root: str) -> None:
        self._leave(life)
        self._enter(life, root)

    def _measure(self, life: Life) -> None:
        if life.is_open or life.is_planned:
            self._leaves[life.outage_id] = self._tree.leaves(life.resources)
        else:
            self._leaves.pop(life.outage_id, None)

    def _leaves_of(self, life: Life) -> frozenset[str]:
        return self._leaves.get(life.outage_id, _NOWHERE)

    def _is_running(self, root: str) -> bool:
        return any(each in self._open for each in self._members.get(root, ()))

    def _is_waiting(self, root: str, stamp: Millis) -> bool:
        return self.lives[root].notify_at > stamp

    def _release(self) -> list[Life]:
        """Return what was part of works that are over: nobody was told of it, so that it is its own from now on."""
        found = []
        for outage_id in sorted(self._open):
            life = self.lives[outage_id]
            root = self.lives[life.root]
            if root is not life and root.is_works and not root.is_open:
                found.append(life)
        return found

    def _collapse(self, changed: Mapping[str, Life], stamp: Millis) -> set[str]:
        """Put groups that nobody was told of into those that they are a part of; return all roots concerned.

        Only what changed can have become a part of something, or something of which others are a part.
        """
        moved: set[str] = set()
        alone = [self.lives[each] for each in self._open if self._is_unannounced(self.lives[each], stamp)]
        for life in sorted(alone, key=_rank):
            if life.root != life.outage_id:
                continue  # it went along with another one just now
            others = self._open if life.outage_id in changed else changed
            root = self._root_for(life, [self.lives[each] for each in others], stamp)
            if root is not None:
                moved |= {life.outage_id, root}
                for member in self._group(life.outage_id):
                    self._move(member, root)
                life.notify_at = life.over_on = 0
        return moved

    def _is_unannounced(self, life: Life, stamp: Millis) -> bool:
        if life.root != life.outage_id or life.is_works:
            return False
        said = self._said.get(life.outage_id)
        return said is None or said.state != "open" or life.notify_at > stamp

    def _root_for(self, life: Life, others: Sequence[Life], stamp: Millis) -> str | None:
        """Return the root of the parent, or of the widest of `others` that breaks all that `life` does."""
        parent = self.lives.get(life.parent_id or "")
        if parent is not None and parent.is_open and parent.root != life.outage_id:
            return parent.root
        wider = [other for other in self._covering(life, others) if self._is_wider(other, life, stamp)]
        wider.sort(key=lambda other: (-len(self._leaves_of(other)), *_rank(other)))
        return wider[0].root if wider else None

    def _covering(self, life: Life, others: Sequence[Life]) -> Iterator[Life]:
        """Yield the outages of other groups that break the same services at all leaves of `life`."""
        leaves = self._leaves_of(life)
        some = next(iter(leaves), None)
        for other in others:
            if not other.is_open or other.is_works or other.root == life.outage_id:
                continue
            if some not in self._leaves_of(other):
                continue  # most are elsewhere
            if leaves <= self._leaves_of(other) and set(life.service_kinds) <= set(other.service_kinds):
                yield other

    def _is_wider(self, other: Life, life: Life, stamp: Millis) -> bool:
        """Of two that are alike, the one that was announced is the root, then the older one."""
        if self._leaves_of(other) != self._leaves_of(life) or set(other.service_kinds) != set(life.service_kinds):
            return True
        return not self._is_unannounced(other, stamp) or _rank(other) < _rank(life)

    # what is said

    def _view(self, root: Life) -> View | None:
        return view(root, self._group(root.outage_id), self._together)

    def _together(self, root: Life, speaking: Sequence[Life]) -> frozenset[str]:
        """Return the leaves of members; the root's own, unchanged, while all others lie within them."""
        own = self._leaves_of(root)
        others = [self._leaves_of(each) for each in speaking if not self._lies_within(each, own)]
        return own.union(*others) if others else own

    def _lies_within(self, life: Life, own: frozenset[str]) -> bool:
        """Return True when the leaves lie within `own`; that is looked at once, for a group may have many members."""
        leaves = self._leaves_of(life)
        known = self._within.get(life.outage_id)
        if known is None or known[0] is not leaves or known[1] is not own:
            known = self._within[life.outage_id] = (leaves, own, leaves <= own)
        return known[2]

    def _announce(self, root: Life, stamp: Millis, policy: OutagePolicy) -> Iterator[Announcement]:
        """Say how a group stands when that is news, and decide when people are told."""
        now, before = self._view(root), self._said.get(root.outage_id)
        if now is None or (before is None and now.state not in ("open", "planned")):
            return  # nobody has heard of it, nor need they
        self.touched.add(root.outage_id)
        waited_until = root.notify_at
        notify_at = self._timed(root, before, now, stamp, policy)
        if now == before and root.notify_at == waited_until:
            return
        root.revision = max(root.revision + 1, stamp)  # grows even when the root was forgotten meanwhile
        self._said[root.outage_id] = now
        yield Announcement(root, now, notify_at, stamp)

    def _timed(self, root: Life, before: View | None, now: View, stamp: Millis, policy: OutagePolicy) -> Millis:
        """Return from when people are told, and keep what later revisions need for it."""
        was_open = before is not None and before.state == "open"
        settle = 1000 * policy.settle_seconds
        if now.state != "open":
            root.over_on = stamp if was_open else root.over_on
            is_told = 0 < root.notify_at <= root.over_on
            return max(stamp, root.over_on + settle) if now.state == "resolved" and is_told else stamp
        if root.is_works and root.is_open:
            root.notify_at = 0
            return stamp
        if not was_open:
            if not root.over_on or stamp >= root.over_on + settle or not root.notify_at:
                root.notify_at, root.opened_on = stamp + 1000 * policy.hold_down_seconds, stamp
            root.over_on = 0
        elif before is not None and before.leaves - now.leaves and root.notify_at <= stamp:
            root.settles_at = stamp + settle
        if root.notify_at > stamp:
            root.notify_at = min(root.notify_at, self._earliest(root, now, stamp, policy))
        return max(stamp, root.notify_at, root.settles_at)

    def _earliest(self, root: Life, now: View, stamp: Millis, policy: OutagePolicy) -> Millis:
        """Return when the hold-down ends early: at once if it is severe, or with the first alarm that confirms it."""
        if now.severity in policy.severe:
            return stamp
        affected = {each for life in self._group(root.root) if life.is_open for each in life.resources}
        standing = [
            alarm.stands_since for alarm in self._alarms.standing()
            if alarm.stands_since is not None and not affected.isdisjoint(self._tree.lineage(alarm.resource_id))
        ]  # fmt: skip
        return max(min(standing), root.opened_on) if standing else root.notify_at


def _rank(life: Life) -> tuple[Millis, str]:
    return life.started_at, life.outage_id

"""Why something is not done yet, or is: every rule's word on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.desire import Desire, verdicts
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.spec.units import show_size
from reconciler.state import Fact, Job, Known, Plot, Space
from reconciler.views import farms, transfers, words
from reconciler.views.details import told
from reconciler.views.names import Names
from reconciler.views.symbols import Symbols
from reconciler.views.table import table
from reconciler.want import Move, Retire, Spawn, Steer, Sweep, Verdict, Want


class ExplainView:
    """Blocks of lines, one a subject: a headline, and a line for each rule."""

    def __init__(self, facts: Facts, wish: Desire, symbols: Symbols) -> None:
        self._facts = facts
        self._resumed = wish.resumed
        self._symbols = symbols
        self._names = Names(facts.spec)
        self._binding = {(held.want.kind, held.want.subject): held.verdict for held in wish.waiting}
        self._alike = {plot.name for held in wish.held for plot in held.alike}
        self.wants: tuple[Want, ...] = (*wish.wants.values(), *(held.want for held in wish.waiting))

    def want(self, want: Want) -> str:
        """One candidate: what it would be, and each limit's verdict, the binding one marked."""
        binding = self._binding.get((want.kind, want.subject))
        bound = binding.rule if binding is not None else ""
        rows = [self._verdict(verdict, verdict.rule == bound) for verdict in self._verdicts(want, binding)]
        state = "would be done now" if binding is None else f"waits: {words.rule(binding.rule)}"
        return _block(f"{self._subject(want)}: {state}", rows)

    def everything(self) -> str:
        """All tmp directories and all plots that wait; where nothing is proposed, why."""
        spec = self._facts.spec
        blocks = [self.want(want) for want in self.wants]
        if spec.plotting is None:
            blocks.append("plotting: the spec asks for none\n")
        if not spec.archive:
            blocks.append("archiving: the spec names no farmer; plots stay where they land\n")
        elif not any(want.kind == "archive" for want in self.wants):
            blocks.append("archiving: no plot waits\n")
        return "\n".join(blocks)

    def directory(self, path: str) -> str:
        """One directory: its room, then whatever would begin or end there."""
        found = [self.want(want) for want in self.wants if path in _places(want)]
        return "\n".join((_block(words.clean(path), list(self._room(path))), *found))

    def job(self, job: Job) -> str:
        """One job: what people want of it, the room where it grows, and what is to be done with it."""
        facts = self._facts
        wish = facts.wish(job)
        rows = [("wish", words.clean(told(facts, wish)) if wish is not None else "none")]
        for device, size in sorted(facts.claims.get(job.id, {}).items()):
            path = facts.devices[device][0]
            rows.append(("room", f"{show_size(size)} still to grow; {self._room_text(path)}"))
        steers = (want for want in self.wants if isinstance(want, Steer) and want.job.id == job.id)
        rows.append(("now", next(map(self._steer, steers), "nothing to do")))
        state = job.run + (f" by {job.suspended_by}" if job.suspended_by is not None else "")
        phase = words.known(job.phase, "?:?")
        return _block(f"job {words.job_id(job)} on {self._tmps(job)} at {phase}, {state}", rows)

    def _steer(self, want: Steer) -> str:
        """What is to be done with a job, or waits."""
        binding = self._binding.get((want.kind, want.subject))
        told = f"{want.kind}: {words.clean(want.note)}"
        return told if binding is None else f"{told}; waits: {' '.join(self._verdict(binding, False)[::2])}"

    def plot(self, plot: Plot) -> str:
        """One plot of this machine: what stands between it and a farmer, or how far it is on its way."""
        facts = self._facts
        found = [self.want(want) for want, move in self._moves() if move.plot.name == plot.name]
        if found:
            return "\n".join(found)
        name, source = words.plot_name(plot.name, self._symbols), self._names.short(plot.directory, "dst")
        moving = facts.moving.get(plot.name)
        if moving is not None:
            table_text = transfers.text(
                [row for row in transfers.rows(facts) if row.plot == plot.name],
                self._names,
                self._symbols,
                None,
            )
            return _block(
                f"plot {name} in {source}: on its way", [(line,) for line in table_text.splitlines()]
            )
        rows = [("state", f"{plot.state}: {words.clean(plot.why)}")]
        for archive in facts.traffic.farmers if plot.state == "ready" else ():
            refusal = facts.traffic.refusal(archive, plot)
            rows.append(
                (words.clean(archive.name), words.clean(refusal or "takes it, and has no disk to offer"))
            )
        if not facts.spec.archive:
            rows.append(("archiving", "the spec names no farmer"))
        return _block(f"plot {name} in {source}: stays", rows)

    def farmer(self, farmer: Farmer) -> str:
        """One farmer: how it answers, its disks, then the plots that would go there."""
        facts, name = self._facts, farmer.name
        rows = [("asked", farms.asked(facts, farmer))]
        if trouble := farms.trouble(facts, farmer):
            known = isinstance(farmer.disks, Known)
            rows.append(("trouble", trouble) if known else ("disks", f"not known: {trouble}"))
        if setback := farms.setback(facts, (name, "")):
            rows.append(("transfers", setback))
        for disk in farmer.disks.value if isinstance(farmer.disks, Known) else ():
            rows.append((words.clean(disk.path), self._disk(name, disk)))
        bound = [self.want(want) for want, move in self._moves() if move.farmer == name]
        return "\n".join((_block(f"farmer {words.clean(name)}", rows), *bound))

    def _moves(self) -> Iterator[tuple[Want, Move]]:
        """Every candidate that brings a plot to a farmer or makes room for it there, with that move."""
        for want in self.wants:
            if isinstance(want, Move | Retire):
                yield want, want.heir if isinstance(want, Retire) else want

    def _disk(self, farmer: str, disk: Disk) -> str:
        """What is known of one disk: plots, room, what comes, and why it is left alone."""
        facts = self._facts
        if disk.boundless:
            parts = ["its room is not ours to judge"]
        else:
            count = [words.plural(disk.count, "plot")] if isinstance(disk.space, Known) else []
            parts = [*count, _free(disk.space)]
        coming = farms.Coming.to(facts, (farmer, disk.path), disk)
        if coming.count or coming.left:
            parts.append(f"on the way {coming.text(self._symbols)}")
        if isinstance(disk.old, Known):
            parts.append(f"{words.plural(len(disk.old.value), 'plot')} with a head that can be read")
        if setback := farms.setback(facts, (farmer, disk.path)):
            parts.append(setback)
        return ", ".join(parts)

    def _verdicts(self, want: Want, binding: Verdict | None) -> Sequence[Verdict]:
        """What each limit says of this candidate alone; the binding one as it fell in this tick.

        A limit may pass a candidate that stands alone and yet hold it behind what this tick lets through. Where that
        was said of another plot, which this one is like, its own numbers are told, if they hold it, too.
        """
        alone = verdicts(self._facts, want, self._resumed)
        if binding is None:
            return alone
        own = want.kind == "archive" and want.subject in self._alike
        return tuple(
            binding if verdict.rule == binding.rule and (verdict.ok or not own) else verdict
            for verdict in alone
        )

    def _verdict(self, verdict: Verdict, binds: bool) -> tuple[str, ...]:
        word = "passes" if verdict.ok else "holds"
        here = f" {self._symbols.here}" if binds else ""
        next_at = None if verdict.ok else verdict.next_at
        return words.rule(verdict.rule), word + here, words.waits(verdict.text, next_at, self._facts.now.at)

    def _subject(self, want: Want) -> str:
        match want:
            case Spawn():
                tmp, dst = self._names.short(want.tmp, "tmp"), self._names.short(want.dst, "dst")
                return f"spawn on {tmp} -> {dst}"
            case Move():
                plot = words.plot_name(want.plot.name, self._symbols)
                source = self._names.short(want.plot.directory, "dst")
                return f"archive {plot} {source} -> {words.clean(want.target)}"
            case Steer():
                return f"{want.kind} job {words.job_id(want.job)} on {self._tmps(want.job)}"
            case Retire():
                old = words.plot_name(want.plot.name, self._symbols)
                heir = words.plot_name(want.heir.plot.name, self._symbols)
                return f"retire {old} from {words.clean(want.target)} for {heir}"
            case Sweep():
                return f"clean {words.clean(want.subject)}"

    def _tmps(self, job: Job) -> str:
        return ", ".join(self._names.short(path, "tmp") for path in job.tmps) or "?"

    def _room(self, path: str) -> Iterator[tuple[str, str]]:
        yield "room", self._room_text(path)
        here = (*self._facts.on_tmp.get(path, ()), *self._facts.on_dst.get(path, ()))
        shown = (f"{words.job_id(job)} at {words.known(job.phase, '?:?')}" for job in here)
        yield "jobs", ", ".join(dict.fromkeys(shown)) or "none"

    def _room_text(self, path: str) -> str:
        facts = self._facts
        directory = facts.directory(path)
        if directory is None:
            return f"{words.clean(path)} was not observed"
        if not isinstance(directory.space, Known):
            return f"not known: {words.clean(directory.space.why)}"
        space = directory.space.value
        promised = show_size(facts.promised.get(space.device, 0))
        floor, mark = show_size(facts.spec.floor(path)), show_size(facts.spec.resume(path))
        readonly = "" if space.writable else ", not writable"
        return (
            f"{show_size(space.free)} free, {promised} promised, floor {floor}, resume above {mark}{readonly}"
        )


def _places(want: Want) -> tuple[str | None, ...]:
    match want:
        case Spawn():
            return want.tmp, want.tmp2, want.dst
        case Move():
            return (want.plot.directory,)
        case Retire():
            return (want.heir.plot.directory,)
        case Sweep():
            return (want.temp.directory,)
        case Steer():
            return want.job.tmps


def _free(space: Fact[Space]) -> str:
    if not isinstance(space, Known):
        return words.clean(space.why)
    return f"{show_size(space.value.free)} free{'' if space.value.writable else ', read-only'}"


def _block(headline: str, rows: Sequence[Sequence[str]]) -> str:
    return "\n".join((headline, *(f"  {line}" for line in table(rows)))) + "\n"

"""Why something is, or is not done yet: the text behind `e`. Pure."""

from __future__ import annotations

from reconciler.dashboard.rows import Subject
from reconciler.dashboard.snapshot import Snapshot
from reconciler.spec.units import show_duration, show_size
from reconciler.state import Job
from reconciler.views import details, words
from reconciler.views.explain import ExplainView
from reconciler.views.symbols import Symbols
from reconciler.want import Move


def text(snapshot: Snapshot, symbols: Symbols, subject: Subject | None) -> str:
    """What each rule says of it, with numbers; of nothing: of all that waits."""
    facts = snapshot.facts
    view = ExplainView(facts, snapshot.wish, symbols)
    match subject:
        case None:
            return view.everything()
        case Subject("job", name):
            job = job_of(snapshot, name)
            if job is None:
                return f"job {name[: words.SHORT]} is gone\n"
            used = snapshot.usage.get(job.ident) if job.ident is not None else None
            return f"{view.job(job)}\n{details.text(facts, job, used)}"
        case Subject("directory", name):
            return view.directory(name)
        case Subject("farmer", name):
            farmer = facts.farmer(name)
            return (
                view.farmer(farmer) if farmer is not None else f"{words.clean(name)} is no farmer any more\n"
            )
        case Subject(name=name):
            moves = [
                view.want(want) for want in view.wants if isinstance(want, Move) and want.plot.name == name
            ]
            return "\n".join(moves) or _moved(snapshot, name)


def job_of(snapshot: Snapshot, job_id: str) -> Job | None:
    """The job of that id, if it still runs."""
    return next((job for job in snapshot.facts.all_jobs if job.id == job_id), None)


def at_stake(snapshot: Snapshot, job: Job) -> str:
    """What a kill would cost."""
    age = show_duration(max(0.0, snapshot.facts.now.at - job.since.at))
    size = snapshot.temps.get(job.id)
    taken = "not measured yet" if size is None else show_size(size)
    where = " ".join(words.clean(path) for path in job.tmps) or "?"
    return (
        f"phase      {words.known(job.phase, '?:?')}\n"
        f"age        {age}\n"
        f"tmp        {where}\n"
        f"tmp files  {taken}\n\n"
        "The job ends and its temporary files are removed."
    )


def _moved(snapshot: Snapshot, name: str) -> str:
    """What is known of a plot that waits no more."""
    last = snapshot.facts.last_transfer.get(name)
    if last is None:
        return f"{words.clean(name)}\n  does not wait to be moved\n"
    ago = show_duration(max(0.0, snapshot.facts.now.at - last.since.at))
    step = f", {words.clean(last.step)}" if last.step else ""
    error = f": {words.clean(last.error)}" if last.error is not None else ""
    return (
        f"{words.clean(name)}\n"
        f"  from    {words.clean(last.source)}\n"
        f"  to      {words.clean(f'{last.farmer}:{last.disk}')}\n"
        f"  begun   {ago} ago\n"
        f"  state   {last.outcome}{step}{error}\n"
        f"  log     {words.clean(last.log)}\n"
    )

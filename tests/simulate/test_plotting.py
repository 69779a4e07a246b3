"""A played job is one as its definition tells: its log, its files, its room and its plot."""

from __future__ import annotations

import pytest

from reconciler.plotters import Order, Plotters, names
from reconciler.plotters.head import SIZE, fault
from reconciler.simulate import Computer, Fate, Pace
from reconciler.simulate.disks import File
from reconciler.simulate.processes import Process

PLOTTERS = Plotters.load()
TMP, TMP2, DST = "/mnt/tmp", "/mnt/tmp2", "/mnt/dst"


def _order(tmp2: str | None = None, dst: str = DST) -> Order:
    return Order(k=32, tmp=TMP, tmp2=tmp2, dst=dst, farmer_key="8d3e", pool_key="aa11")


EVERY = [
    (name, tmp2)
    for name in sorted(PLOTTERS)
    for tmp2 in (None, TMP2)
    if not PLOTTERS[name].unfit(_order(tmp2))
]


def _start(plotter: str, *, tmp2: str | None = None, dst: str = DST) -> tuple[Computer, Process, File]:
    computer = Computer(PLOTTERS, pace=Pace(k32=1000.0))
    for path in (TMP, TMP2, DST):
        computer.disks.mount(path, 10**13)
    argv = PLOTTERS[plotter].build(_order(tmp2, dst))
    log = computer.disks.create("/job.log")
    return computer, computer.run(argv, output=log), log


def _used(computer: Computer) -> tuple[int, int]:
    return computer.disks.device(TMP).used, computer.disks.device(TMP2).used


@pytest.mark.parametrize(("plotter", "tmp2"), EVERY)
@pytest.mark.parametrize("dst", [DST, TMP])
def test_a_job_ends_with_a_whole_plot_a_whole_log_and_no_other_file(
    plotter: str, tmp2: str | None, dst: str
) -> None:
    computer, process, log = _start(plotter, tmp2=tmp2, dst=dst)
    computer.clock.advance(1001.0)
    assert computer.processes.get(process.ident) is None
    (name, plot), *others = [item for path in (TMP, TMP2, DST) for item in computer.disks.listing(path)]
    assert not others
    assert plot is not None
    parsed = names.parse(name)
    assert parsed is not None
    assert fault(plot.bytes(0, SIZE), parsed) is None
    low, high = PLOTTERS[plotter].band(32)
    assert low <= plot.size <= high
    (told,) = PLOTTERS[plotter].fold(PLOTTERS[plotter].begin(), bytes(log.data)).plots
    assert (told.plot_id, told.delivered or told.plotting_done) == (parsed.plot_id, True)
    assert sum(device.used for device in computer.disks.devices) == plot.size + log.size


@pytest.mark.parametrize(("plotter", "tmp2"), EVERY)
def test_a_job_never_takes_more_than_its_definition_said_that_it_still_may(
    plotter: str, tmp2: str | None
) -> None:
    computer, process, _ = _start(plotter, tmp2=tmp2)
    definition, allowed = PLOTTERS[plotter], []
    most = definition.peak(32, tmp2 is not None)
    while computer.processes.get(process.ident) is not None:
        (_, job), *_ = computer.jobs
        used, rest = _used(computer), definition.growth(32, job.phase, tmp2 is not None)
        allowed.append((used[0] + rest.tmp, used[1] + rest.tmp2))
        assert all(used[0] <= tmp and used[1] <= second for tmp, second in allowed)
        computer.clock.advance(1.0)
    assert most.tmp * 0.9 <= max(tmp for tmp, _ in allowed)


def test_a_stopped_job_stands_still_and_goes_on_where_it_was() -> None:
    computer, process, log = _start("chia")
    computer.clock.advance(300.0)
    computer.processes.stop(process)
    size, used = log.size, _used(computer)
    computer.clock.advance(5000.0)
    assert (log.size, _used(computer)) == (size, used)
    computer.processes.go_on(process)
    computer.clock.advance(690.0)
    assert computer.processes.get(process.ident) is process
    computer.clock.advance(20.0)
    assert computer.processes.get(process.ident) is None


def test_a_job_waits_for_a_full_or_hung_disk_and_then_goes_on() -> None:
    for fault_of, value in (("others", 10**13), ("hung", True)):
        computer, process, _ = _start("chia")
        computer.clock.advance(300.0)
        device = computer.disks.device(TMP)
        before = getattr(device, fault_of)
        setattr(device, fault_of, value)
        computer.clock.advance(3000.0)
        assert computer.processes.get(process.ident) is process
        setattr(device, fault_of, before)
        computer.clock.advance(1400.0)
        assert computer.processes.get(process.ident) is None


@pytest.mark.parametrize("phase", ["1:0", "2:3", "5:0"])
def test_a_doomed_job_says_so_and_leaves_its_files(phase: str) -> None:
    computer = Computer(PLOTTERS, pace=Pace(k32=1000.0))
    computer.disks.make_folder(TMP)
    computer.faults.fate = lambda _: Fate(at=phase, words="Caught plotting error: x")
    log = computer.disks.create("/job.log")
    argv = PLOTTERS["chia"].build(_order(dst=TMP))
    computer.run(argv, output=log)
    computer.clock.advance(1001.0)
    assert not computer.jobs
    (told,) = PLOTTERS["chia"].fold(PLOTTERS["chia"].begin(), bytes(log.data)).plots
    assert (str(told.phase), told.error, told.plotting_done) == (phase, "x", False)
    assert not [name for name, _ in computer.disks.listing(TMP) if name.endswith(".plot")]


def test_the_same_seed_makes_the_same_plots_and_another_makes_others() -> None:
    ids = []
    for seed in (1, 1, 2):
        computer = Computer(PLOTTERS, seed=seed)
        computer.disks.make_folder(TMP)
        argv = PLOTTERS["chia"].build(_order(dst=TMP))
        ids.append(
            [job.plot_id for _ in range(2) for job in [computer.run(argv).doing] if hasattr(job, "plot_id")]
        )
    assert ids[0] == ids[1]
    assert len({*ids[0], *ids[2]}) == 4

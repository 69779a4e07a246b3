"""Adding a plotter touches one YAML and one folder of cases, and no Python."""

from __future__ import annotations

from pathlib import Path

from reconciler.plotters import Growth, Plotters
from reconciler.plotters.names import parse
from reconciler.state import Phase
from tests.plotters import cases, orders

DEFINITION = r"""
version: 1
name: turbo
about: a plotter that nobody has heard of
mode: disk
own_folder: true
probe: {arguments: [--version], matches: '^turbo [45]\.'}
command:
  programs: [turbo]
  executable: turbo
  ks: [32]
  words: [make]
  options:
  - {flags: [--work], value: tmp}
  - {flags: [--into], value: dst, repeats: true}
  - {flags: [-j], value: jobs, type: int, minimum: 1, maximum: 64, default: 4}
  - {flags: [-l], value: squeeze, type: int, bare: 2, minimum: 0, maximum: 3}
  - {flags: [--owner], value: contract}
  - {flags: [--farmer], value: farmer_key}
  - {flags: [--times], value: count, always: 1}
threads: jobs
compression:
  option: squeeze
  digits: 2
  levels: [{level: 2, plot: 0.5}]
temps: ['work-\d+\.turbo']
log:
  rules:
  - {match: 'turbo (?P<version>\S+)$', scope: run}
  - {match: 'Plot (?P<plot_id>[0-9a-f]{64}) of k(?P<k>\d+)', opens: always}
  - {match: 'Half of it', phase: '2:0'}
  - {match: 'Waiting for room', marks: [error, stuck]}
  - {match: 'Whole: (?P<final_plot>.+)$', phase: '5:0', marks: [done, delivered]}
space:
  source: made up
  rooms:
  - {k: 32, plot: 100000000000, alone: 300000000000}
  rests:
  - {at: '2:0', alone: 0.5, tmp: 0.5, tmp2: 1}
sample:
- {text: 'turbo 4.2'}
- {text: 'Plot {plot_id} of k{k}', share: 0.5}
- {text: 'Half of it', share: 0.5}
- {text: 'Whole: {dst}/{name}'}
"""
ARGV = """
- case: as it is typed most
  argv: [/opt/turbo, make, --work, w, --into, /d, --into, /e, -j8, -l, --newer]
  cwd: /home/u
  expect:
    {k: 32, tmp: /home/u/w, dst: /d, dsts: [/d, /e], options: {jobs: 8, squeeze: 2}, extras: [--newer]}
- case: something else
  argv: [turbo, check]
  cwd: /home/u
  expect: null
"""
LOG = f"turbo 4.2\nPlot {'c3' * 32} of k32\nHalf of it\nWaiting for room\n"
SAYS = f"""
startup_error: null
phases: ['2:0']
plots:
- {{plot_id: {"c3" * 32}, version: '4.2', mode: disk, phase: '2:0', stuck: true, error: Waiting for room}}
"""


def test_a_plotter_is_added_by_one_file_and_one_folder_of_cases(tmp_path: Path) -> None:
    definitions, folder = tmp_path / "plotters", tmp_path / "cases" / "turbo"
    definitions.mkdir()
    folder.mkdir(parents=True)
    (definitions / "turbo.yaml").write_text(DEFINITION, encoding="utf-8")
    (folder / "argv.yaml").write_text(ARGV, encoding="utf-8")
    (folder / "stuck.log").write_text(LOG, encoding="utf-8")
    (folder / "stuck.yaml").write_text(SAYS, encoding="utf-8")

    plotters = Plotters.load([str(definitions)])
    argvs, logs = list(cases.argvs(folder.parent)), list(cases.logs(folder.parent))
    assert (len(argvs), len(logs)) == (2, 1)
    for name, case in argvs:
        cases.argv_is_read(plotters, name, case)
    for name, data, expect in logs:
        cases.log_is_read(plotters, name, data, expect)

    turbo = plotters["turbo"]
    order = orders.of(turbo, k=32, options={"jobs": 8})
    argv = turbo.build(order)
    assert plotters.recognise(argv) is turbo
    assert (turbo.read(argv, None).tmp, turbo.read(argv, None).options) == ("/t", {"jobs": 8})
    assert turbo.unfit(orders.of(turbo, k=31)) == ("k is 31; this plotter makes 32",)
    assert turbo.threads({"jobs": 8}) == 8
    assert turbo.shows(Phase(2, 0))
    assert not turbo.shows(Phase(1, 3))
    assert turbo.growth(32, Phase(2, 0), False) == Growth(150_000_000_000, 0)
    assert turbo.final_bytes(32, 2) == 50_000_000_000
    assert turbo.temp("work-7.turbo") is not None
    assert turbo.own_folder
    question = turbo.question(32)
    assert question is not None
    assert question.answered("turbo 5.1\n")
    assert plotters.of_log(LOG.encode()) is turbo
    plot = parse(f"plot-k32-c02-{'0f' * 32}.plot")
    assert plot is not None
    low, high = plotters.band(plot.k, plot.compression, plot.kind, plot.digits)
    assert low <= 50_000_000_000 <= high
    assert not Plotters.load().keys() & {"turbo"}

"""Which rounds are run, in which order, and where: here one by one, or over a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import joblib

from tenfold.comparison.curves import SHARES, share_name
from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.forecast import round_seconds
from tenfold.comparison.job import Job
from tenfold.comparison.processes import Packed, Processes, pack_job, run_job
from tenfold.contest.contender import Contender
from tenfold.contest.contest import MANY_ROWS, Contest
from tenfold.contest.round import Round
from tenfold.kinds.registry import kind_named
from tenfold.training.workers import spread_over

RACE: Final = "race"
FEATURES: Final = "features"
ONE_CORE: Final = "one core"
ALL_CORES: Final = "all cores"
PROCESSOR: Final = "processor"
# Folds of the features' gain, which is paired, so that few show it, and of the curves; fewer
# of a larger table, whose folds differ less and cost more.
FEATURE_FOLDS, FEATURE_FOLDS_OF_MANY = 3, 2
CURVE_FOLDS, CURVE_FOLDS_OF_MANY = 5, 3
INTERRUPTED: Final = "Ctrl-C"


def race_rounds(contender: Contender, problem: Contest, *, axes: bool) -> tuple[Round, ...]:
    """Return what every contender runs: the race, and with or without engineered features."""
    race = Round(name=RACE, folds=contender.most_folds)
    if not axes or contender.kind == "constant" or not problem.has_other_features(contender):
        return (race,)
    folds = FEATURE_FOLDS if len(problem) <= MANY_ROWS else FEATURE_FOLDS_OF_MANY
    folds = min(contender.most_folds or folds, folds)
    return race, Round(name=FEATURES, other_features=True, folds=folds)


def first_rounds(contender: Contender, problem: Contest, *, axes: bool) -> tuple[Round, ...]:
    """Return what a contender runs before the best are known; a favourite runs all at once."""
    first = race_rounds(contender, problem, axes=axes)
    return (
        (*first, *final_rounds(contender, problem)) if axes and contender.favourite else first
    )


def final_rounds(contender: Contender, problem: Contest) -> tuple[Round, ...]:
    """Return what the best of each side runs: learning curves, and a fold on one core.

    A network that trains on a GPU runs on the processor once more.
    """
    on_gpu = problem.options.train.device != "cpu"
    most = CURVE_FOLDS if len(problem) <= MANY_ROWS else CURVE_FOLDS_OF_MANY
    most = min(contender.most_folds or most, most)
    shares = [Round(name=share_name(s), share=s, folds=most) for s in SHARES[:-1]]
    part = problem.timed_share
    timed = Round(name=PROCESSOR, folds=contender.most_folds, afresh=True, device="cpu")
    fold = replace(timed, name=ALL_CORES, folds=1, share=part, tested=part)
    rounds = [*shares, fold, replace(fold, name=ONE_CORE, one_core=True)]
    if on_gpu and contender.network is not None:
        rounds.append(timed)
    return tuple(rounds)


@dataclass(slots=True, eq=False)
class Race:
    """Runs jobs, and keeps note of how far all is.

    Attributes
    ----------
    problem : Contest
    limit : float or None
        Seconds that a round may train.
    follow : ComparisonCallback
    expected : float
        Seconds that all is expected to take.
    interrupted : bool
        Whether Ctrl-C ended it early.
    """

    problem: Contest
    limit: float | None
    follow: ComparisonCallback
    expected: float = 0.0
    interrupted: bool = False
    _done: float = field(default=0.0, init=False)

    def run(
        self, rounds: Sequence[tuple[Contender, tuple[Round, ...]]]
    ) -> dict[str, dict[str, Entry]]:
        """Run the rounds of some contenders; here one after the other, or spread by joblib.

        Ctrl-C ends what runs, and leaves out what has not begun.

        Returns
        -------
        dict of str to (dict of str to Entry)
            By contender and by round.
        """
        if spread_over() > 1:
            return self._spread(rounds)
        found: dict[str, dict[str, Entry]] = {}
        with Processes() as processes:
            for contender, wanted in rounds:
                found[contender.name] = self._run_here(processes, contender, wanted)
        return found

    def _run_here(
        self, processes: Processes, contender: Contender, rounds: tuple[Round, ...]
    ) -> dict[str, Entry]:
        job = self._job(contender, rounds)
        before = self._done
        lasting = [round_seconds(contender, this, self.problem, self.limit) for this in rounds]
        reached: dict[str, Entry] = {}
        every = len(self.problem.splits)
        wanted = {this.name: min(this.folds or every, every) for this in rounds}

        def hear(name: str, entry: Entry) -> None:
            reached[name] = entry
            at = list(wanted).index(name)
            share = entry.folds / wanted[name]
            self._done = before + sum(lasting[:at]) + share * lasting[at]
            self._tell(contender, name)
            if name == RACE:
                self.follow.reached(entry, done=False)

        self._tell(contender, rounds[0].name)
        if not self.interrupted:
            try:
                reached = processes.run(job, hear)
            except KeyboardInterrupt:
                self.interrupted = True
        self._done = before + sum(lasting)
        for this in rounds:
            entry = reached.get(this.name)
            if self.interrupted and (entry is None or entry.folds < wanted[this.name]):
                entry = entry or Entry(name=contender.name, kind=contender.kind)
                reached[this.name] = entry.failed(entry.error or INTERRUPTED)
        if RACE in reached:
            self.follow.reached(reached[RACE], done=True)
        return reached

    def _job(self, contender: Contender, rounds: tuple[Round, ...]) -> Job:
        problem, kind = self.problem, None
        other = any(this.other_features for this in rounds)
        if contender.network is not None:
            kind = kind_named(problem.kind)
            problem = problem if other else replace(problem, X=problem.X[:0])
        elif not other:
            problem = replace(problem, data=None)
        return Job(
            contender=contender, problem=problem, rounds=rounds, limit=self.limit, kind=kind
        )

    def _tell(self, contender: Contender, name: str) -> None:
        what = contender.name if name == RACE else f"{contender.name}, {name}"
        self.follow.working(what, min(1.0, self._done / max(self.expected, 1e-9)))

    def _spread(
        self, rounds: Sequence[tuple[Contender, tuple[Round, ...]]]
    ) -> dict[str, dict[str, Entry]]:
        """Give each round to joblib as a job of its own."""
        jobs = [self._job(contender, (this,)) for contender, all_ in rounds for this in all_]
        packed = [pack_job(job) for job in jobs]
        calls = (joblib.delayed(run_job)(one) for one in packed if isinstance(one, Packed))
        done = iter(joblib.Parallel()(calls))
        found: dict[str, dict[str, Entry]] = {}
        for job, one in zip(jobs, packed, strict=True):
            reached = next(done) if isinstance(one, Packed) else one
            found.setdefault(job.contender.name, {}).update(reached)
            if RACE in reached:
                self.follow.reached(reached[RACE], done=True)
        return found

"""What is written by hand against torch's own: gradients, optimizers, kernels.

Each part of Tenfold that torch could do as well is measured beside torch's own, on one thread
and on the shapes that the default network and the tutorial's meet. Both take turns, a block of
steps each, and each block is measured in seconds of the processor, as other programs may be
running; the ratio is that of two blocks side by side. A part stays only where torch takes at
least 1.3 times as long.
"""

import copy
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
from stacks import prepare  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy")
BAR: Final = 1.3
BLOCK_SECONDS: Final = 0.1  # of the processor; a block has as many steps as that takes
# Table, target where it is another than the last column or the price, network.
TABLES: Final = (
    ("housing", None, "auto"),
    ("california", None, "auto"),
    ("california", "ocean_proximity", "auto"),
    ("housing", None, "tutorial"),
)
FOLDS: Final = 10
PICTURES, SIDE = 16, 224
# Channels, side of the maps, side of the filters, stride: of an EfficientNet-Lite0 at 224 px.
DEPTHWISE: Final = ((96, 112, 3, 2), (144, 56, 5, 2), (240, 28, 5, 1), (672, 14, 5, 1))
IMPORTS: Final = {
    "torch": "import torch; torch.nn.Parameter(torch.ones(1))",
    "torch.optim": "import torch; torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))])",
}
INTRODUCTION: Final = [
    "# By hand, or torch's own",
    "",
    "Each part that Tenfold writes by hand beside torch's own, on one thread. *Ratio* is the",
    "processor time of torch's own over that of the part by hand: the median over pairs of",
    "blocks that take turns, and the quartiles. *Differ* is the largest difference in what",
    "the two compute, as a share of its largest number: 0 says that they are the same bits,",
    "and a dash that they are not the same arithmetic. `torch.optim.Muon` computes products",
    "in bfloat16 alone, and lets weights grow that Tenfold's Muon keeps at one length.",
    "",
]
Step = Callable[[], Any]
Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One part, both ways. Each step returns tensors by which the two are compared."""

    part: str
    case: str
    theirs_by: str
    ours: Step
    theirs: Step
    same: bool = True  # whether the two are one arithmetic, so that they can be compared


def tensors(found: Any) -> list[Any]:
    """Return the tensors of a result, one behind the other."""
    return [found] if hasattr(found, "dim") else [t for part in found for t in tensors(part)]


def gap(ours: Any, theirs: Any) -> float:
    """Return how far two results differ, as a share of the largest number of them."""
    pairs = zip(tensors(ours), tensors(theirs), strict=True)
    differences = [
        float((a.double() - b.double()).abs().max()) / (float(b.abs().max()) or 1.0)
        for a, b in pairs
    ]
    return max(differences, default=0.0)


def gap_text(differ: float | None) -> str:
    """Return a difference as text."""
    if differ is None:
        return "-"
    return f"{differ:.0e}" if differ else "0"


def seconds(step: Step, times: int) -> float:
    """Return the processor time of so many steps."""
    started = time.process_time()
    for _ in range(times):
        step()
    return time.process_time() - started


def measure(pair: Pair, pairs: int) -> Record:
    """Return the seconds of a step both ways, block by block in turn."""
    differ = gap(copy.deepcopy(pair.ours()), pair.theirs()) if pair.same else None
    times = {}
    for name, step in (("ours", pair.ours), ("theirs", pair.theirs)):
        seconds(step, 2)
        times[name] = max(1, round(BLOCK_SECONDS / max(seconds(step, 3) / 3, 1e-6)))
    ours, theirs = [], []
    for turn in range(pairs):
        order = [("ours", pair.ours, ours), ("theirs", pair.theirs, theirs)]
        for name, step, taken in order if turn % 2 else reversed(order):
            taken.append(seconds(step, times[name]) / times[name])
    record = {"part": pair.part, "case": pair.case, "theirs_by": pair.theirs_by}
    record |= {"ours": ours, "theirs": theirs, "differ": differ}
    low, middle, high = quartiles(ratios(record))
    print(
        f"{pair.part:28} {pair.case:44} {pair.theirs_by:28} {middle:6.2f} ({low:.2f} to "
        f"{high:.2f})  differ {gap_text(differ)}",
        flush=True,
    )
    return record


def ratios(record: Record) -> list[float]:
    """Return, for each pair of blocks, how many times as long torch's own takes."""
    return [b / a for a, b in zip(record["ours"], record["theirs"], strict=True)]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


@dataclass(frozen=True, kw_only=True)
class Stacked:
    """The networks of a table's folds, and some batches as training makes them."""

    name: str
    network: Any
    target: Any
    recipe: Any
    batches: list[tuple[Any, ...]]


def stacked(table: str, target: str | None, network: str) -> Stacked:
    """Build the networks of ten folds as a run of medium quality does."""
    import torch  # noqa: PLC0415 - after the number of threads is set

    from tenfold.training.batches import plan_batches  # noqa: PLC0415
    from tenfold.training.feed import TableFeed  # noqa: PLC0415
    from tenfold.training.fit_tables import TableShard  # noqa: PLC0415

    case = prepare(table, network, FOLDS, target=target)
    whole = TableShard.of(
        case.rows, case.splits, case.task, case.plan, case.streams, torch.device("cpu")
    )
    made, scale = whole.build()
    feed = TableFeed(whole.inputs(whole.features), len(case.splits))
    recipe = case.plan.recipe
    plan = plan_batches(whole.stack, case.rows.weights, case.streams, recipe).round(0)
    wanted = torch.tensor(case.rows.target)
    rows_SFB, weights_SFB = plan.rows_SFB[:8], plan.weights_SFB[:8]
    batches = [
        (x.clone(), codes.clone(), seen, weights)
        for (x, codes), seen, weights in zip(
            feed.steps(rows_SFB, 0, 0.0),
            scale.seen(wanted[rows_SFB]),
            weights_SFB,
            strict=True,
        )
    ]
    folds, rows, width = batches[0][0].shape
    name = f"{table}, {network}: {folds} networks, {rows} rows, {width} features"
    if (outputs := whole.outputs) > 1:
        name += f", {outputs} classes"
    return Stacked(name=name, network=made, target=scale, recipe=recipe, batches=batches)


def mlp_pairs() -> Iterator[Pair]:
    """Yield the parts of a step of the networks for tables."""
    for table, target, network in TABLES:
        case = stacked(table, target, network)
        yield gradient_pair(case)
        yield loss_pair(case)
        yield from adam_pairs(case)
        yield step_pair(case)


def in_turn(batches: Sequence[Any]) -> Callable[[], Any]:
    """Return a function that returns batch after batch, round and round."""
    state = iter(range(10**12))
    return lambda: batches[next(state) % len(batches)]


def gradient_pair(case: Stacked) -> Pair:
    """Return forward and backward by ``nn/layer.py``, and by autograd."""
    import torch  # noqa: PLC0415

    network, target = case.network, case.target
    parameters = list(network.parameters())
    next_ours, next_theirs = in_turn(case.batches), in_turn(case.batches)

    def ours() -> list[Any]:
        x, codes, seen, weights = next_ours()
        with torch.no_grad():
            outputs = network.train_forward(x, codes)
            network.train_backward(target.loss(outputs, seen, weights)[1])
        return [parameter.grad for parameter in parameters]

    def theirs() -> tuple[Any, ...]:
        x, codes, seen, weights = next_theirs()
        with torch.enable_grad():
            outputs = network(x, codes)
            gradient = target.loss(outputs.detach(), seen, weights)[1]
        return torch.autograd.grad(outputs, parameters, gradient)

    return Pair(
        part="gradients of the layers",
        case=case.name,
        theirs_by="autograd",
        ours=ours,
        theirs=theirs,
    )


def loss_name(seen: Any) -> str:
    """Return the name of the loss of such targets among torch's functions."""
    return "mse_loss" if seen.is_floating_point() else "cross_entropy"


def loss_of(outputs: Any, seen: Any, weights: Any) -> Any:
    """Return the summed loss of each network, as torch's own functions give it."""
    from torch.nn import functional  # noqa: PLC0415

    said = outputs.squeeze(-1) if seen.is_floating_point() else outputs.transpose(1, 2)
    losses = getattr(functional, loss_name(seen))(said, seen, reduction="none")
    return (losses * weights).sum(dim=1)


def loss_pair(case: Stacked) -> Pair:
    """Return the gradient of the loss at the outputs, by hand and by autograd."""
    import torch  # noqa: PLC0415

    x, codes, seen, weights = case.batches[0]
    outputs = case.network(x, codes).detach().requires_grad_()

    def ours() -> list[Any]:
        with torch.no_grad():
            return list(case.target.loss(outputs, seen, weights))

    def theirs() -> list[Any]:
        loss_F = loss_of(outputs, seen, weights)
        return [loss_F.detach(), *torch.autograd.grad(loss_F.sum(), outputs)]

    return Pair(
        part="gradient of the loss",
        case=case.name,
        theirs_by=f"autograd of {loss_name(seen)}",
        ours=ours,
        theirs=theirs,
    )


def groups_of(network: Any) -> list[Any]:
    """Return the groups of a network, each parameter with a gradient."""
    import torch  # noqa: PLC0415

    generator = torch.Generator().manual_seed(0)
    groups = network.groups()
    for group in groups:
        for parameter in group.parameters:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
    return list(groups)


def torch_groups(groups: Iterable[Any], lr: float, decay: float) -> list[dict[str, Any]]:
    """Return groups as torch's optimizers take them."""
    return [
        {
            "params": list(group.parameters),
            "lr": lr * group.lr_factor,
            "weight_decay": decay * group.decay_factor,
        }
        for group in groups
    ]


def adam_pairs(case: Stacked) -> Iterator[Pair]:
    """Yield a step of Adam, and torch's in its three ways."""
    import torch  # noqa: PLC0415

    from tenfold.training.optimizers import make_optimizer  # noqa: PLC0415

    recipe = case.recipe
    for way in ({"fused": True}, {"foreach": True}, {"foreach": False}):
        mine, others = copy.deepcopy(case.network), copy.deepcopy(case.network)
        our_groups, their_groups = groups_of(mine), groups_of(others)
        gradients = [p.grad.clone() for group in our_groups for p in group.parameters]
        optimizer = make_optimizer(our_groups, recipe)
        for parameter, gradient in zip(parameters_of(our_groups), gradients, strict=True):
            parameter.grad.copy_(gradient)
        theirs = torch.optim.AdamW(
            torch_groups(their_groups, recipe.lr, recipe.decay),
            betas=recipe.betas,
            eps=recipe.epsilon,
            **way,
        )
        yield Pair(
            part="Adam",
            case=case.name,
            theirs_by=f"torch.optim.AdamW({', '.join(f'{k}={v}' for k, v in way.items())})",
            ours=stepping(
                lambda o=optimizer, lr=recipe.lr: o.step(lr), parameters_of(our_groups)
            ),
            theirs=stepping(theirs.step, parameters_of(their_groups)),
        )


def parameters_of(groups: Iterable[Any]) -> list[Any]:
    """Return all parameters of groups."""
    return [parameter for group in groups for parameter in group.parameters]


def stepping(step: Step, moved: list[Any]) -> Step:
    """Return a step that returns what it has moved."""

    def taken() -> list[Any]:
        step()
        return [parameter.detach() for parameter in moved]

    return taken


def step_pair(case: Stacked) -> Pair:
    """Return a whole step: forward, loss, backward and Adam, all by hand or all torch's."""
    import torch  # noqa: PLC0415

    from tenfold.training.optimizers import make_optimizer  # noqa: PLC0415

    recipe, target = case.recipe, case.target
    mine, others = copy.deepcopy(case.network), copy.deepcopy(case.network)
    optimizer = make_optimizer(mine.groups(), recipe)
    reference = torch.optim.AdamW(
        torch_groups(others.groups(), recipe.lr, recipe.decay),
        betas=recipe.betas,
        eps=recipe.epsilon,
        fused=True,
    )
    next_ours, next_theirs = in_turn(case.batches), in_turn(case.batches)

    def ours() -> list[Any]:
        x, codes, seen, weights = next_ours()
        with torch.no_grad():
            outputs = mine.train_forward(x, codes)
            mine.train_backward(target.loss(outputs, seen, weights)[1])
        optimizer.step(recipe.lr)
        return [parameter.detach() for parameter in mine.parameters()]

    def theirs() -> list[Any]:
        x, codes, seen, weights = next_theirs()
        outputs = others(x, codes)
        loss_of(outputs, seen, weights).sum().backward()
        reference.step()
        reference.zero_grad()
        return [parameter.detach() for parameter in others.parameters()]

    return Pair(
        part="a whole step",
        case=case.name,
        theirs_by="autograd, fused AdamW",
        ours=ours,
        theirs=theirs,
    )


def muon_pairs() -> Iterator[Pair]:
    """Yield the steps of the network for pictures that begins with nothing."""
    import torch  # noqa: PLC0415

    from tenfold.nn.convnets import ScratchClassifier  # noqa: PLC0415
    from tenfold.nn.network import ParameterGroup  # noqa: PLC0415
    from tenfold.training.optimizers import Muon, Sgd  # noqa: PLC0415

    shapes = [p.shape for p in ScratchClassifier(2).parameters() if p.requires_grad]
    matrices = [shape for shape in shapes if len(shape) == 4]
    generator = torch.Generator().manual_seed(0)

    def made(wanted: list[Any]) -> list[Any]:
        found = [torch.nn.Parameter(torch.randn(3, *s, generator=generator)) for s in wanted]
        for parameter in found:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        return found

    for dtype in (torch.float32, torch.bfloat16):
        ours = made(matrices)
        muon = Muon(
            [
                ParameterGroup(parameters=ours, orthogonal=dtype),
                ParameterGroup(parameters=[torch.nn.Parameter(torch.ones(3, 2))]),
            ],
            momentums=(0.9, 0.6),
        )
        flat = [torch.nn.Parameter(p.detach()[f].flatten(1)) for p in ours for f in range(3)]
        for parameter in flat:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        theirs = torch.optim.Muon(flat, lr=0.1, momentum=0.6, weight_decay=0.0, ns_steps=3)
        yield Pair(
            part="Muon",
            case=f"scratch: 3 networks, {len(matrices)} layers, {dtype}".replace("torch.", ""),
            theirs_by="torch.optim.Muon, bfloat16",
            ours=lambda muon=muon: muon.step(0.1),
            theirs=theirs.step,
            same=False,
        )
    plain = [shape for shape in shapes if len(shape) != 4]
    for way in ({"fused": True}, {"foreach": True}):
        ours, others = made(plain), made(plain)
        sgd = Sgd([ParameterGroup(parameters=ours)], momentum=0.9)
        theirs_sgd = torch.optim.SGD(others, lr=0.1, momentum=0.9, nesterov=True, **way)
        yield Pair(
            part="SGD",
            case=f"scratch: 3 networks, {len(plain)} other parameters",
            theirs_by=f"torch.optim.SGD({', '.join(f'{k}={v}' for k, v in way.items())})",
            ours=lambda sgd=sgd: sgd.step(0.1),
            theirs=theirs_sgd.step,
            same=False,
        )


def depthwise_pairs() -> Iterator[Pair]:
    """Yield the gradients of convolutions of each channel by itself."""
    import torch  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415

    from tenfold.nn.depthwise import depthwise  # noqa: PLC0415

    for dtype in (torch.float32, torch.bfloat16):
        for channels, side, kernel, stride in DEPTHWISE:
            generator = torch.Generator().manual_seed(0)
            wide = side + kernel - 1
            x = torch.randn(PICTURES, channels, wide, wide, generator=generator).to(dtype)
            x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
            weight = torch.randn(channels, 1, kernel, kernel, generator=generator).to(dtype)
            weight.requires_grad_()
            bias = torch.zeros(channels, dtype=dtype, requires_grad=True)
            gradient = torch.randn_like(
                functional.conv2d(x, weight, bias, stride, groups=channels)
            )

            def ours(x=x, weight=weight, bias=bias, stride=stride, gradient=gradient) -> Any:
                out = depthwise(x, weight, bias, stride)
                return torch.autograd.grad(out, (x, weight, bias), gradient)

            def theirs(x=x, weight=weight, bias=bias, stride=stride, gradient=gradient) -> Any:
                out = functional.conv2d(x, weight, bias, stride, groups=len(weight))
                return torch.autograd.grad(out, (x, weight, bias), gradient)

            yield Pair(
                part="depthwise convolution",
                case=f"{channels} channels, {side} px, {kernel} x {kernel}, stride {stride}, "
                f"{dtype}".replace("torch.", ""),
                theirs_by="conv2d(groups=channels)",
                ours=ours,
                theirs=theirs,
            )


def fused_pairs() -> Iterator[Pair]:
    """Yield the frozen backbone that pictures go through."""
    import torch  # noqa: PLC0415

    from tenfold.nn.backbones import load_backbone  # noqa: PLC0415
    from tenfold.nn.fused import FusedEfficientNet  # noqa: PLC0415

    for dtype in (torch.float32, torch.bfloat16):
        body = load_backbone().body.eval()
        fused = FusedEfficientNet(body, dtype)
        plain = copy.deepcopy(body).to(dtype).to(memory_format=torch.channels_last)
        x = torch.rand(PICTURES, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
        x = x.contiguous(memory_format=torch.channels_last)
        near = x.to(dtype)

        def ours(x=x, fused=fused) -> Any:
            return fused(x)

        def theirs(x=near, plain=plain) -> Any:
            with torch.inference_mode():
                return plain(x).float()

        yield Pair(
            part="frozen EfficientNet",
            case=f"{PICTURES} pictures, {SIDE} px, {dtype}".replace("torch.", ""),
            theirs_by="its modules, channels last",
            ours=ours,
            theirs=theirs,
        )


PARTS: Final = {
    "tables": (mlp_pairs,),
    "pictures": (depthwise_pairs, fused_pairs),
    "muon": (muon_pairs,),
}


def time_imports(runs: int) -> dict[str, list[float]]:
    """Return the processor time of programs that load torch, without an optimizer and with."""
    import resource  # noqa: PLC0415 - not on Windows

    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(runs):
        for name, program in IMPORTS.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", program], check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found[name].append(taken)
    return found


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    judged, body = [], []
    for part, content in parts.items():
        records = content["records"]
        judged += judge(records)
        rows = []
        for record in records:
            low, middle, high = quartiles(ratios(record))
            rows.append(
                [
                    record["part"],
                    record["case"],
                    record["theirs_by"],
                    *(f"{1e3 * statistics.median(record[k]):.3f}" for k in ("ours", "theirs")),
                    f"{middle:.2f} ({low:.2f} to {high:.2f})",
                    gap_text(record["differ"]),
                ]
            )
        head = ["part", "case", "torch's own", "ms by hand", "ms torch's", "ratio", "differ"]
        body += [f"## {part}", "", *machine.grid(head, rows)]
        if "imports" in content:
            alone, more = (machine.median_range(taken) for taken in content["imports"].values())
            body += [
                f"Loading torch takes a program {alone} s of the processor;",
                f"with a first optimizer of `torch.optim`, which loads its compiler, {more} s.",
                "",
            ]
        body += machine.circumstances(content)
    return [*INTRODUCTION, *machine.bars(judged), *body]


def judge(records: list[Record]) -> list[list[str]]:
    """Return, for each part and case, the cells that hold torch's best against the bar."""
    best: dict[tuple[str, str], float] = {}
    for record in records:
        key = (record["part"], record["case"])
        middle = statistics.median(ratios(record))
        best[key] = min(best.get(key, middle), middle)
    return [
        machine.verdict(f"{part}: {case}", value, BAR, at_most=False)
        for (part, case), value in best.items()
    ]


def main() -> None:
    """Measure, and write the result beside this file."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--pairs", type=int, default=21, help="of blocks, for each part")
    parser.add_argument("--part", nargs="+", choices=tuple(PARTS), default=tuple(PARTS))
    options = parser.parse_args()
    threads = options.threads or 1
    machine.use_threads(threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    for part in options.part:
        head = machine.header(PACKAGES, threads)
        records = [
            measure(pair, 3 if options.quick else options.pairs)
            for make in PARTS[part]
            for pair in make()
        ]
        content = head | {"records": records}
        if part == "tables":
            content["imports"] = time_imports(1 if options.quick else 5)
        machine.write_part(folder, part, content)
    machine.write_page(folder, page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()

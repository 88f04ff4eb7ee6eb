"""Draws the packages of the project, their modules, and the imports between them.

Every arrow points down, from the importing to the imported package. Within a layer,
arrows connect packages; across layers, they connect the layers. A box lists importing
modules before the modules that they import.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from experiments.studies.drawing import drawn
from experiments.studies.imports import arrows, modules, reachable
from experiments.studies.layout import Band, Box, Row, Space, Stack

ENTRY, COMPOSER = "experiments.__main__", "experiments.compose"  # boxes of their own
TRAINING = Stack(
    [
        Row(
            [
                Box("experiments.training.device", 2),
                Stack([Box("experiments.policies", 2), Box("experiments.bench", 3)]),
            ]
        ),
        Box("experiments.training", 4),
    ],
    "right",
)
RUNS = Stack(
    [
        Space(4),
        Row([Box("experiments.commands"), Box("experiments.abstraction")]),
        Row(
            [
                Box("experiments.fitting"),
                Box("experiments.conversion"),
                Box("experiments.licences"),
            ]
        ),
        Row([Box("experiments.jobs"), Box("experiments.playing")]),
        Row(
            [
                Box(COMPOSER),
                Box("experiments.environment"),
                Box("experiments.failing"),
            ]
        ),
    ]
)
OUTCOMES = Stack(
    [
        Row(
            [
                Box("experiments.report", 2),
                Box("experiments.tables", 3),
                Box("experiments.features", 2),
            ]
        ),
        Row(
            [
                Box("experiments.studies", 4),
                Box("experiments.studies.cloud"),
                Box("experiments.studies.adaptation"),
                Box("experiments.studies.interference"),
            ]
        ),
        Box("experiments.figures", 4),
        Box("experiments.labels"),
    ],
    "left",
)
ALLOCATION = Stack(
    [
        Box("experiments.allocation.agents", 2),
        Box("experiments.allocation", 4),
        Row(
            [
                Box("experiments.allocation.power"),
                Box("experiments.allocation.downlink"),
            ]
        ),
    ]
)
EXPERIMENTS = Stack(
    [
        Box("experiments.scheduling.learning", 3),
        ALLOCATION,
        Box(ENTRY),
        Row([Box("experiments.closed_loop"), Box("experiments.scheduling", 4)]),
        Row(
            [
                Box("experiments.showing"),
                Box("experiments.rescue"),
                Box("experiments.plots"),
            ]
        ),
        Row([Box("experiments.python"), Box("experiments.checking", 2)]),
        Box("experiments.sessions", 3),
        Row([TRAINING, RUNS, OUTCOMES]),
    ]
)
PARTS = Row(
    [
        Stack([Box("blocks.text_encoders"), Box("blocks.features")]),
        Stack([Box("blocks.words"), Box("blocks.describers")]),
        Stack([Box("blocks.importance"), Box("blocks.detectors")]),
        Stack([Box("blocks.sources"), Box("blocks.questions")]),
        Stack([Box("blocks.controllers"), Box("blocks.learned.actions")]),
        Stack(
            [
                Box("blocks.extractors"),
                Box("blocks.inspectors"),
                Box("blocks.orchestrators"),
            ]
        ),
        Stack([Box("blocks.restorers"), Box("blocks.arq"), Box("blocks.resources")]),
        Stack(
            [Box("blocks.intents"), Box("blocks.adapters"), Box("blocks.schedulers")]
        ),
        Box("blocks.dispatchers"),
    ]
)
BLOCKS = Stack(
    [
        Row(
            [
                Box("blocks.transmitters", 2),
                Stack([Box("blocks.cascade"), Box("blocks.tasks")]),
                Box("blocks.answerers"),
            ]
        ),
        PARTS,
        Box("blocks.learned", 4),
        Row(
            [
                Box("blocks.linear"),
                Box("blocks", 2),
                Stack([Box("blocks.memory"), Box("blocks.knowledge")]),
            ]
        ),
        Row(
            [
                Stack(
                    [
                        Row(
                            [Box("blocks.nn.efficientnet"), Box("blocks.nn.scheduling")]
                        ),
                        Box("blocks.nn", 4),
                    ]
                ),
                Stack([Box("blocks.phy", 4), Box("blocks.phy.ldpc")]),
            ]
        ),
    ]
)
BASELINES = Stack([Box("baselines"), Box("baselines.separated")])
SEMLINK = Stack(
    [
        Row([Box("semlink.sweeps", 4), Box("semlink.loop.rescue", 2)]),
        Row([Box("semlink.checking", 3), Box("semlink.loop.traffic", 4)]),
        Row(
            [
                Box("semlink.store"),
                Box("semlink", 2),
                Box("semlink.contracts"),
                Box("semlink.modalities"),
                Box("semlink.loop.abstraction"),
                Box("semlink.ends"),
                Box("semlink.loop"),
                Box("semlink.signalling"),
            ]
        ),
    ]
)
PICTURE = Stack(
    [
        Band("experiments", EXPERIMENTS),
        Row(
            [
                Band("baselines", BASELINES),
                Band("blocks", BLOCKS),
                Band("channels", Stack([Box("channels"), Box("channels.nn")])),
            ]
        ),
        Band("semlink", SEMLINK),
    ]
)


class Architecture(NamedTuple):
    """The packages, and the imports between them.

    boxes : modules of each package, importing ones first
    imports : number of modules of the second package that the first imports
    """

    boxes: dict[str, list[str]]
    imports: Counter[tuple[str, str]]

    @property
    def text(self) -> str:
        """The content of the figure in lines, stored in its metadata."""
        lines = [f"{name}: {' '.join(held)}" for name, held in self.boxes.items()]
        pairs = sorted(self.imports.items())
        return "\n".join([*lines, *(f"{a} -> {b}: {n}" for (a, b), n in pairs)])


def architecture() -> Architecture:
    """Read the packages and their imports from the source."""
    found = arrows(modules())
    names = sorted(name for name in found if not name.endswith(".__init__"))
    reach = reachable(found)
    boxes: dict[str, list[str]] = {}
    # modules that import more come first
    for name in sorted(names, key=lambda name: -len(reach[name])):
        boxes.setdefault(box_of(name), []).append(name.rpartition(".")[2])
    pairs = ((box_of(a), box_of(b)) for a in names for b in sorted(found[a]))
    return Architecture(
        dict(sorted(boxes.items())), Counter((a, b) for a, b in pairs if a != b)
    )


def box_of(module: str) -> str:
    """The box of a module: its package, or itself in the root of experiments."""
    package = module.rpartition(".")[0]
    return module if package == "experiments" else package


def draw(path: Path) -> Path:
    """Draw the architecture into an SVG file, reproducibly."""
    shown = architecture()
    drawn(PICTURE, shown.boxes, shown.imports, path, shown.text)
    return path

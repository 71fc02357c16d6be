"""The public sets there are: name on the hub, licence, files. One line adds one. Downloads nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eval.hub.rows import Convert, each
from eval.hub.shapes import arc, bbh, gsm8k, math, mmlu_pro, routerarena, routerbench

PARQUET = "refs/convert/parquet"
"""Where the hub keeps its own parquet copies of sets that come as a program."""
NO_LICENCE = "none stated: for evaluation only"


@dataclass(frozen=True, slots=True)
class PublicSet:
    """files: by split, patterns of paths (fnmatch) in the set; the first is the default one.

    licence: as known to us; what its card says when it is fetched is shown beside it. shared: what is made of it may be
    passed on with it under that licence.
    """

    name: str
    hub: str
    licence: str
    about: str
    files: Mapping[str, str]
    convert: Convert
    revision: str | None = None

    @property
    def split(self) -> str:
        """The default one."""
        return next(iter(self.files))


SETS: tuple[PublicSet, ...] = (
    PublicSet(
        "mmlu-pro",
        "TIGER-Lab/MMLU-Pro",
        "MIT",
        "12,032 questions with up to ten options in 14 categories",
        {"test": "data/test-*.parquet", "validation": "data/validation-*.parquet"},
        each(mmlu_pro.question),
    ),
    PublicSet(
        "gsm8k",
        "openai/gsm8k",
        "MIT",
        "8,792 word problems of grade-school mathematics",
        {"test": "main/test-*.parquet", "train": "main/train-*.parquet"},
        gsm8k.convert,
    ),
    PublicSet(
        "math",
        "EleutherAI/hendrycks_math",
        "MIT",
        "12,500 competition problems in seven subjects",
        {"test": "*/test-*.parquet", "train": "*/train-*.parquet"},
        math.convert,
    ),
    PublicSet(
        "arc",
        "allenai/ai2_arc",
        "CC-BY-SA-4.0",
        "7,787 science questions, an easy and a hard part",
        {"test": "*/test-*.parquet", "validation": "*/validation-*.parquet", "train": "*/train-*.parquet"},
        arc.convert,
    ),
    PublicSet(
        "bbh",
        "lukaemon/bbh",
        "MIT (of the original, suzgunmirac/BIG-Bench-Hard)",
        "6,511 questions of 27 hard tasks",
        {"test": "*/test/*.parquet"},
        bbh.convert,
        PARQUET,
    ),
    PublicSet(
        "routerbench",
        "withmartian/routerbench",
        NO_LICENCE,
        "36,497 prompts with what eleven models answered, scored and cost",
        {"0shot": "routerbench_0shot.pkl", "5shot": "routerbench_5shot.pkl"},
        routerbench.convert,
    ),
    PublicSet(
        "routerarena",
        "RouteWorks/RouterArena",
        "see its card; for evaluation only, by its authors' wish",
        "8,400 questions in 44 categories; only sub_10 (809) has its answers",
        {"sub_10": "data/sub_10-*.parquet", "full": "data/full-*.parquet", "robustness": "data/robustness-*.parquet"},
        each(routerarena.question),
    ),
)

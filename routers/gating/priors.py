"""What is believed of the gate's parameters before anything was measured: the cold start, and why.

The means are the gate that comes with the package; the widths are how far a few pairs can move it. Written in round
numbers after what is published of language models; no table was fitted, though the signals and some of the means were
gone over after a look at 85 recorded questions (TemporalQA). All are log odds: 0.7 doubles the odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array


@dataclass(frozen=True, slots=True)
class Prior:
    """A parameter's normal distribution, and the reason for its mean."""

    name: str
    mean: float
    sd: float
    why: str


KNOWING = (
    Prior("level", 0.0, 0.7, "the router's chances are calibrated, though on questions of another kind"),
    Prior("router", 1.0, 0.3, "one unit of its log odds is one"),
    Prior("rarity", -1.0, 0.5, "fame spans 2 (PopQA, arXiv 2212.10511); a word's rarity is half of a thing's fame"),
    Prior("recent", -1.2, 0.5, "what changes fast is known half as often or less (FreshQA, arXiv 2310.03214)"),
    Prior("dated", -0.3, 0.3, "a time in the question is one more thing to know"),
    Prior("neighbours", -3.0, 1.0, "documents helped on five of five like questions: a quarter of the odds (SKR)"),
    Prior("thrust", 0.6, 0.5, "far from all it knows; weak, for it is the query's familiarity (Thrust)"),
    Prior(
        "covered", 0.0, 0.4, "public documents cover what experts have read of (arXiv 2211.08411), private ones do not"
    ),
    Prior("says yes", 0.3, 0.3, "experts are too sure: nine in ten that know say yes, six or seven that do not"),
    Prior("says no", -1.25, 0.5, "one in ten that know, three or four that do not (after arXiv 2307.11019)"),
)
"""Of log odds that the expert is right without documents."""
LEVEL, ROUTER, RARITY, RECENT, DATED, NEIGHBOURS, THRUST, COVERED, YES, NO = range(len(KNOWING))

HOLDING = (
    Prior("found", 0.0, 0.7, "a middling search holds the answer in one question of two"),
    Prior("similarity", 0.4, 0.2, "the nearer the better; a weak sign, for the topic may fit and the fact lack"),
    Prior("margin", 0.1, 0.1, "a passage that stands out is more often the one"),
    Prior("coverage", 0.5, 0.25, "a passage that lacks half of what is asked about answers something else"),
    Prior("anchor", 1.0, 0.4, "without the rarest word it is about somebody else"),
    Prior("title", 0.6, 0.3, "a document that is about what the question names"),
    Prior("agreement", 0.4, 0.25, "passages that are all about what is asked leave less to be led astray by"),
)
"""Of log odds that the documents hold the answer; the signals as `evidence` scales them."""

READING = (
    Prior("learns", 0.0, 0.5, "an expert that did not know it finds it among several passages one time in two"),
    Prior("keeps", 3.0, 0.5, "one that knew, and reads it, is right in 95 of 100"),
    Prior("spoiled", -1.1, 0.5, "near but without the answer, it takes one right answer of four (arXiv 2401.14887)"),
    Prior("lucky", -2.2, 0.6, "and makes a wrong one right in one of ten: a hint, or only that it was said anew"),
)
"""Of log odds of what reading does. A middling search so helps three in ten of those that do not know, and harms 15 of
100 of those that do, which is about what open-domain questions with passages of an encyclopedia see."""

GLOBAL = (*KNOWING, *HOLDING, *READING)
OWN = (
    Prior("level", 0.0, 0.6, "experts differ in what they know"),
    Prior("learns", 0.0, 0.4, "and in how well they read"),
    Prior("spoiled", 0.0, 0.4, "and in what they let themselves be told"),
)
"""How far one expert stands from all: nothing of its own is known before it was asked (partial pooling)."""

WITHOUT_ROUTER = 0.6
"""P(right) of an expert of which no router knows anything, and what unsure predictions shrink to."""


def means(priors: tuple[Prior, ...]) -> Array:
    return np.array([prior.mean for prior in priors])


def widths(priors: tuple[Prior, ...]) -> Array:
    return np.array([prior.sd for prior in priors])

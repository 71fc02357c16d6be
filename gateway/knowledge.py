"""What experts.yaml says of documents, and of not knowing. Knows the shape, not the file and no store."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveInt, StringConstraints, model_validator

from gateway.entry import Entry, Name, Quality

Folder = Annotated[str, StringConstraints(min_length=1)]
Retrieve = Literal["auto", "never", "always"]


class Knowledge(Entry):
    """`knowledge:` of experts.yaml. Paths are relative to the file."""

    store: Folder = "knowledge"
    """The folder that `coterie knowledge add` fills; one that is not there yet is an empty store."""
    gate: Folder | None = None
    """The folder that `coterie knowledge learn` wrote. Without one the gate goes by what is true of most experts."""
    cross_encoder: Folder | None = None
    """A folder with a cross-encoder as ONNX, which puts the best passages in order."""
    passages: Annotated[PositiveInt, Field(le=50)] = 5
    """As many go into a prompt at most."""


class Abstain(Entry):
    """What to do where neither experts nor documents will do. At most the share `wrong` of answers is wrong."""

    wrong: Annotated[float, Field(gt=0, lt=1)]
    then: Literal["say", "escalate", "state"] = "say"
    """say: that it is not known. escalate: ask `to`, whatever it costs. state: answer, and say how sure that is."""
    to: Name | None = None
    """Who is asked then; whoever is best on average where this is not given."""

    @model_validator(mode="after")
    def _heeded(self) -> Self:
        if self.to is not None and self.then != "escalate":
            raise ValueError("to is whom `then: escalate` asks; leave it out, or set that")
        return self


LEAST_BENEFIT: Quality = 0.03
"""What documents must add to the chance of a right answer, their price apart."""

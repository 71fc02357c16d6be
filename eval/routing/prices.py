"""What the experts cost: a file of prices and sizes by model. Knows no table of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, PositiveFloat, TypeAdapter, ValidationError

from gateway.entry import Dollars, Price
from routers.errors import TableError


class Model(BaseModel):
    """One entry of models.json; what else it says of a model is not read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    input_per_mtok: Dollars
    output_per_mtok: Dollars
    active_params_b: PositiveFloat | None = None
    """Billions of parameters at work per token; None where unpublished."""

    @property
    def price(self) -> Price:
        return Price(input_per_mtok=self.input_per_mtok, output_per_mtok=self.output_per_mtok)


Models = Mapping[str, Model]


def read_models(path: Path) -> Models:
    """The models of a JSON file, by name; TableError, in one line, where it cannot be read."""
    try:
        return TypeAdapter(dict[str, Model]).validate_json(path.read_bytes())
    except OSError as error:
        raise TableError(f"no prices at {path} ({error.strerror})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise TableError(f"{path}: {where}: {first['msg']}") from None

"""A process that adds: `python -m tests.retrieval.adder STORE PATH…`, with the tests' own quick encoder."""

import asyncio
import sys
from pathlib import Path

from gateway.retrieval.store import Store
from tests.retrieval.shelves import put

if __name__ == "__main__":
    tally = asyncio.run(put(Store(Path(sys.argv[1])), *sys.argv[2:]))
    print(tally.line())

"""Model files for experts that run on this machine, and the llama.cpp servers that run them."""

from gateway.models.download import fetch
from gateway.models.local import LocalModels
from gateway.models.registry import MODELS, ModelError, ModelFile, resolve
from gateway.models.server import LocalServer, ServerOptions

__all__ = ["MODELS", "LocalModels", "LocalServer", "ModelError", "ModelFile", "ServerOptions", "fetch", "resolve"]

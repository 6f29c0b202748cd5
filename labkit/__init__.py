"""labkit: course labs for edge deployment and model optimization. `import labkit as lk`."""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = (
    "browser",
    "choice",
    "claims",
    "compress",
    "data",
    "distill",
    "edge",
    "measure",
    "mobile",
    "models",
    "onnx",
    "plots",
    "prune",
    "quantize",
    "report",
    "results",
    "runtimes",
    "sweeps",
    "train",
    "widgets",
)
_HOME = {  # where the names that labs use most live; nothing is imported before it is used
    "compare": "measure",
    "fingerprint": "measure",
    "keep": "kept",
    "litert_predictor": "runtimes",
    "load_baseline": "models",
    "measurement": "measure",
    "onnx_predictor": "runtimes",
    "peak_memory": "measure",
    "race": "measure",
    "size": "measure",
    "torch_predictor": "runtimes",
}


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"labkit.{name}")
    if name in _HOME:
        return getattr(import_module(f"labkit.{_HOME[name]}"), name)
    raise AttributeError(f"labkit has no {name!r}; it has {', '.join(sorted((*_MODULES, *_HOME)))}")


def __dir__() -> list[str]:
    return sorted((*_MODULES, *_HOME, "__version__"))

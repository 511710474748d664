"""Text in, vectors and scores out. No page, no plots, no evaluation.

    from models import Request, Result, Workbench

    bench = Workbench()
    request = Request(("天气怎么样？",), ("How is the weather?", "I like tea."), ("libra-mini-encoder", "bm25"))
    for event in bench.compare(request):
        if isinstance(event, Result):
            print(event.model, event.scores)

Importing this package is light: torch and its friends are imported when a model is first loaded.
"""

from models.catalog import CATALOG, find
from models.encoder import Encoder, Encoding, Scorer
from models.errors import LibraError
from models.events import Background, Event, Failure, Progress, Result
from models.request import Request
from models.settings import Limits, Settings, load_settings
from models.spec import Kind, ModelSpec, Role
from models.workbench import Workbench

__all__ = [
    "CATALOG",
    "Background",
    "Encoder",
    "Encoding",
    "Event",
    "Failure",
    "Kind",
    "LibraError",
    "Limits",
    "ModelSpec",
    "Progress",
    "Request",
    "Result",
    "Role",
    "Scorer",
    "Settings",
    "Workbench",
    "find",
    "load_settings",
]

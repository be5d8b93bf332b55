"""Distilled sets and trained models: what they are, their folders, and the way to and from the Hugging Face Hub.

from matchzoo import hub

distilled = hub.pull("user/name", revision="…")
hub.push(distilled, "user/name")  # or the folder of a set, of a model, or of a run that made a set
generator = hub.pull_model("user/name").part

A part of a run is made a model by `matchzoo.runs.published_parts.model_of_run`, which can then be pushed.

Tokens, private repositories, the endpoint, the cache and offline mode are those of ``huggingface_hub`` (``hf auth
login``, ``HF_TOKEN``, ``HF_ENDPOINT``, ``HF_HUB_CACHE``, ``HF_HUB_OFFLINE``); no token is logged or stored here.
"""

from typing import TYPE_CHECKING

from matchzoo.core.lazy import lazily
from matchzoo.hub.doors import kind_of, pull, pull_model, push, push_model

if TYPE_CHECKING:
    from matchzoo.core.storage.hub_repository import is_name
    from matchzoo.hub.distilled import DistilledDataset
    from matchzoo.hub.model import Model
    from matchzoo.hub.model_projector import ModelProjector
    from matchzoo.hub.predicted_data import Predicted
    from matchzoo.hub.publishing import Pushed
    from matchzoo.hub.third_party.tensor_form import TensorForm

__all__ = [
    "DistilledDataset",
    "Model",
    "ModelProjector",
    "Predicted",
    "Pushed",
    "TensorForm",
    "is_name",
    "kind_of",
    "pull",
    "pull_model",
    "push",
    "push_model",
]

_MODULES = {
    "DistilledDataset": "matchzoo.hub.distilled",
    "Model": "matchzoo.hub.model",
    "ModelProjector": "matchzoo.hub.model_projector",
    "Predicted": "matchzoo.hub.predicted_data",
    "Pushed": "matchzoo.hub.publishing",
    "TensorForm": "matchzoo.hub.third_party.tensor_form",
    "is_name": "matchzoo.core.storage.hub_repository",
}
__getattr__, __dir__ = lazily(__name__, _MODULES, globals())

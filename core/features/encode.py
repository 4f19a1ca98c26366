"""Encoding texts with a sentence-transformers model: each distinct text once, in fixed batches.

Batches depend on the set of distinct texts alone (sorted by token length, then by a hash of the text), and a
batch is computed by one thread whatever the number of workers. So the same texts give the same bits on any
row order and any worker count.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..foundation.environment import has_amx
from ..foundation.progress import SILENT, Progress
from ..foundation.threads import processors
from ..foundation.wording import count
from .models import load_model

TOKEN_BUDGET = 2048
MAX_BATCH = 128
MAX_WORKERS = 16
CHUNK = 4096  # texts tokenised at a time
WASTE_FROM = 512  # a batch of this many tokens takes no text that is an eighth shorter than its longest
AGREE = {"bfloat16": 0.999, "float32 packed": 0.9999}  # lowest cosine to float32 on the check set

NumberFormat = Literal["float32", "float32 packed", "bfloat16"]

CHECK_SET = (
    "",
    "a",
    "The parcel never arrived and nobody answers the telephone.",
    "Returns the indices that would sort an array.",
    "Wie kann ich mein Passwort zurücksetzen?",
    "refund refund refund",
    "Error 0x80070057: the parameter is incorrect (see line 42 of config.yaml).",
    "a small domesticated carnivorous mammal with soft fur",
    "PLEASE HELP!!! my screen is black :(",
    "Bonjour, je voudrais changer mon adresse de livraison.",
    "the quality of being honest and having strong moral principles",
    "x = [i ** 2 for i in range(10)]",
    "Compute the singular value decomposition of a matrix; the result is truncated at the given rank, and "
    "the signs are fixed so that the largest entry of every component is positive. " * 4,
)


def clean(text: str) -> str:
    """The text as it is encoded: CRLF and CR as LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def workers() -> int:
    """Threads that encode batches side by side; the result does not depend on it."""
    return processors(MAX_WORKERS)


@dataclass(frozen=True)
class EncodedVectors:
    """Vectors with what happened on the way.

    Args:
        matrix: Shape (n, d), float32.
        distinct: Texts that were encoded.
        truncated: Rows whose text was longer than the model reads.
        empty: Rows with an empty text.
        blind: Rows with a text in which the model knows no word or sign; their vector is zero.
        partly: Other rows of which the model knows less than half of the pieces.
        unknown: Share of all pieces, marks between words left out, that the model does not know.
        alike: Rows whose text differs from another one in unknown pieces, or beyond what is read, alone:
            both have one vector.
    """

    matrix: NDArray[np.float32]
    distinct: int
    truncated: int
    empty: int
    blind: int = 0
    partly: int = 0
    unknown: float = 0.0
    alike: int = 0


def _lengths(model: Any, texts: Sequence[str], progress: Progress) -> tuple[list[list[int]], list[bool]]:
    """Token numbers of each text, cut at what the model reads, and whether any were cut."""
    limit = int(model.max_seq_length or 512)
    tokenizer = model.tokenizer
    ids: list[list[int]] = []
    cut: list[bool] = []
    for at in range(0, len(texts), CHUNK):
        progress(at, len(texts), "splitting texts into tokens")
        part = list(texts[at : at + CHUNK])
        found = tokenizer(part, truncation=True, max_length=limit + 1, verbose=False)["input_ids"]
        long = [place for place, row in enumerate(found) if len(row) > limit]
        if long:
            again = tokenizer(
                [part[place] for place in long], truncation=True, max_length=limit, verbose=False
            )
            for place, row in zip(long, again["input_ids"], strict=True):
                found[place] = row
        ids.extend(found)
        cut.extend(np.isin(np.arange(len(part)), long).tolist())
    return ids, cut


def _unread(model: Any, ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many pieces of each text the vocabulary does not know, and how many there are.

    A tokenizer puts one and the same piece for every word that it cannot spell, so that all texts in a script
    that it does not know become equal. Marks between words are no knowledge: they are not counted.
    """
    tokenizer = model.tokenizer
    unknown = tokenizer.unk_token_id
    if unknown is None:  # a vocabulary of bytes spells everything
        return np.zeros(len(ids), np.int64), np.fromiter(map(len, ids), np.int64, len(ids))
    marks = set(tokenizer.all_special_ids)
    used = sorted({piece for row in ids for piece in row})
    words = tokenizer.convert_ids_to_tokens(used)
    marks |= {at for at, word in zip(used, words, strict=True) if not any(map(str.isalnum, str(word)))}
    marks.discard(unknown)
    lost = np.fromiter((sum(piece == unknown for piece in row) for row in ids), np.int64, len(ids))
    said = np.fromiter((sum(piece not in marks for piece in row) for row in ids), np.int64, len(ids))
    return lost, said


def _alike(
    texts: Sequence[str], ids: Sequence[Sequence[int]], doubtful: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which of the doubtful texts have the same pieces as one that says something else.

    Capitals and spaces say nothing else.
    """
    said: dict[tuple[int, ...], set[str]] = {}
    rows: list[int] = np.flatnonzero(doubtful).tolist()
    for at in rows:
        said.setdefault(tuple(ids[at]), set()).add(" ".join(texts[at].casefold().split()))
    found = np.zeros(len(texts), bool)
    found[[at for at in rows if len(said[tuple(ids[at])]) > 1]] = True
    return found


def _ends(longest: int, rows: int, length: int) -> bool:
    """Whether a batch of `rows` rows ends before a text of this length."""
    wasteful = longest * rows >= WASTE_FROM and length * 8 < longest * 7
    return wasteful or (rows + 1) * longest > TOKEN_BUDGET


def batches(lengths: NDArray[np.int64], tie: Sequence[bytes]) -> list[list[int]]:
    """Fixed batches: sorted by length, then by `tie`; each holds at most `TOKEN_BUDGET` padded tokens.

    From `WASTE_FROM` tokens on, a batch ends where more than an eighth of a row would be padding.

    Args:
        lengths: Tokens per text.
        tie: One distinct byte string per text that does not depend on its position.

    Returns:
        Positions of the texts, longest batches first.

    Example:
        >>> batches(np.array([3, 9, 3]), [b"b", b"c", b"a"])
        [[1, 2, 0]]
    """
    order = sorted(range(len(lengths)), key=lambda at: (-int(lengths[at]), tie[at]))
    found: list[list[int]] = []
    for at in order:
        last = found[-1] if found else None
        if (
            last is None
            or len(last) >= MAX_BATCH
            or _ends(int(lengths[last[0]]), len(last), int(lengths[at]))
        ):
            found.append([at])
        else:
            last.append(at)
    return found


def _forward(
    model: Any, modules: list[Any], rows: list[list[int]], pad: int, number_format: NumberFormat
) -> NDArray[np.float32]:
    """One batch through the modules of a model on this thread alone."""
    import torch

    torch.set_num_threads(1)
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row, dtype=torch.long)
        mask[at, : len(row)] = 1
    features = {"input_ids": ids, "attention_mask": mask}
    if "token_type_ids" in model.tokenizer.model_input_names:
        features["token_type_ids"] = torch.zeros_like(ids)
    with torch.inference_mode():
        if number_format == "bfloat16":
            with torch.autocast("cpu", dtype=torch.bfloat16):
                features = modules[0](features)
            features["token_embeddings"] = features["token_embeddings"].float()
        else:
            features = modules[0](features)
        for module in modules[1:]:
            features = module(features)
        vectors = features["sentence_embedding"].float().numpy()
    return np.ascontiguousarray(vectors, dtype=np.float32)


def encode(
    model: Any, texts: Sequence[str], progress: Progress, number_format: NumberFormat = "float32"
) -> EncodedVectors:
    """Vectors of all texts.

    Args:
        model: A loaded `SentenceTransformer`.
        texts: One per row; repeated texts are encoded once.
        progress: Told after every batch; a cancel stops before the next one.
        number_format: Of the transformer; pooling is always float32.

    Returns:
        One unit (or raw, as the model ends) vector per row.
    """
    cleaned = [clean(text) for text in texts]
    position: dict[str, int] = {}
    row_of = np.fromiter((position.setdefault(text, len(position)) for text in cleaned), np.int64, len(texts))
    distinct = list(position)
    ids, cut = _lengths(model, distinct, progress.part(0.0, 0.1))
    tie = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in distinct]
    plan = batches(np.array([len(row) for row in ids], np.int64), tie)
    pad = int(model.tokenizer.pad_token_id or 0)
    modules = list(model)
    if number_format == "float32 packed":
        from .packed import packed

        modules[0] = packed(modules[0])
    vectors = _run(model, modules, ids, plan, pad, number_format, progress.part(0.1, 1.0))
    lost, said = _unread(model, ids)
    blind, partly = (lost > 0) & (lost == said), (lost < said) & (2 * lost > said)
    vectors[blind] = 0
    long = np.array(cut, bool)
    alike = _alike(distinct, ids, (long | (lost > 0)) & ~blind)
    return EncodedVectors(
        matrix=vectors[row_of],
        distinct=len(distinct),
        truncated=int(long[row_of].sum()),
        empty=sum(not text.strip() for text in cleaned),
        blind=int(blind[row_of].sum()),
        partly=int(partly[row_of].sum()),
        unknown=float(lost[row_of].sum() / max(said[row_of].sum(), 1)),
        alike=int(alike[row_of].sum()),
    )


def _run(
    model: Any,
    modules: list[Any],
    ids: list[list[int]],
    plan: list[list[int]],
    pad: int,
    number_format: NumberFormat,
    progress: Progress,
) -> NDArray[np.float32]:
    """All batches on `workers()` threads, each batch on one."""
    import torch

    total = sum(len(batch) for batch in plan)
    out: NDArray[np.float32] | None = None
    stop = Event()
    done = 0

    def work(batch: list[int]) -> NDArray[np.float32]:
        if stop.is_set():
            return np.empty((0, 0), np.float32)
        return _forward(model, modules, [ids[at] for at in batch], pad, number_format)

    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(workers(), thread_name_prefix="encode")
    try:
        waiting: dict[Future[NDArray[np.float32]], list[int]] = {}
        coming = iter(plan)
        for batch in coming:
            waiting[pool.submit(work, batch)] = batch
            if len(waiting) >= 2 * workers():
                break
        while waiting:
            ready, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            progress(done, total, f"model loaded, {done:,} of {count(total, 'distinct text')} encoded")
            for future in ready:
                batch = waiting.pop(future)
                made = future.result()
                if out is None:
                    out = np.empty((total, made.shape[1]), np.float32)
                out[batch] = made
                done += len(batch)
                following = next(coming, None)
                if following is not None:
                    waiting[pool.submit(work, following)] = following
        progress(total, total, f"encoded {count(total, 'distinct text')}")
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(threads)
    return np.empty((0, 0), np.float32) if out is None else out


@lru_cache(maxsize=4)
def agrees(folder: str, state: str, number_format: NumberFormat) -> bool:
    """Whether this format keeps its cosine to plain float32 on the fixed check set."""
    model = load_model(Path(folder), state)
    a = encode(model, CHECK_SET, SILENT, "float32").matrix
    try:
        b = encode(model, CHECK_SET, SILENT, number_format).matrix
    except (RuntimeError, NotImplementedError):  # an operation that this build or model has not
        return False
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosine = np.einsum("ij,ij->i", a, b) / np.where(length > 0, length, 1)
    return bool((cosine >= AGREE[number_format]).all())


def number_format(folder: Path, state: str) -> NumberFormat:
    """The number format for this model here, by processor feature and a fixed check, never by timing."""
    from .packed import available

    if has_amx() and agrees(str(folder), state, "bfloat16"):
        return "bfloat16"
    return "float32 packed" if available() and agrees(str(folder), state, "float32 packed") else "float32"

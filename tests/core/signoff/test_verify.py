from __future__ import annotations

import copy
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pytest

from core.data.load import load
from core.foundation.errors import AliquotError, NeedError
from core.notebook import Study, write_bundle, zip_bundle
from core.signoff.verification import Check, Verification
from core.signoff.verify import verify
from core.signoff.write_bundle import bundle_files, zip_files

from . import toy
from .toy import failing, told

DATA = toy.csv_of(toy.table())


def test_a_bundle_verifies_and_every_check_is_made(bundle: Path) -> None:
    found = verify(bundle, DATA)
    assert found.code == 0
    assert found.ok
    assert found.jaccard == 1.0
    assert toy.statuses(found.checks) == dict.fromkeys(
        ["manifest", "files", "data", "chosen rows", "subset", "features", "replay", "groups"], "holds"
    )


@pytest.mark.parametrize("form", ["csv", "parquet", "shuffled", "columns"])
def test_other_formats_and_orders_of_the_same_data_verify(bundle: Path, drawn: Path, form: str) -> None:
    frame = toy.table()
    if form == "shuffled":
        frame = frame.sample(frac=1, random_state=5)
    if form == "columns":
        frame = frame[frame.columns[::-1]]
    data = toy.parquet_of(frame) if form in ("parquet", "shuffled") else toy.csv_of(frame)
    assert verify(bundle, data).code == 0
    assert verify(drawn, data).code == 0


def test_one_edit_is_named_by_row_and_column(bundle: Path) -> None:
    frame = toy.table()
    frame.loc[17, "price"] += 0.001
    found = verify(bundle, toy.csv_of(frame))
    assert found.code == 1
    assert "The cell of column 'price' in row 1018 differs." in told(found)
    assert failing(found) == {"data"}


def test_gone_and_new_rows_are_named(bundle: Path) -> None:
    frame = toy.table()
    frame.loc[3, "ticket"] = 5000
    assert verify(bundle, toy.csv_of(frame)).code == 1
    assert "row 5000" in told(verify(bundle, toy.csv_of(frame)))


def test_repeated_ids_in_the_data_are_a_finding_not_an_error(bundle: Path) -> None:
    frame = toy.table()
    frame.loc[1, "ticket"] = 1001
    found = verify(bundle, toy.csv_of(frame))
    assert found.code == 1
    assert failing(found) == {"data", "chosen rows"}


def test_a_manifest_alone_names_columns(bundle: Path) -> None:
    alone = bundle / "manifest.json"
    assert verify(alone, DATA).code == 0
    frame = toy.table()
    frame.loc[17, "price"] += 1
    found = verify(alone, toy.csv_of(frame))
    assert found.code == 1
    assert "The difference lies in 'price'." in told(found), "columns that did not change are not named"
    assert "1018" not in told(found)
    more = verify(alone, toy.csv_of(toy.table().drop(columns="kind").assign(new=1)))
    assert "Column 'kind' is gone. Column 'new' is new." in told(more)
    assert "The difference lies in" not in told(more)


@pytest.mark.parametrize(
    "name", ["subset.parquet", "rows.parquet", "features.npy", "subset.csv", "report.html"]
)
def test_a_changed_file_is_named(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(bytes(data))
    found = verify(bundle, DATA)
    assert found.code == 1
    assert f"{name} was changed after it was written." in told(found)


def test_missing_and_foreign_files_are_named(bundle: Path) -> None:
    (bundle / "subset.csv").unlink()
    (bundle / "notes.txt").write_text("hello")
    found = verify(bundle, DATA)
    assert found.code == 1
    assert "subset.csv is missing" in told(found)
    assert "notes.txt is not part" in told(found)


# ---- exit codes ----------------------------------------------------------------------------------


def _elsewhere(manifest: dict[str, Any]) -> None:
    manifest["environment"]["libraries"]["numpy"] = "1.0.0"


def _other_seed(manifest: dict[str, Any]) -> None:
    _elsewhere(manifest)
    for part in ("recipe", "selection"):
        manifest[part]["seed"] = 77


def test_exit_3_only_elsewhere_and_with_features_made_again(tmp_path: Path) -> None:
    one = toy.study()
    chosen = one.select("density", 12, params={"power": -1.0})
    out = write_bundle(one, chosen, tmp_path / "b", csv=False, jsonl=False)
    toy.reseal(out, _elsewhere)
    assert verify(out, DATA).code == 0
    toy.reseal(out, _other_seed)
    assert verify(out, DATA).code == 1, "features were recorded, so a difference is not excused"
    assert verify(out / "manifest.json", DATA).code == 3
    found = verify(out / "manifest.json", DATA)
    assert found.recomputed
    assert not found.same_environment
    assert 0 <= (found.jaccard or 0) < 1
    assert found.rows_in


def test_no_excuse_where_no_features_are_used(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("random", 12), tmp_path / "b", csv=False, jsonl=False)
    toy.reseal(out, _other_seed)
    assert verify(out / "manifest.json", DATA).code == 1


def test_same_environment_is_never_3(tmp_path: Path) -> None:
    one = toy.study()
    chosen = one.select("density", 12, params={"power": -1.0})
    out = write_bundle(one, chosen, tmp_path / "b", csv=False, jsonl=False)

    def change(manifest: dict[str, Any]) -> None:
        for part in ("recipe", "selection"):
            manifest[part]["seed"] = 77

    toy.reseal(out, change)
    assert verify(out / "manifest.json", DATA).code == 1


# ---- what is asked for again ---------------------------------------------------------------------


def test_pins_bans_filter_and_content_keys_replay(tmp_path: Path) -> None:
    frame = toy.table().drop(columns="ticket")
    data = load(toy.csv_of(frame), name="t.csv", id_column="")
    one = Study(data).with_(features="table", groups="kind", where="price > 6")
    eligible = one.eligible()
    assert eligible is not None
    one = one.pin([int(eligible[0])], "wanted").ban([int(eligible[1])], "broken")
    out = write_bundle(one, one.select("stratified", "20%"), tmp_path / "b")
    assert verify(out, toy.csv_of(frame.sample(frac=1, random_state=1))).code == 0
    frame.loc[4, "body"] = "changed"
    found = verify(out, toy.csv_of(frame))
    assert found.code == 1
    assert "'body'" in told(found)


def test_a_target_is_asked_for(tmp_path: Path) -> None:
    target = load(toy.csv_of(toy.table(20)), name="target.csv", id_column="ticket")
    one = toy.study(features="text:body", embedder="tfidf", groups="").toward(target)
    out = write_bundle(one, one.select("dsir", 10), tmp_path / "b", csv=False, jsonl=False)
    with pytest.raises(NeedError, match="target"):
        verify(out, DATA)
    assert verify(out, DATA, target=toy.csv_of(toy.table(20))).code == 0
    other = toy.table(20)
    other["body"] = "gamma"
    found = verify(out, DATA, target=toy.csv_of(other))
    assert found.code == 1
    assert failing(found) == {"target"}
    # Also where it differs in a column that nothing looks at, so that the replay gives the same rows.
    other = toy.table(20)
    other["price"] += 1
    for source in (out, out / "manifest.json"):
        found = verify(source, DATA, target=toy.csv_of(other))
        assert found.code == 1
        assert failing(found) == {"target"}


def test_joined_vectors_may_have_another_name(tmp_path: Path) -> None:
    frame = toy.table()
    matrix = np.random.Generator(np.random.PCG64(2)).normal(size=(len(frame), 6)).astype(np.float32)
    np.save(tmp_path / "first.npy", matrix)
    np.save(tmp_path / "again.npy", matrix)
    data = load(
        toy.csv_of(frame), name="t.csv", id_column="ticket", vectors={"first.npy": tmp_path / "first.npy"}
    )
    one = Study(data).with_(features="first.npy", groups="")
    out = write_bundle(one, one.select("k-center", 9), tmp_path / "b")
    assert verify(out, toy.csv_of(frame), vectors={"again.npy": tmp_path / "again.npy"}).code == 0
    for source in (out, out / "manifest.json"):
        with pytest.raises(NeedError, match=r"drawn with the vectors 'first.npy'.*--features"):
            verify(source, toy.csv_of(frame))


def test_zip_verifies_and_is_the_same_twice() -> None:
    one = toy.study()
    chosen = one.select("k-center", 9)
    files = zip_bundle(one, chosen)
    assert verify(files, DATA).code == 0


def test_verification_has_a_json_form(bundle: Path) -> None:
    body = verify(bundle, DATA).to_json()
    assert set(body) == {
        "code",
        "summary",
        "checks",
        "jaccard",
        "rows_in",
        "rows_out",
        "same_environment",
        "recomputed",
        "gone",
        "gone_in_words",
        "unread",
        "signoff",
        "signed",
    }


def test_spreadsheet_formulas_survive_the_round_trip(tmp_path: Path) -> None:
    frame = toy.table()
    frame["body"] = ["=SUM(A1)" if at % 2 else text for at, text in enumerate(frame["body"])]
    one = toy.study(frame)
    out = write_bundle(one, one.select("random", 20), tmp_path / "b")
    assert toy.read(out)["csv"]["neutralised_cells"] > 0
    assert toy.read(out)["renamed"] == {"aliquot_rank": "aliquot_rank_original"}
    assert verify(out, toy.csv_of(frame)).code == 0
    assert isinstance(pd.read_csv(io.BytesIO((out / "subset.csv").read_bytes())), pd.DataFrame)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        inner = list(value.items()) if isinstance(value, dict) else list(enumerate(value[:1]))
    return [path, *(found for name, part in inner for found in _paths(part, (*path, name)))]


# What a manifest tells but nothing is checked or computed by; what a recipe may leave to its default; and
# what may be null because not every subset has it. Everything else that is malformed is refused.
FREE = (
    r"kind|digest|environment\..+|data\.(notes|roles\..+\.reason)|features\.(key|made_by\.(libraries.*|model))"
    r"|groups\.(noise|notes|sizes.*)|selection\.(estimated|inputs|seconds)"
)
LEFT_OUT = (
    r"recipe\.(band|bans|data\.name|embedder|features|id_column|label|missing|pins|roles|score|seeds|target|task|weight|where)"
    r"|data\.(roles|reading)\.(?!version)[^.]+|features\.(names|notes|shape)\.0|selection\.(asked|cost|found)"
    r"|methods(\.(?!strategy stratified).+)?"
)
NULL = (
    r"csv|features|signoff|target|recipe\.(bans|id_column|label|missing|pins|score|target)"
    r"|recipe\.strategies\.0\.params\.spread|selection\.(cost|gains|multiplicity|params\.spread)"
)


@pytest.mark.parametrize(
    ("put", "also"),
    [(None, NULL), (-1, r"features\.shape\.0"), ([{"a": 1}], "-"), ("gone", LEFT_OUT)],
    ids=["null", "number", "list", "gone"],
)
def test_a_malformed_manifest_is_told_and_never_a_defect(tmp_path: Path, put: Any, also: str) -> None:
    one = toy.study(embedder="tfidf")
    one.groups()
    files = bundle_files(one, one.select("stratified", 6), csv=False, jsonl=False)
    good = orjson.loads(files["manifest.json"])
    data = load(DATA, name="tickets.csv", id_column="ticket")
    paths = _paths(good)[1:]
    taken = set()
    for path in paths:
        bad = copy.deepcopy(good)
        part = bad
        for name in path[:-1]:
            part = part[name]
        if put == "gone":
            part.pop(path[-1])
        else:
            part[path[-1]] = put
        bad["digest"] = toy.body_digest(bad)
        packed = zip_files({**files, "manifest.json": orjson.dumps(bad)})
        try:
            code = verify(packed, data, features="none").code
        except AliquotError:
            continue
        assert code in (0, 1)
        if code == 0:
            taken.add(".".join(map(str, path)))
    named = {".".join(map(str, path)) for path in paths}
    assert taken == {name for name in named if re.fullmatch(f"{FREE}|{also}", name)}


# ---- what was asked, and what it came to ---------------------------------------------------------


def test_a_share_is_recorded_beside_what_it_came_to_and_replayed_as_a_count(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("random", "12.5%"), tmp_path / "b")
    manifest = toy.read(out)
    assert manifest["recipe"]["budget"] == manifest["selection"]["asked"] == "12.5%"
    assert manifest["selection"]["budget"] == len(manifest["selection"]["ids"]) == 11
    found = verify(out, DATA)
    assert found.code == 0
    assert "The budget was 12.5 % of the rows, which came to 11 rows." in told(found)
    assert "12.5 % of the rows, which came to 11 rows" in (out / "report.html").read_text()


def test_a_subset_of_a_comparison_keeps_what_was_asked(tmp_path: Path) -> None:
    one = toy.study()
    found = one.compare(["random"], "20%", band=9, probe=False)
    chosen = found.results[0].selections[0]
    out = write_bundle(one, chosen, tmp_path / "b", csv=False, jsonl=False)
    assert toy.read(out)["recipe"]["budget"] == "20%"
    assert verify(out, DATA).code == 0


def test_a_sum_of_costs_is_recorded_beside_what_it_bought(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("random", "100 price"), tmp_path / "b")
    block = toy.read(out)["selection"]
    assert toy.read(out)["recipe"]["budget"] == block["asked"] == block["cost"]["asked"] == "100 price"
    assert block["cost"]["spent"] <= 100
    assert verify(out, DATA).code == 0


@pytest.mark.parametrize(("asked", "rows"), [("50%", 9), ("10 price", 9), ("nonsense", 9), ("10", 9)])
def test_a_wish_that_does_not_come_to_the_rows_is_a_contradiction(
    tmp_path: Path, asked: str, rows: int
) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("random", rows), tmp_path / "b")

    def change(manifest: dict[str, Any]) -> None:
        manifest["recipe"]["budget"] = manifest["selection"]["asked"] = asked

    toy.reseal(out, change)
    found = verify(out, DATA)
    assert found.code == 1
    assert failing(found) == {"manifest"}


def test_what_a_rule_found_is_recorded(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("herding", 9), tmp_path / "b")
    assert toy.read(out)["selection"]["found"] == {"bandwidth 2σ²": pytest.approx(11, rel=0.5)}
    inner = {"within": "herding", "by": "kind"}
    out = write_bundle(one, one.select("stratified", 30, params=inner), tmp_path / "c")
    assert set(toy.read(out)["selection"]["found"]) == {"bandwidth 2σ², smallest", "bandwidth 2σ², largest"}
    assert toy.read(write_bundle(one, one.select("random", 9), tmp_path / "d"))["selection"]["found"] == {}


def test_a_role_of_a_column_that_is_not_there_is_a_finding_not_a_defect(tmp_path: Path) -> None:
    one = toy.study()
    out = write_bundle(one, one.select("random", 9), tmp_path / "b")
    toy.reseal(out, lambda manifest: manifest["recipe"]["roles"].update(nowhere="number"))
    found = verify(out, DATA)
    assert found.code == 1
    assert failing(found) == {"replay"}
    assert "nowhere" in told(found)


def test_the_target_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    target = load(toy.csv_of(toy.table(20)), name="target.csv", id_column="ticket")
    one = toy.study(features="text:body", embedder="tfidf", groups="").toward(target)
    out = write_bundle(one, one.select("dsir", 10), tmp_path / "b", csv=False, jsonl=False)
    assert toy.read(out)["target"]["reading"] == dict(target.reading)


def test_the_headline_names_the_first_check_that_fails_and_counts_the_others(bundle: Path) -> None:
    frame = toy.table()
    frame.loc[17, "price"] += 0.001
    found = verify(bundle, toy.csv_of(frame))
    assert found.summary == (
        "The bundle does not verify; the check that fails is of the data: "
        "The cell of column 'price' in row 1018 differs."
    )
    (bundle / "subset.csv").write_bytes(b"another")
    (bundle / "odd.txt").write_bytes(b"")
    found = verify(bundle, toy.csv_of(frame))
    assert [check.name for check in found.failing] == ["files", "data"]
    assert found.summary == (
        "The bundle does not verify; the first check that fails is of the files: "
        "subset.csv was changed after it was written. 1 other check fails too."
    )


def test_the_headline_is_of_any_check_and_never_longer_than_can_be_read() -> None:
    def seen(*checks: Check) -> str:
        return Verification(checks, 1).summary

    holds = Check("A", "manifest", "holds", "As it was written.")
    moved = Check("A", "features", "differs", "They moved.", ("They moved.",), excused=True)
    other = Check("B", "replay", "differs", "Other rows.", ("Other rows.", "Other numbers."))
    unread = Check("B", "groups", "not checked", "Unknown.")
    assert seen(holds, moved, other, unread) == (
        "The bundle does not verify; the check that fails is of the replay: Other rows."
    )
    long = Check("A", "files", "fails", "", ("x" * 10_000,))
    assert seen(long, other, other).endswith("x… 2 other checks fail too.")
    assert len(seen(long)) < 400
    told = Check("A", "sign-off", "fails", "Bad: its seal. What to do: ask.", ())
    assert seen(told).endswith("of the sign-off: Bad: its seal.")
    assert seen(unread) == "The bundle does not verify: the recipe could not be run again."


@pytest.mark.parametrize(
    ("rows", "checks", "ends"),
    [
        (("7",), [("B", "replay")], "give other rows."),
        ((), [("B", "replay")], "give the same rows in another order, or with other numbers or groups."),
        ((), [("A", "features")], "differ from the recorded ones; the rows are the same."),
    ],
)
def test_what_moved_in_another_environment_is_what_is_said(rows: Any, checks: Any, ends: str) -> None:
    made = tuple(Check(part, name, "differs", "", (), excused=True) for part, name in checks)
    found = Verification(made, 3, rows_in=rows)
    assert found.summary.endswith(f"made again in this environment {ends}")
    assert found.in_words == found.summary


@pytest.mark.parametrize("features", ["text:body", "table"])
def test_what_was_chosen_then_is_replayed_whatever_would_be_chosen_now(tmp_path: Path, features: str) -> None:
    one = toy.study(features=features, embedder="tfidf")
    out = write_bundle(one, one.select("k-center", 12), tmp_path / "b")
    toy.reseal(out, lambda manifest: manifest["recipe"].update(features="auto"))
    for source in (out, out / "manifest.json"):
        found = verify(source, DATA)
        assert found.code == 0, found.summary


def test_other_names_of_the_same_groups_are_excused_elsewhere_only(tmp_path: Path) -> None:
    one = toy.study(features="text:body", embedder="tfidf")
    groups = one.groups()
    assert groups is not None
    out = write_bundle(one, one.select("random", 12), tmp_path / "b", csv=False, jsonl=False)

    def rename(manifest: dict[str, Any]) -> None:
        manifest["groups"]["names"][0] = "as another dictionary has it"

    manifest = out / "manifest.json"
    toy.reseal(out, rename)
    assert verify(manifest, DATA).code == 1
    toy.reseal(out, _elsewhere)
    found = verify(manifest, DATA)
    assert found.code == 3, found.summary
    toy.reseal(out, lambda manifest: manifest["groups"].update(digest="0" * 32))
    assert verify(out, DATA).code == 1

"""Unicode in a file: told by its mark or its zeros, and where a byte does not fit."""

from __future__ import annotations

import pytest

from core.data.load import load
from core.foundation.errors import DataError

TEXT = "id,text\n1,zażółć gęślą jaźń\n2,Łódź\n"


@pytest.mark.parametrize(
    ("mark", "codec", "recorded"),
    [
        ("\ufeff", "utf-8", "utf-8"),
        ("\ufeff", "utf-16-le", "utf-16"),
        ("\ufeff", "utf-16-be", "utf-16"),
        ("", "utf-16-le", "utf-16-le"),
        ("", "utf-16-be", "utf-16-be"),
    ],
)
def test_unicode_is_told_by_its_mark_or_by_its_zeros(mark, codec, recorded):
    raw = (mark + TEXT).encode(codec)
    data = load(raw, name="file")
    assert (list(data.frame.columns), data.reading["encoding"]) == (["id", "text"], recorded)
    assert any("was read as UTF-16" in note for note in data.notes) == (codec != "utf-8")
    assert data.frame.equals(load(TEXT.encode(), name="file").frame)


@pytest.mark.parametrize("chosen", [None, "utf-8"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_that_does_not_fit_is_counted_from_the_start_of_the_file(mark, chosen):
    start = f"{mark}id,text\n1,".encode()
    raw = start + b"\xff" + "".join(f"\n{at},müde" for at in range(9)).encode()
    with pytest.raises(DataError) as caught:
        load(raw, name="file", encoding=chosen)
    told = caught.value.why
    assert f"byte {len(start):,} " in told or (chosen is None and not mark and "line 2" in told), told


@pytest.mark.parametrize(("codec", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_a_half_pair_of_utf_16_is_counted_from_the_start_too(codec, mark):
    raw = mark + "id,a\n".encode(codec) + "\ud800".encode(codec, "surrogatepass") + "x\n".encode(codec)
    with pytest.raises(DataError, match="byte 12 does not fit"):
        load(raw, name="file")

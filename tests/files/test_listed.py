"""Names of the files in a list."""

import pytest

from scrcl_geo._files.listed import listed
from scrcl_geo._validate import ScrclInputError


def made(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def test_lines_are_paths_from_the_folder_of_the_list(tmp_path):
    made(tmp_path, "b.h5ad", "in/a.csv")
    (tmp_path / "list.txt").write_text("# two samples\nb.h5ad\n\n  in/a.csv \n")
    assert listed(tmp_path / "list.txt") == {"b": tmp_path / "b.h5ad", "a": tmp_path / "in" / "a.csv"}


def test_a_folder_gives_its_stores_in_order(tmp_path):
    made(tmp_path, "2.h5ad", "1.h5ad", "notes.txt")
    (tmp_path / "3.zarr").mkdir()
    assert list(listed(tmp_path)) == ["1", "2", "3"]


def test_files_of_one_name_are_told_by_their_folders(tmp_path):
    made(tmp_path, "s1/outs/matrix.h5", "s2/outs/matrix.h5")
    (tmp_path / "list.txt").write_text("s1/outs/matrix.h5\ns2/outs/matrix.h5")
    assert list(listed(tmp_path / "list.txt")) == ["s1/outs/matrix.h5", "s2/outs/matrix.h5"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "cannot read the list"),
        (b"\xff\xfe\x00", "found something else than text"),
        (b"# nothing\n", "names no file: found no line with a path"),
        (b"a.h5ad\nnone.h5ad", "none.h5ad: found no such file, named in"),
        (b"a.h5ad\n./a.h5ad", "names a file twice: found"),
    ],
)
def test_a_list_that_cannot_be_used_is_told(tmp_path, text, line):
    made(tmp_path, "a.h5ad")
    if text is not None:
        (tmp_path / "list.txt").write_bytes(text)
    with pytest.raises(ScrclInputError, match=line):
        listed(tmp_path / "list.txt")


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(ScrclInputError, match=r"found no \.h5ad or \.zarr"):
        listed(tmp_path)

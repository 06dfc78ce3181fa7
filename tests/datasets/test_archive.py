"""Archives stay in their folder and on the disk."""

import io
import tarfile
import types
import zipfile

import pytest

from scrcl_geo.datasets._archive import unpack


def tar(path, name, *, link=False):
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member, io.BytesIO())
    return path


def test_archives_stay_in_their_folder(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    unsafe = [tar(tmp_path / f"{i}.tar", name) for i, name in enumerate(["../x", "/tmp/x", "a/../../x"])]
    unsafe.append(tar(tmp_path / "link.tar", "x", link=True))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("ok", "")
        archive.writestr("../x", "")
    for archive in [*unsafe, tmp_path / "x.zip"]:
        with pytest.raises(ValueError, match="is not safe to unpack"):
            unpack(archive, inside)
        assert not list(inside.iterdir())
    assert not (tmp_path / "x").exists()
    assert unpack(tar(tmp_path / "good.tar", "a/b"), inside) == [inside / "a/b"]
    with pytest.raises(ValueError, match="no archive"):
        unpack(inside / "a/b", inside)


def test_archives_larger_than_the_disk_are_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("x", "0" * 1000)
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(tmp_path / "x.zip", "x")
    (tmp_path / "inside").mkdir()
    monkeypatch.setattr("shutil.disk_usage", lambda folder: types.SimpleNamespace(free=100))
    for archive in ("x.zip", "x.tar"):
        with pytest.raises(ValueError, match="too large to unpack"):
            unpack(tmp_path / archive, tmp_path / "inside")
    assert not list((tmp_path / "inside").iterdir())

"""Entry points of installed packages: modules that register things, as a user's files do."""

from __future__ import annotations

from importlib import metadata

import pytest

from core.foundation.registry import UnknownName
from tests.unit.foundation.hostile import HOSTILE
from tests.unit.foundation.house import House, thing


def test_an_installed_package_is_registered_too(house: House) -> None:
    house.install("shop", "sold = shop.one", one=thing("sold"))
    assert house.things.names() == ("ours", "sold")
    (extension,) = house.things.extensions()
    assert (extension.label, extension.place) == ("sold (shop 1.2)", "shop.one of shop 1.2")
    assert house.things.get("sold").__module__ == "shop.one"
    house.write("mine.py", thing("mine"))  # a rescan keeps it, though Python imports it once only
    house.things.rescan()
    assert house.things.names() == ("ours", "mine", "sold")


@pytest.mark.parametrize("what", ["import", "sys.exit", "nothing registered", "our name", "does not pass the check"])
def test_a_package_that_cannot_be_used(what: str, house: House) -> None:
    text, why = HOSTILE[what]
    house.install("shop", "sold = shop.one", one=str(text))
    house.write("sold.py", thing("other"))
    assert house.things.names() == ("ours", "other")
    (told,) = house.things.broken.values()
    assert why.removeprefix("^").removesuffix("$").split(";")[0].split(":")[0] in told
    with pytest.raises(UnknownName, match=r"no thing 'sold' \(sold \(shop 1.2\): "):
        house.things.get("sold")


def test_a_package_that_is_gone(house: House) -> None:
    house.install("shop", "sold = shop.nowhere")
    assert house.things.names() == ("ours",)
    assert "No module named 'shop.nowhere'" in house.things.broken["sold (shop 1.2)"]


def test_damaged_metadata_of_a_package(house: House) -> None:
    house.install("shop", "sold = shop.one\nodd = 'not a module'", one=thing("sold"))
    (house.site / "shop-1.2.dist-info" / "METADATA").write_bytes(b"\xff\xfe nothing")
    assert "sold" in house.things.names()
    assert [label.partition(" ")[0] for label in house.things.broken] == ["odd"]


def test_entry_points_that_cannot_be_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr(metadata, "entry_points", damaged)
    house.write("mine.py", thing("mine"))
    assert house.things.names() == ("ours", "mine")
    assert house.things.broken["entry points"].startswith("UnicodeDecodeError: ")


def test_modules_that_import_each_other_keep_their_own_classes(house: House) -> None:
    house.install(
        "shop",
        "first = shop.first\nsecond = shop.second\nagain = shop.second",
        __init__="from shop import first, second",
        first=thing("first", "fits = False"),
        second=thing("second"),
    )
    assert house.things.names() == ("ours", "second")
    assert house.things.broken == {"first (shop 1.2)": "Mine does not fit"}


def test_a_user_s_file_may_build_on_a_package_but_not_take_its_name(house: House) -> None:
    house.install("shop", "sold = shop.one", one=thing("sold"))
    house.write("mine.py", "from shop.one import Mine as Base\n" + thing("mine").replace("(Thing)", "(Base)"))
    house.write("thief.py", thing("sold"))
    assert house.things.names() == ("ours", "mine", "sold")
    assert "already, of sold (shop 1.2)" in house.things.broken["thief.py"]

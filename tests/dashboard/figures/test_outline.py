"""The outline behind the map, and the script that makes it."""

import importlib.util
import json
import math
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from PIL import Image

ROOT = Path(__file__).parents[3]


def outline_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_outline", ROOT / "tools" / "make_outline.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_outline_is_small_and_does_not_streak() -> None:
    path = ROOT / "dashboard" / "static" / "world.json"
    assert path.stat().st_size < 300_000
    outline = json.loads(path.read_text(encoding="utf-8"))
    assert len(outline["features"]) == 177
    rings = [ring for one in outline["features"] for shape in one["geometry"]["coordinates"] for ring in shape]
    for ring in rings:
        assert ring[0] == ring[-1]
        assert len(ring) >= 4
        for (x1, y1), (x2, y2) in pairwise(ring):
            assert -180 <= x1 <= 180
            assert -85 <= y1 <= 85
            # Only Antarctica's southern edge runs all the way.
            assert abs(x2 - x1) < 15 or y1 == y2 == -85


def test_the_outline_script_cuts_at_the_antimeridian() -> None:
    # A square from 170 to -170 degrees, and a cap around the south pole, in whole degrees.
    square = [[170, 10], [20, 0], [0, 10], [-20, 0], [0, -10]]
    square[1:3] = [[-340, 0], [0, 10]]
    square[3] = [340, 0]
    cap = [[-180, -70], *[[90, 0]] * 3, [90, 0]]
    topology = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [square, cap],
        "objects": {
            "countries": {"geometries": [{"type": "Polygon", "arcs": [[0]]}, {"type": "MultiPolygon", "arcs": [[[1]]]}]}
        },
    }
    first, second = outline_script().make_outline(topology)["features"]
    parts = [sorted(set(shape[0])) for shape in first["geometry"]["coordinates"]]
    assert sorted(parts) == [
        [(-180.0, 10), (-180.0, 20), (-170, 10), (-170, 20)],
        [(170, 10), (170, 20), (180.0, 10), (180.0, 20)],
    ]
    (cap_part,) = second["geometry"]["coordinates"]
    assert {(-180, -85.0), (180, -85.0), (0, -70)} <= set(cap_part[0])


def test_the_picture_is_the_outline_in_web_mercator() -> None:
    picture = Image.open(ROOT / "dashboard" / "static" / "world.png")
    assert picture.mode == "LA"
    assert picture.width == picture.height

    def alpha(latitude: float, longitude: float) -> int:
        y = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)
        pixel = picture.getpixel((int((longitude + 180) / 360 * picture.width), int((0.5 - y) * picture.height)))
        assert isinstance(pixel, tuple)
        return pixel[1]

    # Sweden, Brazil, the Congo, Australia; the Atlantic, the Pacific on both sides, the Indian Ocean.
    assert all(alpha(*place) > 0 for place in [(62.5, 15), (-10, -52), (-2, 23), (-25, 134), (-80, 90)])
    assert not any(alpha(*place) for place in [(30, -40), (0, 179.5), (0, -179.5), (-30, 80), (75, 0)])
    assert (ROOT / "dashboard" / "static" / "world.png").stat().st_size < 250_000

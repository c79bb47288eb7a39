"""Draw the world outline of the session map as a picture, from `dashboard/static/world.json`.

    python tools/draw_outline.py

Writes `dashboard/static/world.png`: Web Mercator from 85.0511 degrees south to north, white, with the land's fill and
the borders in its alpha channel; the map gives it its colour. One picture costs the browser a fraction of what 10,000
corners do: with software rendering the map is there a second sooner, and a change is drawn in half the time.
"""

import json
import math
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "dashboard" / "static"
SIZE = 2048  # pixels; drawn larger and scaled down, which smooths the lines
OVERSAMPLING = 4
FILL, LINE = 70, 255  # alpha of land and borders
LINE_WIDTH = 1.1  # pixels


def pixel(longitude: float, latitude: float, size: int) -> tuple[float, float]:
    """Where a place is on a square Web Mercator map of so many pixels."""
    y = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)
    return (longitude + 180) / 360 * size, (0.5 - y) * size


def draw(outline: dict[str, object]) -> Image.Image:
    """The picture of a GeoJSON FeatureCollection of MultiPolygons."""
    size = SIZE * OVERSAMPLING
    alpha = Image.new("L", (size, size), 0)
    pen = ImageDraw.Draw(alpha)
    shapes = [
        [[pixel(x, y, size) for x, y in ring] for ring in shape]
        for feature in outline["features"]  # type: ignore[attr-defined]
        for shape in feature["geometry"]["coordinates"]
    ]
    for outer, *holes in shapes:
        pen.polygon(outer, fill=FILL)
        for hole in holes:
            pen.polygon(hole, fill=0)
    # A hole is another country, or the sea: the country is drawn after it, so borders come last.
    for outer, *_ in shapes:
        pen.polygon(outer, fill=FILL)
    for shape in shapes:
        for ring in shape:
            pen.line([*ring, ring[0]], fill=LINE, width=round(LINE_WIDTH * OVERSAMPLING), joint="curve")
    alpha = alpha.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    # Sixteen levels are enough, and a third of the bytes.
    alpha = alpha.point(lambda level: round(level / 17) * 17)
    picture = Image.new("LA", (SIZE, SIZE), (255, 0))
    picture.putalpha(alpha)
    return picture


def main() -> None:
    outline = json.loads((STATIC / "world.json").read_text(encoding="utf-8"))
    target = STATIC / "world.png"
    draw(outline).save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

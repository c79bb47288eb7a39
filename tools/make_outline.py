"""Remake the world outline of the session map from the npm package `world-atlas`.

    npm pack world-atlas@2.0.2
    python tools/make_outline.py world-atlas-2.0.2.tgz

Reads `countries-110m.json` (TopoJSON, Natural Earth 4.1.0, public domain) from the tarball and writes
`dashboard/static/world.json` (GeoJSON, one feature per country, no properties). Needs nothing but Python.

Two things a plain conversion gets wrong on a Mercator map: the package stitches polygons together across the
antimeridian, so Russia, Fiji and Antarctica would streak across the whole map; and Antarctica reaches the pole,
which Mercator can't show.
"""

import argparse
import json
import tarfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Ring = list[Point]

SOURCE = "package/countries-110m.json"
TARGET = Path(__file__).resolve().parent.parent / "dashboard" / "static" / "world.json"
SOUTHERNMOST = -85.0  # Web Mercator ends at 85.05 degrees


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """The arcs as longitude and latitude: TopoJSON stores whole-number steps from point to point."""
    (x_scale, y_scale), (x_origin, y_origin) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[Ring] = []
    for steps in topology["arcs"]:
        x = y = 0
        arc: Ring = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arc.append((x * x_scale + x_origin, y * y_scale + y_origin))
        arcs.append(arc)
    return arcs


def join_arcs(references: list[int], arcs: list[Ring]) -> Ring:
    """One ring from its arcs; a negative reference is the arc's complement, read backwards."""
    ring: Ring = []
    for reference in references:
        arc = arcs[reference] if reference >= 0 else arcs[~reference][::-1]
        ring.extend(arc[1:] if ring else arc)
    return ring


def unroll(ring: Ring) -> Ring:
    """The ring with longitudes that run on past 180 instead of jumping, closed around the pole where it circles it."""
    points = [ring[0]]
    for longitude, latitude in ring[1:]:
        previous = points[-1][0]
        points.append((previous + (longitude - previous + 180) % 360 - 180, latitude))
    first, last = points[0][0], points[-1][0]
    if abs(last - first) > 180:
        points += [(last, SOUTHERNMOST), (first, SOUTHERNMOST), points[0]]
    return points


def clip(ring: Ring, edge: float, keep_east: bool) -> Ring:
    """The part of the ring east (or west) of a meridian, closed along it (Sutherland-Hodgman)."""
    kept: Ring = []
    for (x1, y1), (x2, y2) in pairwise(ring):
        inside1, inside2 = (x1 >= edge, x2 >= edge) if keep_east else (x1 <= edge, x2 <= edge)
        if inside1:
            kept.append((x1, y1))
        if inside1 != inside2:
            kept.append((edge, y1 + (y2 - y1) * (edge - x1) / (x2 - x1)))
    return [*kept, kept[0]] if kept else []


def cut(ring: Ring) -> Iterator[Ring]:
    """The ring's parts, each within -180 to 180 degrees."""
    points = unroll(ring)
    for turn in (-360.0, 0.0, 360.0):
        moved = [(x + turn, y) for x, y in points]
        if max(x for x, _ in moved) <= -180 or min(x for x, _ in moved) >= 180:
            continue
        part = clip(moved, -180, True)
        part = clip(part, 180, False) if part else []
        if len(part) > 3:
            yield part


def rounded(ring: Ring) -> Ring:
    """Two decimals (about a kilometre), without the points that then coincide."""
    points: Ring = []
    for x, y in ring:
        point = (round(x, 2), max(round(y, 2), SOUTHERNMOST))
        if not points or point != points[-1]:
            points.append(point)
    return points


def polygons(geometry: dict[str, Any], arcs: list[Ring]) -> list[list[Ring]]:
    """A geometry's polygons; holes stay with their polygon when nothing had to be cut."""
    found: list[list[Ring]] = []
    for references in [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]:
        outer, *holes = [join_arcs(ring, arcs) for ring in references]
        parts = [part for part in map(rounded, cut(outer)) if len(part) > 3]
        inner = [part for hole in holes for part in map(rounded, cut(hole)) if len(part) > 3]
        if inner and len(parts) != 1:
            raise SystemExit("A polygon with a hole crosses the antimeridian: this script can't share out the holes.")
        found.extend([part, *inner] for part in parts)
    return found


def make_outline(topology: dict[str, Any]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection from a `world-atlas` topology."""
    arcs = decode_arcs(topology)
    features = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        shape = {"type": "MultiPolygon", "coordinates": polygons(geometry, arcs)}
        features.append({"type": "Feature", "properties": {}, "geometry": shape})
    return {"type": "FeatureCollection", "features": features}


def main() -> None:
    parser = argparse.ArgumentParser(description="Remake dashboard/static/world.json from world-atlas.")
    parser.add_argument("tarball", type=Path, help="what `npm pack world-atlas@2.0.2` leaves")
    parser.add_argument("--target", type=Path, default=TARGET)
    arguments = parser.parse_args()
    with tarfile.open(arguments.tarball) as tarball:
        member = tarball.extractfile(SOURCE)
        if member is None:
            raise SystemExit(f"{arguments.tarball} has no file {SOURCE}.")
        topology = json.load(member)
    text = json.dumps(make_outline(topology), separators=(",", ":")) + "\n"
    arguments.target.write_text(text, encoding="utf-8")
    print(f"{arguments.target}: {len(text):,} bytes")


if __name__ == "__main__":
    main()

"""What the company sells: families of boards, their products, prices and costs, and who buys which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm_analysis.book.demo.parameters import Floats, Ints

# family, code, lowest and highest list price (EUR a piece), cost as a share of the list price,
# working days from order to promised shipment, variants (layers or types, thicknesses in 0.1 mm)
_FAMILIES = (
    ("rigid", "RG", 2.4, 11.0, 0.69, 12, ("01", "02"), ("08", "10", "16", "24")),
    ("multilayer", "ML", 7.5, 38.0, 0.64, 16, ("04", "06", "08", "10", "12"), ("10", "16", "24")),
    ("HDI", "HD", 21.0, 88.0, 0.57, 22, ("06", "08", "10"), ("08", "10", "16")),
    ("flex", "FX", 9.0, 46.0, 0.60, 20, ("01", "02", "04"), ("01", "02")),
    ("rigid-flex", "RF", 42.0, 150.0, 0.55, 27, ("04", "06", "08"), ("10", "16")),
    ("metal-core", "MC", 6.5, 28.0, 0.66, 15, ("01", "02"), ("10", "16", "20")),
    ("prototypes", "PT", 38.0, 190.0, 0.74, 6, ("02", "04", "06", "08"), ("10", "16")),
    ("tooling", "TL", 140.0, 620.0, 0.71, 9, ("11", "21", "31", "41"), ("00",)),
)
FAMILIES = tuple(family[0] for family in _FAMILIES)
PROTOTYPES, TOOLING = FAMILIES.index("prototypes"), FAMILIES.index("tooling")

INDUSTRIES = (
    "industrial controls",
    "automotive supply",
    "medical devices",
    "rail",
    "lighting",
    "telecommunications",
    "power electronics",
    "measurement",
    "consumer electronics",
    "agricultural machines",
)
INDUSTRY_SHARE = np.array([18, 14, 10, 6, 9, 8, 12, 11, 6, 6], dtype=float)

# how often an industry's main need is each of the six families of boards: a row per industry
MAIN_FAMILY = np.array(
    [
        [30, 45, 8, 5, 4, 8],
        [25, 40, 12, 10, 5, 8],
        [8, 30, 25, 20, 15, 2],
        [25, 50, 8, 4, 8, 5],
        [20, 8, 2, 10, 0, 60],
        [10, 40, 38, 6, 6, 0],
        [25, 35, 2, 2, 1, 35],
        [20, 45, 15, 12, 8, 0],
        [30, 30, 20, 18, 2, 0],
        [50, 40, 2, 2, 2, 4],
    ],
    dtype=float,
)


@dataclass(frozen=True)
class Catalogue:
    """Products, one row per product, grouped by family."""

    code: tuple[str, ...]
    family: Ints  # index into FAMILIES
    price: Floats  # list price of 2022, EUR a piece
    cost: Floats  # material and labour at the prices of 2022, EUR a piece
    first: Ints  # per family: row of its first product
    count: Ints  # per family: number of products
    lead: Ints  # per family: working days from order to promised shipment


def _catalogue() -> Catalogue:
    code: list[str] = []
    family: list[int] = []
    price: list[float] = []
    cost: list[float] = []
    for index, (_, letters, low, high, share, _, kinds, sizes) in enumerate(_FAMILIES):
        variants = [f"{letters}-{kind}-{size}" for kind in kinds for size in sizes]
        code += variants
        family += [index] * len(variants)
        steps = [low * (high / low) ** (k / (len(variants) - 1)) for k in range(len(variants))]
        price += steps
        # the simplest product of a family is its dearest to make, measured against its price
        cost += [step * (share + 0.05 - 0.08 * k / (len(variants) - 1)) for k, step in enumerate(steps)]
    count = np.bincount(family)
    return Catalogue(
        tuple(code),
        np.array(family),
        np.array(price),
        np.array(cost),
        np.cumsum(count) - count,
        count,
        np.array([row[5] for row in _FAMILIES]),
    )


CATALOGUE = _catalogue()

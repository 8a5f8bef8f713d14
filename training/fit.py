"""Boosted trees of depth two, folded into tables of pairs, so that the model is a sum that can be read from a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

ROUNDS = 500
PARAMETERS = {
    "objective": "binary",
    "num_leaves": 4,
    "max_depth": 2,
    "learning_rate": 0.08,
    "min_data_in_leaf": 25,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.5,
    "lambda_l2": 4.0,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "max_bin": 64,
    "min_data_in_bin": 1,
}
Pair = tuple[int, int]


def fit(x: Any, y: Any, weight: Any, sizes: Sequence[int], *, pairs: int, seed: int) -> dict[Pair, Any]:
    """A table of weights for each of the most useful pairs of traits; a trait alone is a pair with itself."""
    first = _boost(x, y, weight, seed, None)
    useful = _tables(first, sizes)
    ranked = sorted(useful, key=lambda pair: -float(np.abs(useful[pair][x[:, pair[0]], x[:, pair[1]]]).mean()))
    kept = sorted(ranked[:pairs])
    if len(ranked) > pairs:
        first = _boost(x, y, weight, seed, [sorted(set(pair)) for pair in kept])
    return _tables(first, sizes)


def _boost(x: Any, y: Any, weight: Any, seed: int, allowed: Sequence[Sequence[int]] | None) -> Any:
    data = lightgbm.Dataset(x.astype(float), y, weight=weight, free_raw_data=False)
    settings = {**PARAMETERS, "seed": seed, "boost_from_average": False}
    if allowed is not None:
        settings["interaction_constraints"] = [list(group) for group in allowed]
    return lightgbm.train(settings, data, ROUNDS)


def _tables(model: Any, sizes: Sequence[int]) -> dict[Pair, Any]:
    """Every tree taken apart: what it says left and right of its root depends on two traits at most."""
    tables: dict[Pair, Any] = defaultdict(lambda: None)

    def add(a: int, b: int, values: Any) -> None:
        pair, table = ((a, b), values) if a <= b else ((b, a), values.T)
        tables[pair] = table if tables[pair] is None else tables[pair] + table

    for tree in model.dump_model()["tree_info"]:
        root = tree["tree_structure"]
        if "leaf_value" in root and "split_feature" not in root:
            add(0, 0, np.diag(np.full(sizes[0], root["leaf_value"])))
            continue
        a, at = root["split_feature"], root["threshold"]
        left = np.arange(sizes[a]) <= at
        for side, child in ((left, root["left_child"]), (~left, root["right_child"])):
            if "split_feature" not in child:
                add(a, a, np.diag(side * child["leaf_value"]))
                continue
            b, cut = child["split_feature"], child["threshold"]
            leaf = np.where(np.arange(sizes[b]) <= cut, child["left_child"]["leaf_value"], child["right_child"]["leaf_value"])
            if a == b:
                add(a, a, np.diag(side * leaf))
            else:
                add(a, b, np.outer(side, leaf))
    return dict(tables)

"""Write model files of today's format, and what they say of a few rows: run once a format.

They stay for ever: ``test_golden.py`` opens each and asks it again.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from tenfold import train
from tenfold.store.archive import FORMAT, save_model
from tests.engine_options import asked

HERE = Path(__file__).parent


def table(rows: int) -> pd.DataFrame:
    """Make up rows with all kinds of columns, some cells empty."""
    generator = np.random.default_rng(0)
    size = generator.normal(size=rows).round(3)
    colour = generator.choice(["red", "green", "blue"], rows)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 400, rows), "D")
    noise = generator.normal(0, 0.3, rows)
    price = 3 * size + (colour == "red") + 0.01 * day.day_of_year + noise
    frame = pd.DataFrame({"size": size, "colour": colour, "day": day.strftime("%Y-%m-%d")})
    frame.loc[::9, "size"] = np.nan
    frame.loc[4::11, "colour"] = None
    return frame.assign(price=price.round(3), dear=np.where(price > 2, "yes", "no"))


def picture(place: int) -> Image.Image:
    """Make up a picture: upright stripes if ``place`` is even, else lying ones."""
    x, y = np.meshgrid(np.arange(16), np.arange(16))
    waves = 127.5 * (1 + np.sin((x if place % 2 == 0 else y) * (1 + place / 40)))
    return Image.fromarray(np.stack([waves, 255 - waves, waves / 2], -1).astype(np.uint8))


def main() -> None:
    """Train three small runs, and keep their models and answers."""
    rows = table(120)
    few = {"folds": 2, "epochs": 4, "out": None}
    runs = {
        "regression": train(rows.drop(columns="dear"), **asked(target="price", **few)),
        "classification": train(rows.drop(columns="price"), **asked(target="dear", **few)),
    }
    new = rows.drop(columns=["price", "dear"]).head(12)
    new.to_csv(HERE / "rows.csv", index=False)
    for at in range(4):
        picture(40 + at).save(HERE / f"picture-{at}.png")
    folder = HERE / "made"
    for at in range(40):
        place = folder / ("upright" if at % 2 == 0 else "lying")
        place.mkdir(parents=True, exist_ok=True)
        picture(at).save(place / f"{at}.png")
    runs["pictures"] = train(folder, **asked(network="tutorial", img_size=16, **few))
    for name, run in runs.items():
        path = HERE / f"format-{FORMAT}-{name}.tenfold"
        save_model(run.model, path)
        given = sorted(HERE.glob("picture-*.png")) if name == "pictures" else new
        said = run.predict(given).reset_index(drop=True)
        path.with_suffix(".json").write_text(json.dumps(said.to_dict("list"), indent=1))


if __name__ == "__main__":
    main()

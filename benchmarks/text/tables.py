"""Real tables with columns of text, where they come from, and who they are for.

None of them is part of this project. Files are read from one folder under the names below;
each is public, at the address said here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import pandas as pd

MOST_ROWS: Final = 2_000
SEED: Final = 0
DEVELOPING: Final = {"regression": 4, "classification": 4}

SKRUB = "https://github.com/skrub-data/skrub-data-files"
CHINESE = "https://github.com/SophonPlus/ChineseNlpCorpus"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A table: what it is about, its file, where that comes from, and what is predicted."""

    name: str
    target: str
    task: str
    file: str
    origin: str
    read: Callable[[Path], pd.DataFrame] = pd.read_csv
    drop: tuple[str, ...] = ()

    def table(self, folder: Path) -> pd.DataFrame:
        """Return up to MOST_ROWS rows, drawn by a seed, that have a target."""
        table = self.read(folder / self.file).drop(columns=list(self.drop))
        table = table[table[self.target].notna()]
        if self.task == "classification":
            table[self.target] = table[self.target].astype(str)
        most = min(MOST_ROWS, len(table))
        return table.sample(most, random_state=SEED).reset_index(drop=True)


def _movies(path: Path) -> pd.DataFrame:
    ratings = pd.read_csv(path.with_name("ratings.csv")).groupby("movieId")["rating"]
    table = pd.read_csv(path).set_index("movieId")
    table["rating"] = ratings.mean()[ratings.size() >= 5]
    return table.reset_index(drop=True)


def _games(path: Path) -> pd.DataFrame:
    import numpy as np  # noqa: PLC0415

    table = pd.read_csv(path)
    table["Global_Sales"] = np.log10(table["Global_Sales"])
    return table


def _ramen(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path)
    table["stars"] = pd.to_numeric(table["stars"], errors="coerce")
    return table


def _german(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", quoting=3, header=None, names=["text", "kind", "fine"])


def _tabs(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t")


def _latin(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8", encoding_errors="replace")


_ALL: Final[tuple[Any, ...]] = (
    ("salaries of employees", "current_annual_salary", "regression", "employee_salaries.csv",
     SKRUB, pd.read_csv, ("year_first_hired",)),
    ("ratings of films by title", "rating", "regression", "movies.csv", SKRUB, _movies, ()),
    ("sales of games", "Global_Sales", "regression", "videogame_sales.csv", SKRUB, _games,
     ("Rank", "NA_Sales", "EU_Sales", "JP_Sales", "Other_Sales")),
    ("years of works of art", "year", "regression", "tate_text.csv",
     "modeldata tate_text, https://github.com/tidymodels/modeldata", pd.read_csv,
     ("rownames", "id")),
    ("points of whisky", "review.point", "regression", "scotch_review.csv",
     "https://github.com/AnHell999/Whisky", pd.read_csv, ("Unnamed: 0", "currency")),
    ("stars of noodle soups", "stars", "regression", "ramen-ratings.csv",
     "https://github.com/TuMaths/ramen-ratings", _ramen, ("review", "top_ten")),
    ("ratings of the best films", "IMDB_Rating", "regression", "imdb_top_1000.csv",
     "https://github.com/datadrivendynamo/imdb", pd.read_csv, ("Poster_Link",)),
    ("stars of loudspeakers", "rating", "regression", "amazon_alexa.tsv",
     "https://github.com/snizio/progettoTA", _tabs, ("Unnamed: 0", "feedback")),
    ("ratings of coffee", "rating", "regression", "coffee_analysis.csv",
     "https://github.com/ramyajt/coffee_analysis_data", _latin, ()),
    ("regions by what people call them", "Census_Region", "classification",
     "midwest_survey.csv", SKRUB, pd.read_csv, ("RespondentID",)),
    ("payments to physicians", "status", "classification", "open_payments.csv", SKRUB,
     pd.read_csv, ()),
    ("toxic tweets", "is_toxic", "classification", "toxicity.csv", SKRUB, pd.read_csv, ()),
    ("reviews of fine foods", "score", "classification", "small_fine_foods.csv",
     "modeldata small_fine_foods, https://github.com/tidymodels/modeldata", pd.read_csv, ()),
    ("reviews of hotels in Chinese", "label", "classification", "ChnSentiCorp_htl_all.csv",
     CHINESE, pd.read_csv, ()),
    ("reviews of meals in Chinese", "label", "classification", "waimai_10k.csv", CHINESE,
     pd.read_csv, ()),
    ("offensive tweets in German", "kind", "classification", "germeval2018.training.txt",
     "https://github.com/uds-lsv/GermEval-2018-Data", _german, ("fine",)),
    ("tweets of disasters", "target", "classification", "train.csv",
     "https://github.com/J-Dymond/COMP6208", pd.read_csv, ("id",)),
    ("tweets to airlines", "airline_sentiment", "classification", "Tweets.csv",
     "https://github.com/Ramlah0/Twitter-US-Airline-Sentiment-Analysis", _latin,
     ("tweet_id", "negativereason")),
    ("emotions of tweets in Indonesian", "label", "classification", "train_preprocess.csv",
     "https://github.com/IndoNLP/indonlu", pd.read_csv, ()),
)  # fmt: skip


def tables(part: str) -> list[Source]:
    """Return the tables to develop on, or those to report on, drawn by a seed.

    Parameters
    ----------
    part : {"developing", "report"}
    """
    names = ("name", "target", "task", "file", "origin", "read", "drop")
    found = [Source(**dict(zip(names, one, strict=True))) for one in _ALL]
    chosen: list[Source] = []
    for task, count in DEVELOPING.items():
        own = [one for one in found if one.task == task]
        Random(SEED).shuffle(own)
        chosen += own[:count] if part == "developing" else own[count:]
    return chosen

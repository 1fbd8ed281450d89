"""The shop's database: a few thousand sales of the last weeks, made up, the same ones on every machine."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Final

SCHEMA: Final = """
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price REAL NOT NULL);
CREATE TABLE sales (
    receipt TEXT PRIMARY KEY, sold_at TEXT NOT NULL, store TEXT NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, amount REAL NOT NULL
);
CREATE INDEX sales_by_time ON sales (sold_at);
"""
STORES: Final = ("上海", "北京", "广州", "成都", "杭州")
PRODUCTS: Final = (
    ("龙井茶", "tea", 128.0),
    ("普洱茶", "tea", 96.0),
    ("茉莉花茶", "tea", 58.0),
    ("紫砂壶", "ware", 360.0),
    ("盖碗", "ware", 88.0),
    ("茶杯", "ware", 26.0),
    ("桂花糕", "snacks", 32.0),
    ("核桃酥", "snacks", 24.0),
)
DAYS: Final = 35
PER_DAY: Final = 90


def create(path: Path, *, today: date) -> int:
    """Write the database, unless it is there. Returns the number of sales in it.

    Seasons, weekends and stores differ as in life, so that the sums are worth looking at.
    """
    if path.exists():
        with closing(sqlite3.connect(path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM sales").fetchone()
        return int(count)
    chance = random.Random(20260101)
    rows = []
    for day in range(DAYS, 0, -1):
        on = today - timedelta(days=day)
        busy = 1.6 if on.weekday() >= 5 else 1.0
        for number in range(int(PER_DAY * busy * chance.uniform(0.8, 1.2))):
            second = chance.randrange(9 * 3600, 21 * 3600)
            at = f"{on} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
            rows.append((f"{on:%Y%m%d}-{number:04d}", at, *sale(chance)))
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO products VALUES (?, ?, ?, ?)",
            [(number, *product) for number, product in enumerate(PRODUCTS, start=1)],
        )
        connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, ?)", rows)
    draft.chmod(0o660)
    draft.replace(path)
    return len(rows)


def sale(chance: random.Random) -> tuple[str, int, int, float]:
    """Store, product, quantity, amount."""
    product = min(int(chance.expovariate(0.4)), len(PRODUCTS) - 1)
    quantity = chance.choice((1, 1, 1, 2, 2, 3))
    return chance.choice(STORES), product + 1, quantity, round(PRODUCTS[product][2] * quantity, 2)

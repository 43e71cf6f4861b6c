"""A book behind a Spark session, used where it is, is the book of its files."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pytest
from same_book import FEW, assert_same, spoiled, toml_in

from crm_analysis.book import open_book
from crm_analysis.book.contract import CONTRACT

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
    # a demo is small: compiling each query would take longer than running it
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    # nor is there time for Java's own compiler to pay off
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@contextmanager
def session() -> Iterator[Any]:
    """A Spark of two threads in this process."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("crm_analysis")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    yield spark
    spark.stop()


def views(spark: Any, files: Path) -> Any:
    """A connection on which the CSV files of a folder are typed views."""
    for path in files.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            names = next(csv.reader(file))
        kinds = ", ".join(f"{name} {SPARK[CONTRACT[path.stem].column(name).type]}" for name in names)
        spark.read.csv(str(path), schema=kinds, header=True).createOrReplaceTempView(path.stem)
    return ibis.pyspark.connect(spark)


@pytest.mark.spark
@pytest.mark.slow
def test_on_spark(tmp_path):
    files = spoiled(tmp_path / "files", FEW[:3], every=8)  # each question to Spark costs half a second at least
    with session() as spark:
        book, plain = open_book(views(spark, files), toml_in(tmp_path / "t", files)), open_book(files)
        assert_same(book, plain)


SPARK = {
    "text": "string",
    "date": "date",
    "money": "decimal(20, 6)",
    "number": "decimal(20, 6)",
    "integer": "bigint",
    "flag": "boolean",
}

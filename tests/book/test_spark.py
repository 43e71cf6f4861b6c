"""A book behind a Spark session, used where it is, is the book of its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import ibis
import pytest
from same_book import assert_answers_alike, spoiled, toml_in

from crm_analysis.book import open_book
from crm_analysis.book.contract import CONTRACT


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark of two threads in this process."""
    pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    from pyspark.sql import SparkSession

    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        # a demo is small: compiling each query would take longer than running it
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("crm_analysis")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.mark.spark
@pytest.mark.slow
def test_on_spark(spark, tmp_path):
    files = spoiled(tmp_path / "files")
    plain = open_book(files)
    for name in plain.tables:
        rows = spark.read.csv(str(files / f"{name}.csv"), header=True)
        typed = [rows[column].cast(SPARK[CONTRACT[name].column(column).type]).alias(column) for column in rows.columns]
        rows.select(typed).createOrReplaceTempView(name)
    book = open_book(ibis.pyspark.connect(spark), toml_in(tmp_path / "t", files))
    assert_answers_alike(book, plain)


SPARK = {
    "text": "string",
    "date": "date",
    "money": "decimal(20, 6)",
    "number": "decimal(20, 6)",
    "integer": "bigint",
    "flag": "boolean",
}

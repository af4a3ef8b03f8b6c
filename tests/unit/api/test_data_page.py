"""docs/data.md names every rule of reading, and everything of which users have to know that it means something."""

import re
from pathlib import Path

import pytest
import yaml
from modelyard_api.catalogue.formats import endings
from modelyard_api.data import Data
from modelyard_api.reading_notes import ReadingRule
from modelyard_model.cells.known_words import MISSING, TRUTH_PAIRS

PAGE = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
CODE = " ".join(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


@pytest.mark.parametrize("rule", sorted(ReadingRule))
def test_every_rule_is_named(rule: ReadingRule) -> None:
    assert f"`{rule}`" in PAGE


@pytest.mark.parametrize("word", sorted({*MISSING, *(word for pair in TRUTH_PAIRS for word in pair), *(f".{each}" for each in endings())}))
def test_every_word_and_ending_is_named(word: str) -> None:
    assert word in CODE


def test_its_example_is_valid() -> None:
    example = PAGE.partition("```yaml")[2].partition("```")[0]
    assert Data.model_validate(yaml.safe_load(example)["data"]).split_column == "ordered_on"

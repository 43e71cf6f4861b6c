"""Print environment.yml, which pyproject.toml describes: `python tools/environment.py > environment.yml`."""

import re
import tomllib
from pathlib import Path

TEMPLATE = """\
# Written by `make lock` from pyproject.toml; change it there.
#   conda env create --file environment.yml
#   conda activate {name}
#   python -m pip install --no-deps --no-build-isolation --editable .
# The last command stands alone because pip installs nothing without a hash beside locked packages.
name: {name}
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python{python}
  - pip
  - pip:
      - --require-hashes
      - --requirement requirements/dev.txt
"""


def environment(pyproject: dict) -> str:
    """Text of environment.yml: the Pythons the project is tried on, and the development lock."""
    project = pyproject["project"]
    minors = [
        int(match[1])
        for classifier in project["classifiers"]
        if (match := re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", classifier))
    ]
    return TEMPLATE.format(name=project["name"], python=f"{project['requires-python']},<3.{max(minors) + 1}")


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print(environment(tomllib.loads(text)), end="")

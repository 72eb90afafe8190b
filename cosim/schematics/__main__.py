"""`python -m cosim.schematics`: draw all cells into docs/schematics."""

import sys

from cosim.schematics.drawings import files
from cosim.workbench.errors import CosimError
from cosim.workbench.output import new_folder
from cosim.workbench.places import schematics_folder
from ebn_model.errors import InputError


def main() -> int:
    """Draw; 0 if all went well."""
    try:
        texts = files()
        target = schematics_folder()
        with new_folder(target) as folder:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except (CosimError, InputError) as error:
        print(f"schematics: {error}", file=sys.stderr)
        return 1
    print(f"{len(texts)} files in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints the packages that technologies take their models from, as pip names them."""

from cosim.technologies.technology import read_technology, technology_names


def main() -> None:
    """Print them, each once, on a line."""
    models = (read_technology(name).models for name in technology_names())
    packages = {one.package for one in models if one and one.package}
    print(*sorted(packages), sep="\n")


if __name__ == "__main__":
    main()

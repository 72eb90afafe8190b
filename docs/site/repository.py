"""MkDocs hook: the pages of the site are those of the repository, at the same places.

So links between them are the same here as in the repository. A file that a page links to, and that
is no page, is copied if a browser shows it, and else gets a page with its text.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/**/*.md", "netlists/**/README.md", "Simulations/*/README.md")
ASSETS = ("docs/site/*.css", "docs/site/*.js")
SHOWN_BY_BROWSERS = {".png", ".svg"}
LANGUAGES = {".cir": "spice", ".spice": "spice", ".py": "python", ".toml": "toml", ".json": "json"}
LINK = re.compile(r"(\]\()([^)\s#:]+)(?=[)#])")


def linked(page: Path) -> set[Path]:
    """Files that a page links to; what isn't there is left to MkDocs' own check."""
    targets = [page.parent / place for _, place in LINK.findall(page.read_text(encoding="utf-8"))]
    return {target.resolve() for target in targets if target.is_file()}


def with_text(file: Path) -> bool:
    """Tell whether a file that isn't a page gets a page with its text."""
    return file.suffix not in {".md", *SHOWN_BY_BROWSERS}


def text_page(file: Path) -> str:
    """Markdown of a page that shows a file's text."""
    name, language = file.relative_to(ROOT).as_posix(), LANGUAGES.get(file.suffix, "text")
    text = file.read_text(encoding="utf-8")
    return f"---\nsearch: {{exclude: true}}\n---\n# `{name}`\n\n````{language}\n{text}````\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of the folder docs by the pages of the repository and what they link to."""
    pages = {path for pattern in PAGES for path in ROOT.glob(pattern)}
    pages = {path for path in pages if "results" not in path.parts}
    others = set().union(*map(linked, pages)) - pages
    others |= {path for pattern in ASSETS for path in ROOT.glob(pattern)}
    # What isn't in docs is the theme's.
    found = [file for file in files if file.src_dir != config.docs_dir]
    for path in sorted(pages | others):
        name = path.relative_to(ROOT).as_posix()
        if path in others and with_text(path) and path.suffix not in {".css", ".js"}:
            file = File.generated(config, f"{name}.md", content=text_page(path))
            file.inclusion = InclusionLevel.NOT_IN_NAV
        else:
            file = File.generated(config, name, abs_src_path=str(path))
        found.append(file)
    return Files(found)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to a file that isn't a page lead to the page with its text."""
    folder = ROOT / Path(page.file.src_uri).parent

    def to_page(link: re.Match) -> str:
        target = folder / link[2]
        ending = ".md" if target.is_file() and with_text(target) else ""
        return f"{link[1]}{link[2]}{ending}"

    return LINK.sub(to_page, markdown)

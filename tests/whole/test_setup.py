"""setup.sh on machines that lack something."""

import shutil
import subprocess

import pytest

from cosim.workbench.places import NETLISTS

pytestmark = pytest.mark.slow

WITHOUT_LIBRARY = """\
#!/bin/sh
case "$*" in *libngspice*) exit 1 ;; esac
"""
SUCCEEDS, FAILS = "#!/bin/sh\n", "#!/bin/sh\nexit 1\n"


@pytest.fixture
def set_up(tmp_path):
    """Run setup.sh for a user without rights, on a machine that has these commands alone."""

    def run(*arguments, **commands):
        shutil.copy(NETLISTS.parent / "setup.sh", tmp_path)
        folder = tmp_path / "bin"
        folder.mkdir()
        folder.joinpath("dirname").symlink_to(shutil.which("dirname"))
        for name, text in {"id": "#!/bin/sh\necho 1000\n", "sudo": FAILS, **commands}.items():
            folder.joinpath(name).write_text(text, encoding="utf-8")
            folder.joinpath(name).chmod(0o755)
        return subprocess.run(
            [shutil.which("bash"), "setup.sh", *arguments],
            cwd=tmp_path,
            env={"PATH": str(folder)},
            capture_output=True,
            encoding="utf-8",
        )

    return run


@pytest.mark.parametrize(
    ("commands", "packages"),
    [
        ({"python3": WITHOUT_LIBRARY}, "libngspice0 ngspice"),
        ({"python3": WITHOUT_LIBRARY, "ngspice": SUCCEEDS}, "libngspice0"),
        ({"python3": SUCCEEDS}, "ngspice"),
        ({"python3": SUCCEEDS, "ngspice": FAILS}, "ngspice"),
    ],
)
def test_without_rights_the_missing_packages_are_named(set_up, commands, packages):
    done = set_up(**commands)
    assert done.returncode == 1
    assert done.stderr == (
        f"setup: packages are missing; install them with: sudo apt-get install {packages}\n"
    )


@pytest.mark.parametrize(
    ("what", "commands", "packages"),
    [
        ("verilog", {"iverilog": SUCCEEDS}, "verilator yosys"),
        ("browser", {"iverilog": SUCCEEDS}, "chromium"),
    ],
)
def test_tools_are_needed_alone(set_up, what, commands, packages):
    done = set_up(what, **commands)
    assert done.returncode == 1
    assert done.stderr == (
        f"setup: packages are missing; install them with: sudo apt-get install {packages}\n"
    )


@pytest.mark.parametrize(
    ("what", "tools"),
    [("verilog", ("iverilog", "verilator", "yosys")), ("browser", ("chromium",))],
)
def test_with_all_tools_nothing_else_is_set_up(set_up, what, tools):
    done = set_up(what, **dict.fromkeys(tools, SUCCEEDS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_there_is_not_is_refused(set_up):
    done = set_up("verilgo")
    assert done.returncode == 1
    assert "there is no verilgo to install: verilog or browser" in done.stderr

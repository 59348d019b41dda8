"""Builds the wheel: CMake makes the folder build/python as it does for ./dev build, and that is what is packed."""

import atexit
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from wheel.bdist_wheel import bdist_wheel
except ImportError:  # newer setuptools has it itself
    from setuptools.command.bdist_wheel import bdist_wheel

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r'LINNET_VERSION "([^"]+)"', (ROOT / "include/linnet.h").read_text(encoding="utf-8")).group(1)

SCRATCH = tempfile.mkdtemp()  # what setuptools would leave beside the sources
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)


class Native(Distribution):
    """Its wheel is for one platform, since it has machine code."""

    def has_ext_modules(self):
        return True


class BuildByCMake(build_py):
    """The Python files and the extensions, all from one target."""

    def run(self):
        with tempfile.TemporaryDirectory() as folder:
            off = [f"-DLINNET_{each}=OFF" for each in ("COMMAND", "TESTS", "EXAMPLES", "BENCH", "FUZZ")]
            for command in (
                ["cmake", "-S", str(ROOT), "-B", folder, "-G", "Ninja", "-DLINNET_PYTHON=ON",
                 f"-DPython3_EXECUTABLE={sys.executable}", "-DCMAKE_BUILD_TYPE=Release", *off],
                ["cmake", "--build", folder, "--target", "linnet_python"],
            ):
                subprocess.run(command, check=True)
            made = pathlib.Path(folder, "python")
            for file in sorted(path for path in made.rglob("*") if path.is_file()):
                target = pathlib.Path(self.build_lib, file.relative_to(made))
                self.mkpath(str(target.parent))
                self.copy_file(str(file), str(target))

    def get_outputs(self, include_bytecode=1):
        return [str(path) for path in pathlib.Path(self.build_lib).rglob("*") if path.is_file()]


class StableWheel(bdist_wheel):
    """One wheel for Python 3.11 and all that follow."""

    def finalize_options(self):
        super().finalize_options()
        self.py_limited_api = "cp311"


setup(
    version=VERSION,
    packages=[path.parent.name for path in sorted(pathlib.Path(__file__).parent.glob("*/__init__.py"))] + ["linnet.numbers"],
    package_dir={"": "."},
    py_modules=[path.stem for path in sorted(pathlib.Path(__file__).parent.glob("*.py")) if path.stem != "setup"],
    distclass=Native,
    cmdclass={"build_py": BuildByCMake, "bdist_wheel": StableWheel},
    options={"build": {"build_base": SCRATCH}, "egg_info": {"egg_base": SCRATCH}},
    zip_safe=False,
)

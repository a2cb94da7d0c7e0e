# examples/pocket/training/place.py: Puts a conversation's files, and an index of them, where the tools find them.

import os
import shutil
import subprocess


def write_files(files, folder):
    """Makes `folder` anew, with these files by their relative paths and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as file:
            file.write(text)


def index(heddle, documents, home):
    """Makes the folder `documents` what the index of HEDDLE_HOME `home` holds, and nothing else."""
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([heddle, "index", documents], env={**os.environ, "HEDDLE_HOME": home}, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

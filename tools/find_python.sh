#!/bin/sh
# Prints a Python >= 3.11 that can make virtual environments, or says what is missing.
for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
echo "Python >= 3.11 with the venv module is needed (Debian: apt install python3-venv)." >&2
exit 1

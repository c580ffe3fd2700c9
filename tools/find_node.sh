#!/bin/sh
# Prints the folder that holds a Node >= 20 with npm: the machine's own, else the one in .venv.
works() {
    "$1/node" -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null &&
        [ -x "$1/npm" ]
}
own=$(command -v node 2>/dev/null) && own=$(dirname "$own")
venv=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin
for folder in ${own:+"$own"} "$venv"; do
    if works "$folder"; then
        echo "$folder"
        exit 0
    fi
done
exit 1

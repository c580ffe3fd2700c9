"""The calculator in the browser: the only package that imports js, pyscript or pyodide."""

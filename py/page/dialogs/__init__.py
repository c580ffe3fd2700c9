"""Dialogs, each a module with a function `open_for(output, detail)`; in the second archive."""

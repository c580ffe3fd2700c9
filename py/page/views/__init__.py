"""Views below the headline, in the second archive: each module has a class View (see page/tabs.py)."""

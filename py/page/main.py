"""What index.html runs."""

from page.app import start

start()

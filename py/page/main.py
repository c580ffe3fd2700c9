"""What index.html runs. A start that fails is said on the page, not only in the console."""

import gc

from js import document

try:
    from page.app import start

    start()
    # js/boot.mjs turned the collector off: nothing of a start is garbage
    gc.freeze()
    gc.enable()
except Exception:
    document.documentElement.dataset.state = "failed"
    notice = document.getElementById("boot-notice")
    notice.textContent = "The calculator could not start: its Python has a fault. Reload to try again."
    notice.hidden = False
    raise

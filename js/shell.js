/*
 * What must work before Python does: the stored choice of colours, ahead of the first paint, and the
 * progress of the start. A classic script that stands below the controls it sets.
 */
(() => {
    const KEY = "roofline:theme";
    const theme = document.getElementById("theme");

    /** Storage is refused in some embeddings; the choice then lasts as long as the page. */
    function stored(...value) {
        try {
            return value.length ? localStorage.setItem(KEY, value[0]) : localStorage.getItem(KEY);
        } catch {
            return null;
        }
    }

    const chosen = theme.querySelector(`[value="${CSS.escape(stored() ?? "auto")}"]`);
    if (chosen) chosen.checked = true;
    theme.addEventListener("change", ({ target }) => stored(target.value));

    const words = {
        downloading: "Loading Python into your browser",
        starting: "Starting Python",
        ready: "Ready",
    };

    document.documentElement.addEventListener("roofline:progress", ({ detail }) => {
        const bar = document.getElementById("boot-progress");
        const stage = document.getElementById("boot-stage");
        if (!bar || !stage || !words[detail.stage]) return;
        const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
        const downloading = detail.stage === "downloading" && detail.total > 0;
        if (downloading) bar.value = detail.loaded / detail.total;
        else bar.removeAttribute("value");
        const amount = downloading ? `: ${megabytes(detail.loaded)} of ${megabytes(detail.total)} MB` : "";
        stage.textContent = `${words[detail.stage]}${amount}. You can fill in the form meanwhile.`;
    });
})();

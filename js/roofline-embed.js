/*
 * <roofline-embed src="https://.../?embed=1" title="..." height="760">fallback</roofline-embed>
 * A frame that loads when it comes near the screen and takes the height that its content tells.
 */
customElements.get("roofline-embed") ??
    customElements.define(
        "roofline-embed",
        class extends HTMLElement {
            connectedCallback() {
                this.frame = Object.assign(document.createElement("iframe"), { loading: "lazy" });
                for (const name of ["sandbox", "title", "height", "src"])
                    if (this.hasAttribute(name)) this.frame.setAttribute(name, this.getAttribute(name));
                this.frame.style.cssText = "display: block; width: 100%; border: 0";
                this.follow ??= ({ source, data }) => {
                    if (source !== this.frame.contentWindow || data?.type !== "roofline:height") return;
                    this.frame.height = Math.min(Math.max(data.px, 80), 10_000) || this.frame.height;
                };
                addEventListener("message", this.follow);
                this.replaceChildren(this.frame);
            }
            disconnectedCallback() {
                removeEventListener("message", this.follow);
            }
        },
    );

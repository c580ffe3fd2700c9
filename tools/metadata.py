"""What the published page says of itself to programs: link previews, search, language models.

Tags that need an absolute address are written only where the site's own is known.
"""

import json
import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import published

NAME = "LLM Inference Performance & Cost Calculator"
DESCRIPTION = (
    "How fast and how expensive an LLM runs on NVIDIA Hopper and Blackwell GPUs: memory, latency, throughput and "
    "dollars per million tokens, from any Hugging Face config, computed in your browser."
)
PREVIEW = "assets/preview.png"
PREVIEW_ALT = "The calculator's answer for DeepSeek-V3.1 on eight H200: memory, latency, throughput."
LLMS = "llms.txt"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="[^"]*">')
DATA = {
    "gpus-v1.json": "GPUs: memory, bandwidth, dense peaks, links, each with source and date",
    "prices-v1.json": "list prices per GPU-hour, each with providers, range, source and date",
    "models-v1.json": "bundled models: parameters, cache and weight bytes, config, source and date",
    published.ACCURACY: "predicted and measured figures of every published run that the engine is compared with",
}


def address_of(url: str) -> str:
    """The site's address with a slash at its end; empty where it is not known."""
    if not url:
        return ""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or re.search(r"[\s\"';,<>]", url):
        raise SystemExit(f"SITE_URL must be an http or https address, not {url!r}")
    return url.rstrip("/") + "/"


def head(address: str) -> str:
    """Tags for the head of the page."""
    properties = {"og:type": "website", "og:title": NAME, "og:description": DESCRIPTION}
    if address:
        properties |= {"og:url": address, "og:image": address + PREVIEW, "og:image:alt": PREVIEW_ALT}
        properties |= {"og:image:width": "1200", "og:image:height": "630"}
    card = "summary_large_image" if address else "summary"
    lines = [f'<meta property="{name}" content="{escape(content)}">' for name, content in properties.items()]
    lines.append(f'<meta name="twitter:card" content="{card}">')
    lines += [
        f'<link rel="alternate" type="application/json" href="{name}" title="{escape(title)}">'
        for name, title in DATA.items()
    ]
    lines.append(f'<link rel="alternate" type="text/plain" href="{LLMS}" title="For language models">')
    if address:
        lines.append(f'<link rel="canonical" href="{address}">')
    lines.append(f'<script type="application/ld+json">{linked_data(address)}</script>')
    return "\n".join(lines) + "\n"


def linked_data(address: str) -> str:
    """The page as schema.org knows it, as text that is safe inside a script element."""
    about = {
        "@context": "https://schema.org",
        "@type": "WebApplication",
        "name": NAME,
        "description": DESCRIPTION,
        "applicationCategory": "DeveloperApplication",
        "operatingSystem": "Any",
        "browserRequirements": "JavaScript and WebAssembly",
        "isAccessibleForFree": True,
        "offers": {"@type": "Offer", "price": "0", "priceCurrency": "USD"},
        "license": "https://spdx.org/licenses/MIT.html",
        "inLanguage": "en",
    }
    if address:
        about |= {"url": address, "image": address + PREVIEW}
    return json.dumps(about, separators=(",", ":")).replace("<", "\\u003c")


def llms(address: str) -> str:
    """llms.txt: what a language model needs to know to send somebody here, or to read the data."""
    data = "\n".join(f"- [{name}]({address}{name}): {title}" for name, title in DATA.items())
    page = address or "./"
    return f"""# {NAME}

> {DESCRIPTION} A roofline model with calibrated efficiencies; no server, no account, no tracker.

A link carries a whole scenario in its query string; what it leaves out keeps its default. Example:
{page}?model=meta-llama/Llama-3.1-70B&gpu=H200+SXM&tensor_parallel=4&input_tokens=2048&output_tokens=512&concurrency=32

Keys: model (a Hugging Face id), gpu, nodes, precision (auto, fp16, fp8, fp4), kv_precision (auto, fp16, fp8),
tensor_parallel, pipeline_parallel, expert_parallel, attention_data_parallel, engine (vLLM, SGLang, TensorRT-LLM),
input_tokens, output_tokens, concurrency, usd_per_gpu_hour, utilization, memory_fraction, max_running,
max_batched_tokens.
The figures need a browser: they are computed by Python in WebAssembly. The same engine runs in a shell.

## Data

{data}
"""


def with_policy(html: str, address: str) -> str:
    """The page with its own address in its policy.

    Within a frame that is sandboxed without allow-same-origin, WebKit's 'self' matches nothing.
    """
    named = f"'self' {address}" if address else "'self'"
    return POLICY.sub(lambda policy: policy[0].replace("'self'", named), html)


def introduced(html: str, address: str) -> str:
    """The page with all that it says of itself to programs."""
    return with_policy(html, address).replace("</head>", head(address) + "</head>", 1)


def write(site: Path, address: str) -> None:
    """Write llms.txt, and the tags into the page."""
    (site / LLMS).write_text(llms(address), "utf-8")
    page = site / "index.html"
    page.write_text(introduced(page.read_text("utf-8"), address), "utf-8")

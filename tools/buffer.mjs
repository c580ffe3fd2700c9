/** What zstddec reads its own binary with where it may not ask for a `data:` address, as this page's rules have it. */
export const Buffer = { from: (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) };

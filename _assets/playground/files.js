/** Fetches the files of one folder of the site: with progress, checked by size and SHA-256, kept for the next visit. */

import { checkStopped, ReaderError, stopped } from "./errors.js";

export const CACHE = "dalle-playground";
const AGAIN = "Check the network, then try again.";

/** An entry of an index is {file, bytes, sha256}; `sha256` is hexadecimal. */
export class SiteFiles {
  /**
   * base: the folder's URL, with a slash at its end; in it lies index.json.
   * tools: fetch, caches and crypto in place of the browser's own. Where there are no caches (a page that is not from
   * a safe address), nothing is kept; where there is no crypto.subtle, only sizes are checked.
   */
  constructor(base, { fetch = globalThis.fetch, caches = globalThis.caches, crypto = globalThis.crypto, onLog } = {}) {
    this.base = new URL(base);
    this.fetch = (...given) => fetch(...given);
    this.opened = caches ? caches.open(CACHE).catch(() => null) : Promise.resolve(null);
    this.subtle = crypto?.subtle ?? null;
    this.onLog = onLog ?? (() => {});
  }

  /** What index.json says: from the network, else as it was at the last visit. ReaderError where there is neither. */
  async index({ signal } = {}) {
    const [cache, address] = [await this.opened, new URL("index.json", this.base).href];
    try {
      const text = await (await this.answer("index.json", signal)).text();
      const index = JSON.parse(text);
      await this.keep(address, text);
      await this.forget(text);
      return index;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      const kept = await cache?.match(address);
      if (kept) return kept.json();
      if (error instanceof SyntaxError) throw new ReaderError("The list of the models is damaged. Reload the page.");
      throw error;
    }
  }

  /** Whether an entry is kept from before. */
  async has(entry) {
    const cache = await this.opened;
    return Boolean(await cache?.match(this.keyOf(entry)));
  }

  /**
   * The bytes of an entry: from the cache, else from the network. onBytes(n): n more bytes are here.
   * ReaderError, with `retry`, where they do not come or are not those that the index promises; an AbortError once the
   * signal is aborted.
   */
  async read(entry, { onBytes = () => {}, signal } = {}) {
    checkStopped(signal);
    const [cache, key] = [await this.opened, this.keyOf(entry)];
    const kept = await cache?.match(key);
    if (kept) {
      const bytes = new Uint8Array(await kept.arrayBuffer());
      if (!(await this.fault(entry, bytes))) {
        onBytes(bytes.length);
        return bytes;
      }
      await cache.delete(key);
    }
    const bytes = await this.body(entry, await this.answer(entry.file, signal), { onBytes, signal });
    const fault = await this.fault(entry, bytes);
    if (fault) throw new ReaderError(`The file ${entry.file} came damaged: ${fault}. ${AGAIN}`, { retry: true });
    await this.keep(key, bytes);
    return bytes;
  }

  /** The response to a request for a file. */
  async answer(file, signal) {
    const found = await this.fetch(new URL(file, this.base).href, { signal, cache: "no-store" }).catch((cause) => {
      if (signal?.aborted) throw stopped();
      throw new ReaderError(`The file ${file} could not be loaded: nothing answered. ${AGAIN}`, { retry: true, cause });
    });
    if (found.ok) return found;
    const hint = found.status === 404 ? "The site may just be renewed: reload the page, or try again." : AGAIN;
    const message = `The file ${file} could not be loaded: the answer was ${found.status}. ${hint}`;
    throw new ReaderError(message, { retry: true });
  }

  /** The bytes of a response, as they come. */
  async body({ file, bytes: expected }, response, { onBytes, signal }) {
    const all = new Uint8Array(expected);
    const reader = response.body.getReader();
    let at = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return all.subarray(0, at);
        if (at + value.length > expected) return new Uint8Array(expected + 1); // too long: `fault` says so
        all.set(value, at);
        at += value.length;
        onBytes(value.length);
      }
    } catch (cause) {
      if (signal?.aborted) throw stopped();
      const share = Math.floor((100 * at) / expected);
      throw new ReaderError(`Loading ${file} broke off after ${share} %. ${AGAIN}`, { retry: true, cause });
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /** What is wrong with the bytes of an entry, in words, or null. */
  async fault({ bytes: expected, sha256 }, bytes) {
    if (bytes.length > expected) return `it is longer than ${expected} bytes`;
    if (bytes.length < expected) return `${bytes.length} of ${expected} bytes are there`;
    if (!this.subtle) return null;
    const digest = new Uint8Array(await this.subtle.digest("SHA-256", bytes));
    const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return found === sha256 ? null : "its contents are others than the site's list says";
  }

  /** Keeps a body; a browser that has no room for it just loads it again next time. */
  async keep(key, body) {
    const cache = await this.opened;
    await cache?.put(key, new Response(body)).catch((error) => this.onLog(`not kept: ${error.message}`));
  }

  /** Throws away what is kept of this folder and no longer in its index, given as text. */
  async forget(index) {
    const cache = await this.opened;
    for (const { url } of (await cache?.keys()) ?? []) {
      const hash = new URL(url).searchParams.get("sha256");
      if (url.startsWith(this.base.href) && hash && !index.includes(hash)) await cache.delete(url);
    }
  }

  keyOf({ file, sha256 }) {
    return new URL(`${file}?sha256=${sha256}`, this.base).href;
  }
}

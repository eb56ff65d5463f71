/** Errors that a reader sees: what failed, and what can be done about it. */

/** An error with a message for readers; `retry` says whether trying again can help. */
export class ReaderError extends Error {
  constructor(message, { retry = false, cause } = {}) {
    super(message, { cause });
    this.name = "ReaderError";
    this.retry = retry;
  }
}

/** What was wrong with a caption, in words for the reader; `word` and the `nearest` known ones where it was a word. */
export class CaptionError extends Error {
  /**
   * @param {string} message
   * @param {string|null} [word]
   * @param {string[]} [nearest]
   */
  constructor(message, word = null, nearest = []) {
    super(message);
    this.name = "CaptionError";
    this.word = word;
    this.nearest = nearest;
  }
}

/** What is thrown when the reader stopped a task. Its name is "AbortError", as that of the browser's own. */
export function stopped() {
  const error = new Error("Stopped.");
  error.name = "AbortError";
  error.retry = true;
  return error;
}

/** Throws `stopped()` once the signal (or none) has been aborted. */
export function checkStopped(signal) {
  if (signal?.aborted) throw stopped();
}

/** An error as a plain object that crosses from a worker to the page: {message, name, word, nearest, retry}. */
export function packError(error) {
  const { message = String(error), name = "Error", word = null, nearest = null, retry = false } = error ?? {};
  const outOfMemory = name === "RangeError" && /memory|allocation/i.test(message);
  if (!outOfMemory) return { message, name, word, nearest, retry };
  const said = "The browser has no memory left for this model. Close other tabs, then try again.";
  return { message: said, name, word, nearest, retry: true };
}

/** The error that `packError` packed. */
export function unpackError({ message, name, word, nearest, retry }) {
  return Object.assign(new Error(message), { name, word, nearest, retry });
}

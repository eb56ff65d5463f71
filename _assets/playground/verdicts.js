/** The oracle's word on pictures, as the page shows it. */

import { examine, inWords, judge, parse } from "./oracle/oracle.js";

/** What the oracle reads in a picture, in words. */
export function seenIn(picture) {
  return words(examine(picture));
}

/**
 * Whether a picture shows its caption: {correct, attributes, reasons, seen}. Where the caption is outside the grammar
 * that the oracle knows, `correct` is null and the reason says so: a model takes words in any order, the oracle not.
 */
export function verdictOn(picture, caption) {
  const reading = examine(picture);
  const seen = words(reading);
  let asked;
  try {
    asked = parse(caption);
  } catch (error) {
    return { correct: null, attributes: {}, reasons: [error.message], seen };
  }
  const { correct, attributes, reasons } = judge(reading, asked);
  return { correct, attributes, reasons, seen };
}

function words({ objects, unread }) {
  if (!unread.length) return inWords(objects);
  const more = unread.length === 1 ? "something" : `${unread.length} things`;
  return objects.length ? `${inWords(objects)}, and ${more} that cannot be read` : `${more} that cannot be read`;
}

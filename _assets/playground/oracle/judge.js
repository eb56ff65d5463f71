/** Compares what was read with what a caption asks (judge of dalle_tutorial/data/oracle.py). */

import { RELATIONS, relationHolds } from "./scenes.js";

/** What a verdict speaks of. */
export const ATTRIBUTES = ["shape", "colour", "size", "place", "count", "relation"];
const OF_AN_OBJECT = ["shape", "colour", "size", "place"];

/** All ways to take n of the items in some order, in the order of Python's itertools.permutations. */
function permutations(items, n) {
  if (!n) return [[]];
  return items.flatMap((item, i) => (
    permutations([...items.slice(0, i), ...items.slice(i + 1)], n - 1).map((rest) => [item, ...rest])
  ));
}

/** Whether each relation holds between the matched objects, of which some may be null. */
function relationsHold(match, { relations }) {
  return relations.map((relation, i) => (
    Boolean(match[i] && match[i + 1]) && relationHolds(relation, match[i], match[i + 1])
  ));
}

/** How much of the description a matching fulfils (_points): whether it does wholly, and in how many respects. */
function pointsOf(match, description) {
  const alike = match.flatMap((object, i) => {
    const spec = description.objects[i];
    return object ? OF_AN_OBJECT.filter((name) => spec[name]).map((name) => object[name] === spec[name]) : [];
  });
  const all = [...alike, ...relationsHold(match, description)];
  return { whole: all.every(Boolean) && !match.includes(null), points: all.filter(Boolean).length };
}

/** The first of the matchings that fulfil most. */
function bestMatch(found, description) {
  const missing = Math.max(0, description.objects.length - found.length);
  let best = null;
  for (const match of permutations([...found, ...new Array(missing).fill(null)], description.objects.length)) {
    const { whole, points } = pointsOf(match, description);
    if (best && (whole < best.whole || (whole === best.whole && points <= best.points))) continue;
    best = { match, whole, points };
  }
  return best.match;
}

const withArticle = (noun) => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** What failed, in words (_reasons). */
function reasonsOf(match, { objects, unread }, description) {
  const reasons = [...unread];
  const [asked, found] = [description.objects.length, objects.length];
  if (found !== asked) reasons.push(`asked for ${asked} object${asked > 1 ? "s" : ""}, found ${found}`);
  match.forEach((object, i) => {
    const spec = description.objects[i];
    const names = ["size", "colour", "shape"].filter((name) => spec[name]);
    const wanted = names.map((name) => spec[name]).join(" ");
    if (!object) {
      if (!unread.length) reasons.push(`asked for ${withArticle(wanted)}, found none`); // else the unread may be it
      return;
    }
    const seen = names.map((name) => object[name]).join(" ");
    if (seen !== wanted) reasons.push(`asked for ${withArticle(wanted)}, found ${withArticle(seen)}`);
    if (spec.place && object.place !== spec.place) {
      reasons.push(`asked for the ${wanted} at the ${spec.place}, found it at the ${object.place}`);
    }
  });
  relationsHold(match, description).forEach((holds, i) => {
    const [a, b] = match.slice(i, i + 2);
    if (holds || !a || !b) return;
    const found = RELATIONS.find((relation) => relationHolds(relation, a, b)) ?? "diagonal";
    const [first, second] = description.objects.slice(i, i + 2).map(({ colour, shape }) => `the ${colour} ${shape}`);
    reasons.push(`asked for ${first} ${description.relations[i]} ${second}, found it ${found}`);
  });
  return reasons;
}

/**
 * The verdict on one reading: over all ways to match objects with what was asked, the best (judge).
 * @param {{objects: object[], unread: string[]}} reading as `readPicture` gives it
 * @param {import("./captions.js").Description} description
 * @returns {{correct: boolean, attributes: Object<string, ?boolean>, reasons: string[], objects: object[]}} attributes
 *   has the keys ATTRIBUTES, null where the caption does not ask; `correct` holds if none is false and nothing in the
 *   picture stayed unread; `reasons` says what failed; `objects` is what was read
 */
export function judge(reading, description) {
  const { objects, unread } = reading;
  const match = bestMatch(objects, description);
  const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, null]));
  for (const name of OF_AN_OBJECT) {
    const wanted = [...match.keys()].filter((i) => description.objects[i][name]);
    if (!wanted.length) continue;
    attributes[name] = wanted.every((i) => match[i]?.[name] === description.objects[i][name]);
  }
  attributes.count = objects.length + unread.length === description.objects.length;
  if (description.relations.length) attributes.relation = relationsHold(match, description).every(Boolean);
  const correct = !unread.length && !Object.values(attributes).includes(false);
  return { correct, attributes, reasons: reasonsOf(match, reading, description), objects };
}

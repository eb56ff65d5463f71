/** Steps on the way to pictures, numbered for the page that shows them. */

/**
 * The steps of a sampler, numbered: yields {t, x, x0, step, of}, where x0 is the guess (or null: nothing to show), and
 * returns the last x. of: how many steps the whole task takes; before: how many of them came before these.
 */
export async function* numbered(steps, of, before = 0) {
  let step = before;
  let result = null;
  for await (const { t, x, x0 } of steps) {
    step += 1;
    result = x;
    yield { t, x, x0, step, of };
  }
  return result;
}

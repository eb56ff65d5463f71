// The command that draws the same pictures with Python (dalle_tutorial/cli.py).

/**
 * A word of a POSIX shell that stands for exactly this text: in double quotes where nothing in it is special there,
 * else in single quotes.
 */
export function shellQuote(text) {
  const plain = text.replace(/[\u0000-\u001f\u007f]+/g, " ");
  return /["$`\\!]/.test(plain) ? `'${plain.replaceAll("'", "'\\''")}'` : `"${plain}"`;
}

/**
 * One line for a shell: `python -m dalle_tutorial draw …`.
 * @param {object} drawing as for `toFragment`
 * @param {string} [precision] of the weights on this page
 */
export function commandOf(drawing, precision = "int8") {
  const { caption, model, seed, count, guidance, steps } = drawing;
  const options = [`--model ${model}`, `--seed ${seed}`, `--count ${count}`];
  if (guidance !== undefined) options.push(`--guidance ${guidance}`);
  if (steps !== undefined) options.push(`--steps ${steps}`);
  options.push("--scale 1", `--precision ${precision}`, "--out out.png");
  // A caption that begins with a dash would be taken for an option.
  const words = caption.startsWith("-") ? [...options, "--", shellQuote(caption)] : [shellQuote(caption), ...options];
  return `python -m dalle_tutorial draw ${words.join(" ")}`;
}

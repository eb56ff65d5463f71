/** Judges pictures as the page does. Arguments: a file of bytes (n · 3072), one of n captions (JSON). Prints JSON. */

import fs from "node:fs";

import { examine, inWords, judge, parse } from "../../_assets/playground/oracle/oracle.js";

const [pictures, captions] = process.argv.slice(2).map((path) => fs.readFileSync(path));
const milliseconds = [];
const verdicts = JSON.parse(captions).map((caption, i) => {
  const start = performance.now();
  const verdict = judge(examine(new Uint8Array(pictures.subarray(3072 * i, 3072 * (i + 1)))), parse(caption));
  milliseconds.push(performance.now() - start);
  return { ...verdict, seen: inWords(verdict.objects) };
});
process.stdout.write(JSON.stringify({ verdicts, milliseconds }));

// What the page says: verdicts, times, completions. Texts only.

/** The text with its last word replaced by a completion; a space follows an English word, none a Chinese one. */
export function completed(text, caret, completion) {
  const before = text.slice(0, caret), after = text.slice(caret);
  const chinese = /[\u3400-\u9fff]/.test(completion);
  let kept;
  if (chinese) {
    kept = before;
    for (let length = Math.min(completion.length, before.length); length > 0; length -= 1) {
      if (completion.startsWith(before.slice(-length))) {
        kept = before.slice(0, -length);
        break;
      }
    }
  } else {
    kept = before.replace(/[^\s,.;:!?，。\u3400-\u9fff]*$/u, "");
  }
  const gap = chinese || after.startsWith(" ") ? "" : " ";
  const start = kept + completion + gap;
  return { text: start + after, caret: start.length };
}

/** "right", "wrong", or "unjudged" where the caption is none that the oracle can read (`correct` is null). */
export function verdictKind(verdict) {
  if (typeof verdict?.correct !== "boolean") return "unjudged";
  return verdict.correct ? "right" : "wrong";
}

/** The verdict in a word. */
export function verdictWord(verdict) {
  return { right: "As asked", wrong: "Not as asked", unjudged: "Not judged" }[verdictKind(verdict)];
}

/** The reasons of a verdict as one sentence; for a right one, what was seen. */
export function verdictReasons(verdict) {
  const seen = verdict?.seen ? `The oracle sees ${verdict.seen}.` : "";
  const kind = verdictKind(verdict);
  if (kind === "unjudged") return `The oracle cannot read this caption as a scene. ${seen}`.trim();
  if (kind === "right") return seen || "The oracle finds all that the caption asks.";
  const reasons = (verdict.reasons ?? []).join("; ");
  return reasons ? `${reasons[0].toUpperCase()}${reasons.slice(1)}.` : seen || "The oracle finds something else.";
}

/** 0.84 s, 84 ms. */
export function duration(milliseconds) {
  return milliseconds >= 950 ? `${(milliseconds / 1000).toFixed(2)} s` : `${Math.round(milliseconds)} ms`;
}

/** "1 picture", "3 pictures". */
export function plural(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** A name for a file, of the letters, digits and Chinese characters of a caption. */
export function fileName(caption, seed, index) {
  const words = caption.toLowerCase().replace(/[^a-z0-9\u3400-\u9fff]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
  return `${words || "picture"}-seed${seed}-${index + 1}.png`;
}

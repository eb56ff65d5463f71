/**
 * The words of the captions, English and Chinese (the tables of dalle_tutorial/data/captions.py).
 *
 * The first phrase of each list is the canonical one; the others are synonyms.
 */

export const ENGLISH = {
  shape: {
    circle: ["circle", "disc"], square: ["square", "box"], triangle: ["triangle"], star: ["star"], heart: ["heart"],
    cross: ["cross", "plus"],
  },
  plural: {
    circle: ["circles", "discs"], square: ["squares", "boxes"], triangle: ["triangles"], star: ["stars"],
    heart: ["hearts"], cross: ["crosses", "pluses"],
  },
  colour: {
    red: ["red", "crimson"], orange: ["orange"], yellow: ["yellow"], green: ["green"], blue: ["blue"],
    purple: ["purple", "violet"], pink: ["pink"], black: ["black"],
  },
  size: { small: ["small", "little", "tiny"], large: ["large", "big", "huge"] },
  relation: {
    "left of": ["left of", "to the left of"], "right of": ["right of", "to the right of"], above: ["above", "over"],
    below: ["below", "under"],
  },
  place: {
    "top left": ["at the top left", "in the top left corner"], top: ["at the top"],
    "top right": ["at the top right", "in the top right corner"], left: ["on the left"],
    centre: ["in the centre", "in the middle", "in the center"], right: ["on the right"],
    "bottom left": ["at the bottom left", "in the bottom left corner"], bottom: ["at the bottom"],
    "bottom right": ["at the bottom right", "in the bottom right corner"],
  },
  number: { 1: ["a", "an", "one"], 2: ["two"], 3: ["three"] },
  which: { true: ["which is", "that is"] },
  filler: { none: ["there is", "there are", "is"] },
};

export const CHINESE = {
  shape: {
    circle: ["圆形", "圆"], square: ["正方形", "方块"], triangle: ["三角形"], star: ["五角星", "星星"],
    heart: ["心形", "爱心"], cross: ["十字形", "十字"],
  },
  colour: {
    red: ["红色", "红"], orange: ["橙色"], yellow: ["黄色", "黄"], green: ["绿色", "绿"], blue: ["蓝色", "蓝"],
    purple: ["紫色"], pink: ["粉色"], black: ["黑色", "黑"],
  },
  size: { small: ["小", "小小"], large: ["大", "巨大"] },
  relation: {
    "left of": ["的左边", "的左侧"], "right of": ["的右边", "的右侧"], above: ["的上面", "的上方"],
    below: ["的下面", "的下方"],
  },
  place: {
    "top left": ["在左上角"], top: ["在上边", "在顶部"], "top right": ["在右上角"], left: ["在左边"],
    centre: ["在中间", "在中央"], right: ["在右边"], "bottom left": ["在左下角"], bottom: ["在下边", "在底部"],
    "bottom right": ["在右下角"],
  },
  number: { 1: ["一个"], 2: ["两个"], 3: ["三个"] },
  which: { true: ["后者在"] },
  at: { none: ["在"] },
  filler: { none: ["的", "有"] },
};

/** Phrase → [kind, meaning], of one language; a plural means its shape, a number is a number. */
function symbolsOf(lexicon) {
  const symbols = new Map();
  for (const [kind, meanings] of Object.entries(lexicon)) {
    for (const [meaning, phrases] of Object.entries(meanings)) {
      for (const phrase of phrases) {
        symbols.set(phrase, [kind === "plural" ? "shape" : kind, kind === "number" ? Number(meaning) : meaning]);
      }
    }
  }
  return symbols;
}

export const SYMBOLS = { en: symbolsOf(ENGLISH), zh: symbolsOf(CHINESE) };
/** The English words. */
export const WORDS = new Set([...SYMBOLS.en.keys()].flatMap((phrase) => phrase.split(" ")));
/** The English words, then the Chinese characters, each in order (captions.VOCABULARY). */
export const VOCABULARY = [...[...WORDS].sort(), ...[...new Set([...SYMBOLS.zh.keys()].join(""))].sort()];

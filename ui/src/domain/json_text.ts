/** JSON as text. It is never decoded and encoded again: large numbers, repeated keys and escapes stay as received. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;

/** The members of an object as they are written; empty if the text is no object. The last of repeated keys counts. */
export function members(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let depth = 0;
  let key: string | null = null;
  let name = "";
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (depth === 1 && key !== null && (token === "," || closes)) {
      found.set(key, text.slice(start, index).trim());
      key = null;
    }
    if (token === "{" || token === "[") depth += 1;
    else if (closes) depth -= 1;
    else if (depth === 1 && key === null && token === ":") {
      key = unquoted(name);
      start = index + 1;
    }
    if (key === null) name = token;
  }
  return found;
}

function unquoted(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token;
  }
}

/** The same text with line breaks and two spaces for each level. Empty objects and lists stay on their line. */
export function pretty(text: string): string {
  let out = "";
  let depth = 0;
  let previous = "";
  for (const [token] of text.matchAll(TOKEN)) {
    const opens = previous === "{" || previous === "[";
    if (token === "}" || token === "]") {
      depth = Math.max(0, depth - 1);
      if (!opens) out += line(depth);
    } else if (opens || previous === ",") {
      out += line(depth);
    }
    out += token === ":" ? ": " : token;
    if (token === "{" || token === "[") depth += 1;
    previous = token;
  }
  return out;
}

function line(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

/** Characters that draw nothing, turn the text around, leave the line or are half of one. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A text with its invisible characters written out as JSON escapes, so that a name cannot pass for another one. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escaped);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** Pretty JSON text with invisible characters escaped; its meaning stays the same. */
export function shown(text: string): string {
  return pretty(text).replace(UNSEEN, (character) => (character === "\n" ? "\n" : escaped(character)));
}

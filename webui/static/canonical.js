/** Canonical bytes (FORMAT.md 1): RFC 8785 in a strict profile; what we would not write, we do not read. */

import { decodeText, encodeText, refuse, sameBytes } from "./bytes.js";

const MAX_DEPTH = 24;

/** Encode a value as canonical bytes; throws EvidenceError for what the profile does not hold. */
export const encodeCanonical = (value) => encodeText(writeCanonical(value));

/** The same as text. */
export const writeCanonical = (value) => write(value, 0);

/** Decode canonical bytes; any other spelling of the same value is refused. */
export function decodeCanonical(bytes, limit = 1 << 20) {
  if (bytes.length > limit) refuse(`${bytes.length} bytes where at most ${limit} are allowed`);
  let value;
  try {
    value = JSON.parse(decodeText(bytes));
  } catch {
    refuse("not JSON in UTF-8");
  }
  // A name that stands twice, a space, a needless escape or another number is lost on the way back, so one comparison finds all.
  if (!sameBytes(encodeCanonical(value), bytes)) refuse("not in canonical form (RFC 8785), or a name stands twice");
  return value;
}

function write(value, depth) {
  if (typeof value === "string") return checkText(value) ?? JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) refuse("a number is no integer within ±(2^53−1)");
    return String(value);
  }
  if (typeof value !== "object") refuse(`a ${typeof value} has no canonical form`);
  if (depth >= MAX_DEPTH) refuse("nested too deeply");
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join()}]`;
  const members = Object.keys(value).sort().map((name) => {
    if (!/^[!-~]{1,128}$/.test(name)) refuse("a name is not printable ASCII of 1 to 128 characters");
    return `${JSON.stringify(name)}:${write(value[name], depth + 1)}`;
  });
  return `{${members.join()}}`;
}

function checkText(text) {
  if (/^[ -~]*$/.test(text)) return;
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) refuse("text holds a control character");
  for (const character of text) {
    if (character > "\x7f" && !isAssigned(character)) {
      refuse(`text holds U+${character.codePointAt(0).toString(16).toUpperCase()}, which Unicode 14 does not assign`);
    }
  }
  if (text.normalize("NFC") !== text) refuse("text is not in Unicode normal form C");
}

/** Tell whether Unicode 14 assigns this one character. */
export function isAssigned(character) {
  return /\P{C}|[\p{Cc}\p{Cf}\p{Co}]/u.test(character);
}

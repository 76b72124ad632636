/** Canonical bytes (FORMAT.md 1): RFC 8785 in a strict profile; what we would not write, we do not read. */

import { decodeText, encodeText, isObject, need, sameBytes } from "./bytes.js";

// What Unicode 15 to 17 assigned: gap and length of each run, base 36. The engine knows the rest.
const LATER = `1ov 8 qt 3k n d7 2dd.s 2r.1 1c 7e.1 tz o6.2 1gt va.3 dh.b na4.4 3 2 6.n gk2.f ce.1 1j.6 1ki.1f nh.p rr.27 8j.1p n4.2 8v.2q
 ku.j t9.6x c7.1l 7r.2i 445 a.341 5qe.1l 2dj.1l 87.1f 7z.4 4qq.7 zk a.6h 6yo z 59n.kw r4.j 2fm.5 7a.2n u9.fj 34p.4 48.b 2i 61.12
 ak.3 u.2 g.8 u.2 c.4 7.9 b.5 9.7 8.1 5v.10 b 10zj.6 4mb.b 5s3.h9 7ar.6jt`;
let end = 0;
const RUNS = LATER.split(/\s+/).map((run) => {
  const [gap, length = 0] = run.split(".").map((digits) => parseInt(digits, 36));
  end += gap + length;
  return [end - length, end];
});

/** Tell whether Unicode 14 assigns this one character. */
export function isAssigned(character) {
  const point = character.codePointAt();
  return !/[\p{Cn}\p{Cs}]/u.test(character) && !RUNS.some(([first, last]) => first <= point && point <= last);
}

/** The canonical form as text; throws EvidenceError for what the profile does not hold. */
export function writeCanonical(value, depth = 0) {
  if (typeof value === "string") checkText(value);
  else if (typeof value === "number") need(Number.isSafeInteger(value), "±(2^53−1)");
  else if (typeof value === "object" && value) {
    need(depth < 24, "depth 24");
    if (Array.isArray(value)) return `[${value.map((item) => writeCanonical(item, depth + 1))}]`;
    const members = Object.keys(value).sort().map((name) => {
      need(/^[!-~]{1,128}$/.test(name), `name ${name}`);
      return `${JSON.stringify(name)}:${writeCanonical(value[name], depth + 1)}`;
    });
    return `{${members}}`;
  } else need(value === null || typeof value === "boolean", typeof value);
  return JSON.stringify(value);
}

function checkText(text) {
  if (/^[ -~]*$/.test(text)) return;
  need(!/[\0-\x08\v\f\x0e-\x1f\x7f]/.test(text), "control character");
  for (const one of text) need(one < "\x80" || isAssigned(one), `Unicode 14: U+${one.codePointAt().toString(16)}`);
  need(text.normalize("NFC") === text, "NFC");
}

/** RFC 8785 in full, with fractions, as credentials are signed. */
export function writeJson(value) {
  if (Array.isArray(value)) return `[${value.map(writeJson)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${writeJson(value[name])}`)}}`;
}

export const encodeCanonical = (value) => encodeText(writeCanonical(value));

/** Decode canonical bytes; any other spelling of the same value is refused. */
export function decodeCanonical(bytes, limit = 1 << 20) {
  need(bytes.length <= limit, `${bytes.length} > ${limit}`);
  let value;
  try {
    value = JSON.parse(decodeText(bytes));
  } catch {
    need(false, "JSON");
  }
  // A name that stands twice, a space or a needless escape is lost on the way back: one comparison finds them all.
  need(sameBytes(encodeCanonical(value), bytes), "RFC 8785");
  return value;
}

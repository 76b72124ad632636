/** Contents (FORMAT.md 3): what a statement commits to, field by field and row by row, each under a salt of its own. */

import { fromHex, hasNames, isHash, isText, need, toHex } from "./bytes.js";
import { encodeCanonical } from "./canonical.js";
import { computeRoot, hashLeaf } from "./merkle.js";

const hash = (tag, { log, author, id }, ...rest) => hashLeaf(encodeCanonical([`symbiosis-ledger/${tag}/v1`, log, author, id, ...rest]));
const isLeaf = (shown) => hasNames(shown, "leaf") && isHash(shown.leaf);

function rowLeaf(binding, i, j, row) {
  if (isLeaf(row)) return fromHex(row.leaf);
  need(hasNames(row, "salt value") && isHash(row.salt), `contents.fields.${i}.rows.${j}`);
  return hash("row", binding, i, j, row.salt, row.value);
}

/** Leaf hash of field i as it travels: {name, salt, value}, {name, salt, rows} or {leaf}. binding: log, author, id; a header has them. */
export function leafHash(binding, i, field) {
  if (isLeaf(field)) return fromHex(field.leaf);
  const where = `contents.fields.${i}`;
  const whole = hasNames(field, "name salt value");
  need(whole || hasNames(field, "name rows salt"), where);
  const { name, salt, rows, value } = field;
  need(isHash(salt) && isText(name, /^[a-z][a-z0-9_]{0,60}$/), `${where}: name, salt`);
  if (whole) return hash("field", binding, i, name, salt, value);
  need(Array.isArray(rows) && rows.length <= 10_000, `${where}.rows`);
  return hash("rows", binding, i, name, salt, rows.length, toHex(computeRoot(rows.map((row, j) => rowLeaf(binding, i, j, row)))));
}

/** contents_root over fields as they travel, 64 hex digits. */
export const contentsRoot = (binding, fields) => toHex(computeRoot(fields.map((field, i) => leafHash(binding, i, field))));

/**
 * Check a travelling form against a header; throws EvidenceError. Gives Maps by name: values, and rows (number → value) of lists
 * shown in part; and withheld, the positions that are not shown whole.
 */
export function openContents(statement, contents) {
  encodeCanonical(contents);
  need(hasNames(contents, "fields") && Array.isArray(contents.fields), "contents.fields");
  const { fields } = contents;
  need(fields.length === statement.fields, "contents: fields", "bad-proof");
  need(contentsRoot(statement, fields) === statement.contents_root, "contents: contents_root", "bad-proof");
  const [values, rows, withheld] = [new Map(), new Map(), []];
  fields.forEach((field, i) => {
    need(!values.has(field.name) && !rows.has(field.name), `contents.fields.${i}.name`);
    const shown = new Map(field.rows?.map((row, j) => [j, row.value]).filter(([j]) => "value" in field.rows[j]));
    const whole = field.name && shown.size === (field.rows?.length ?? 0);
    if (whole) values.set(field.name, field.rows ? [...shown.values()] : field.value);
    else {
      withheld.push(i);
      if (field.name) rows.set(field.name, shown);
    }
  });
  return { values, rows, withheld };
}

/** Contents (FORMAT.md 3): what a statement commits to, field by field and row by row, each under a salt of its own. */

import { EvidenceError, fromHex, hasNames, isHash, isObject, refuse, toHex } from "./bytes.js";
import { encodeCanonical, writeCanonical } from "./canonical.js";
import { computeRoot, hashLeaf } from "./merkle.js";

const MAX_ROWS = 10_000;
const tagged = (tag, { log, author, id }, ...rest) => hashLeaf(encodeCanonical([`symbiosis-ledger/${tag}/v1`, log, author, id, ...rest]));

/** Leaf hash of one row as it travels: {salt, value} or {leaf}. `binding` is {log, author, id}, a header for one. */
export function rowLeaf(binding, position, number, row) {
  const where = `contents.fields.${position}.rows.${number}`;
  if (hasNames(row, ["leaf"]) && isHash(row.leaf)) return fromHex(row.leaf);
  if (!hasNames(row, ["salt", "value"]) || !isHash(row.salt)) refuse(`${where}: salt and value, or a leaf alone, are wanted`);
  return tagged("row", binding, position, number, row.salt, row.value);
}

/** Leaf hash of one field as it travels: {name, salt, value}, {name, salt, rows} or {leaf}. */
export function leafHash(binding, position, field) {
  const where = `contents.fields.${position}`;
  if (hasNames(field, ["leaf"]) && isHash(field.leaf)) return fromHex(field.leaf);
  const whole = hasNames(field, ["name", "salt", "value"]);
  if (!(whole || hasNames(field, ["name", "salt", "rows"])) || !isHash(field.salt) || !/^[a-z][a-z0-9_]{0,60}$/.test(String(field.name))) {
    refuse(`${where}: name, salt and value, or name, salt and rows, or a leaf alone, are wanted`);
  }
  const { name, salt, rows } = field;
  if (whole) return tagged("field", binding, position, name, salt, field.value);
  if (!Array.isArray(rows) || rows.length > MAX_ROWS) refuse(`${where}.rows: a list of at most ${MAX_ROWS} rows is wanted`);
  const root = toHex(computeRoot(rows.map((row, number) => rowLeaf(binding, position, number, row))));
  return tagged("rows", binding, position, name, salt, rows.length, root);
}

/** contents_root over fields as they travel, 64 hex digits. */
export const contentsRoot = (binding, fields) => toHex(computeRoot(fields.map((field, position) => leafHash(binding, position, field))));

/**
 * Check a travelling form against a header; throws EvidenceError. Gives {values, rows, withheld}: values by name, rows of
 * lists shown in part (name → {number: value}), and the positions that are not shown whole.
 */
export function openContents(statement, contents) {
  writeCanonical(contents);
  const fields = contents?.fields;
  if (!hasNames(contents, ["fields"]) || !Array.isArray(fields)) refuse("contents: an object with one list, fields, is wanted");
  const bad = (message) => {
    throw new EvidenceError("bad-proof", `contents: ${message}`);
  };
  if (fields.length !== statement.fields) bad(`${fields.length} fields where the statement commits to ${statement.fields}`);
  const root = contentsRoot(statement, fields);
  const opened = { values: new Map(), rows: new Map(), withheld: [] };
  fields.forEach((field, position) => {
    const { name, rows } = field;
    if (name && (opened.values.has(name) || opened.rows.has(name))) refuse(`contents.fields.${position}: the name ${name} stands twice`);
    const shown = rows?.map((row, number) => [number, row]).filter(([, row]) => !("leaf" in row));
    if (!name || (rows && shown.length < rows.length)) opened.withheld.push(position);
    if (!name) return;
    if (!rows) opened.values.set(name, field.value);
    else if (shown.length === rows.length) opened.values.set(name, rows.map((row) => row.value));
    else opened.rows.set(name, Object.fromEntries(shown.map(([number, row]) => [number, row.value])));
  });
  if (root !== statement.contents_root) bad("they do not lead to the statement's contents_root");
  return opened;
}

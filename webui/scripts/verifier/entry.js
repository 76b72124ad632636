/** Entries and the statements in them (FORMAT.md 2 and 6): form, hash and signature. */

import { concat, encodeText, fromHex, hasNames, isCount, isHash, isObject, isText, need, sha256, toHex } from "./bytes.js";
import { decodeCanonical, encodeCanonical } from "./canonical.js";
import { decodeMultikey, verifySignature } from "./ed25519.js";

export const isLogName = (value) => isText(value, /^[a-z0-9][a-z0-9.-]{1,100}(\/[a-z0-9][a-z0-9._-]{0,60}){1,4}$/);
export const isOrganisation = (value) => isText(value, /^o-[0-9a-z]{6,40}$/);
export const isSignature = (value) => isText(value, /^[0-9a-f]{128}$/);
/** A second of the calendar in its one spelling; there is no year 0. */
export const isInstant = (value) => value > "0001" && `${new Date(value).toJSON()?.slice(0, 19)}Z` === value;

const STATEMENT = {
  v: (value) => value === 1,
  log: isLogName,
  kind: /^[a-z][a-z_]{1,40}\.[a-z][a-z_]{1,40}$/,
  kind_version: (value) => isCount(value, 1, 1000),
  id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  author: isOrganisation,
  key: (value) => isText(value, /^z/) && decodeMultikey(value),
  key_seq: (value) => isCount(value, 1),
  seen: (value) => hasNames(value, "root size") && isHash(value.root) && isCount(value.size),
  issued_at: isInstant,
  expires_at: isInstant,
  about: /^[a-z][a-z_]{1,40}:[A-Za-z0-9][A-Za-z0-9._:@/-]{0,120}$/,
  refs: (value) => Array.isArray(value) && value.length <= 64 && value.every(isHash) && new Set(value).size === value.length,
  public: isObject,
  contents_root: isHash,
  fields: (value) => isCount(value, 0, 256),
};
const index = (value) => isCount(value);
const ENTRY = { v: STATEMENT.v, index, previous: isHash, received_at: isInstant, signature: isSignature, statement: isObject };

function checkForm(value, forms, where) {
  const names = Object.keys(forms);
  need(hasNames(value, names), `${where}: ${names}`);
  for (const name of names) {
    const [form, one] = [forms[name], value[name]];
    need(form instanceof RegExp ? isText(one, form) : form(one), `${where}.${name}`);
  }
}

/** Read canonical entry bytes: the entry with `signed`, the bytes under its signature, and `hash`, the statement's; throws EvidenceError. */
export function readEntry(bytes) {
  const entry = decodeCanonical(bytes, 65_535);
  checkForm(entry, ENTRY, "entry");
  checkForm(entry.statement, STATEMENT, "statement");
  need(entry.statement.issued_at < entry.statement.expires_at, "statement.expires_at");
  const header = encodeCanonical(entry.statement);
  need(header.length <= 64_000, "statement: 64000");
  const signed = concat(encodeText("symbiosis-ledger/statement/v1\n"), header);
  return { ...entry, signed, hash: toHex(sha256(signed)) };
}

/** Tell whether the statement's own key signed it. */
export const isSigned = ({ statement, signature, signed }) => verifySignature(decodeMultikey(statement.key), fromHex(signature), signed);

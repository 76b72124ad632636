/** Statements: what the server prepared becomes the exact bytes that are signed (FORMAT.md 2, 3); as contracts/signing.py. */

import { concat, encodeText, sha256, toHex } from "./verifier/bytes.js";
import { encodeCanonical } from "./verifier/canonical.js";
import { contentsRoot } from "./verifier/contents.js";

const makeSalt = () => toHex(crypto.getRandomValues(new Uint8Array(32)));
const writeInstant = (moment) => `${new Date(moment).toISOString().slice(0, 19)}Z`;

function saltField({ name, value, rows }, salt) {
  if (!rows) return { name, salt: salt(), value };
  const salted = value.map((row) => ({ salt: salt(), value: row }));
  return { name, salt: salt(), rows: salted };
}

/**
 * Compose a statement: {statement, contents, bytes, hash}, bytes being those to sign. `signer` is {log, organisation, key},
 * `now` in milliseconds; `id` and `salt` (gives 64 hex digits) are random but in tests.
 */
export function composeStatement(prepared, signer, { key_seq, seen, now, id = crypto.randomUUID(), salt = makeSalt }) {
  const { kind, kind_version, about, refs } = prepared;
  const { log, organisation: author, key } = signer;
  const fields = prepared.fields.map((field) => saltField(field, salt));
  const statement = {
    v: 1, log, kind, kind_version, id, author, key, key_seq, seen, about, refs,
    issued_at: writeInstant(now),
    expires_at: writeInstant(now + prepared.lifetime * 1000),
    public: prepared.public,
    contents_root: contentsRoot({ log, author, id }, fields),
    fields: fields.length,
  };
  const bytes = concat(encodeText("symbiosis-ledger/statement/v1\n"), encodeCanonical(statement));
  return { statement, contents: { fields }, bytes, hash: toHex(sha256(bytes)) };
}

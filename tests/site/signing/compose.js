// Composes and signs cases in node: reads {key_file, passphrase, cases} from stdin, writes what composeStatement made.
import { readFileSync } from "node:fs";
import { openKeyFile, signBytes } from "./keys.js";
import { composeStatement } from "./statement.js";

const { key_file, passphrase, cases } = JSON.parse(readFileSync(0, "utf-8"));
const key = await openKeyFile(new TextEncoder().encode(key_file), passphrase);
const made = [];
for (const { prepared, salts, ...given } of cases) {
  const { statement, contents, bytes, hash } = composeStatement(prepared, key, { ...given, salt: () => salts.shift() });
  const signature = await signBytes(key, bytes);
  made.push({ bytes: Buffer.from(bytes).toString("utf-8"), hash, submission: { statement, contents, signature }, left: salts.length });
}
console.log(JSON.stringify(made));

/** A certificate's credential, signed here (W3C eddsa-jcs-2022); the statement about it is signed on the next page. */

import { concat, encodeText, sha256 } from "./verifier/bytes.js";
import { ALPHABET } from "./verifier/ed25519.js";
import { findObstacle, listKeys, signBytes } from "./keys.js";

const at = (id) => document.getElementById(id);
const { configuration, document: unsigned, key, owner, words } = JSON.parse(at("certify-data").textContent);

/** RFC 8785, fractions included. */
function write(value) {
  if (Array.isArray(value)) return `[${value.map(write)}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${write(value[name])}`)}}`;
}

function encodeBase58(hex) {
  let text = "";
  for (let number = BigInt(`0x${hex}`); number; number /= 58n) text = ALPHABET[number % 58n] + text;
  return "1".repeat(hex.match(/^(00)*/)[0].length / 2) + text;
}

const hash = (value) => sha256(encodeText(write(value)));
const say = (text, tone) => Object.assign(at("certify-state"), { textContent: text, className: `note ${tone}` });

at("certify-text").textContent = write(unsigned);
const obstacle = await findObstacle();
const mine = obstacle ? null : (await listKeys(owner)).find((one) => one.key === key);
at("certify-button").hidden = !mine;
say(mine ? words.ready : (words[obstacle] ?? words.none), mine ? "" : "bad");
at("certify").addEventListener("submit", async (event) => {
  if (event.submitter === at("certify-edit")) return;
  event.preventDefault();
  const signature = await signBytes(mine, concat(hash(configuration), hash(unsigned)));
  at("credential").value = write({ ...unsigned, proof: { ...configuration, proofValue: `z${encodeBase58(signature)}` } });
  event.target.submit();
});

/** A certificate's credential, signed here (W3C eddsa-jcs-2022); the statement about it is signed on the next page. */

import { concat, encodeText, fromHex, sha256 } from "./verifier/bytes.js";
import { writeJson } from "./verifier/canonical.js";
import { encodeBase58 } from "./verifier/ed25519.js";
import { findObstacle, listKeys, signBytes } from "./keys.js";

const at = (id) => document.getElementById(id);
const { configuration, document: unsigned, key, owner, words } = JSON.parse(at("certify-data").textContent);

const hash = (value) => sha256(encodeText(writeJson(value)));
const say = (text, tone) => Object.assign(at("certify-state"), { textContent: text, className: `note ${tone}` });

at("certify-text").textContent = writeJson(unsigned);
const obstacle = await findObstacle();
const mine = obstacle ? null : (await listKeys(owner)).find((one) => one.key === key);
at("certify-button").hidden = !mine;
say(mine ? words.ready : (words[obstacle] ?? words.none), mine ? "" : "bad");
at("certify").addEventListener("submit", async (event) => {
  if (event.submitter === at("certify-edit")) return;
  event.preventDefault();
  const signature = await signBytes(mine, concat(hash(configuration), hash(unsigned)));
  at("credential").value = writeJson({ ...unsigned, proof: { ...configuration, proofValue: `z${encodeBase58(fromHex(signature))}` } });
  event.target.submit();
});

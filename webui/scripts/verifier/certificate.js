/** A certificate judged offline: a W3C credential 2.0 with proofs by eddsa-jcs-2022. Status lists and results are for the command. */

import { concat, decodeText, encodeText, isObject, isText, need, sha256 } from "./bytes.js";
import { writeJson } from "./canonical.js";
import { decodeBase58, decodeMultikey, verifySignature } from "./ed25519.js";
import { isInstant } from "./entry.js";

const isUrl = (value) => isText(value, /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\0-\x1f\x7f<>"{}|\\^`]+$/);
const listOf = (value) => (Array.isArray(value) ? value : (value ?? null) === null ? [] : [value]);

/** Read an object of JSON that has one meaning for every reader; throws EvidenceError. */
function readJson(bytes) {
  need(bytes.length <= 1 << 20, "1 MiB");
  const text = decodeText(bytes);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    need(false, "JSON");
  }
  const open = [];
  for (const [token, name, colon] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*(:?)|[{}[\]]|-?\d[\d.eE+-]*/g)) {
    if (/^[{[]/.test(token)) need(open.push(new Set()) <= 64, "depth 64");
    else if (/^[}\]]/.test(token)) open.pop();
    else if (colon) need(open.at(-1).size < open.at(-1).add(JSON.parse(`"${name}"`)).size, `2 × ${name}`);
    else if (name === undefined) need(/[.eE]/.test(token) ? isFinite(token) : Number.isSafeInteger(+token), token);
  }
  need(isObject(value), "{}");
  need(!/[^\\](\\\\)*\\ud[89a-f]/.test(writeJson(value)), "surrogate");
  return value;
}

const readTime = (value) =>
  isText(value, /^.{19}(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/) && isInstant(`${value.slice(0, 19)}Z`) ? Date.parse(value) : NaN;

/** Check one proof; gives a word for what is wrong, nothing if it holds. */
async function checkProof(document, proof, trusted, now) {
  const { proofValue, ...options } = isObject(proof) ? proof : {};
  if (options.type !== "DataIntegrityProof" || options.cryptosuite !== "eddsa-jcs-2022") return "suite";
  if (options.proofPurpose !== "assertionMethod" || "previousProof" in options) return "purpose";
  const context = listOf(options["@context"] ?? document["@context"]);
  if (writeJson(listOf(document["@context"]).slice(0, context.length)) !== writeJson(context)) return "context";
  if (!(readTime(options.created) <= now)) return "created";
  if ("expires" in options && !(readTime(options.expires) > now)) return "expired";
  const [did, key] = String(options.verificationMethod).split("#");
  const known = did.startsWith("did:key:") ? did === `did:key:${key}` && key : trusted?.[did]?.find((one, _, all) => one === key || !all[1]);
  if (!known) return "unknown";
  const { proof: _, ...unsecured } = "@context" in options ? { ...document, "@context": options["@context"] } : document;
  const signed = concat(...[options, unsecured].map((value) => sha256(encodeText(writeJson(value)))));
  const signature = isText(proofValue, /^z/) ? decodeBase58(proofValue.slice(1)) : [];
  const holds = await verifySignature(decodeMultikey(known), signature, signed);
  if (!holds) return "changed";
}

/** What the proofs show: [state, why, detail]. */
async function judgeProofs(document, issuer, trusted, now) {
  const proofs = listOf(document.proof);
  if (!proofs.length || proofs.length > 8) return ["fails", "count"];
  const faults = await Promise.all(proofs.map((proof) => checkProof(document, proof, trusted, now).catch(() => "key")));
  const wrong = faults.find((fault) => fault && fault !== "unknown");
  if (wrong) return ["fails", wrong];
  if (faults.some(Boolean)) return ["unknown", "unknown"];
  const signers = new Set(proofs.map(({ verificationMethod }) => verificationMethod.split("#")[0]));
  if (!signers.has(issuer)) return ["fails", "issuer"];
  if (new Set(proofs.map(writeJson)).size < proofs.length) return ["fails", "twice"];
  const stated = document.credentialSubject?.["urn:symbiosis-ledger:quality-certificate:v1"]?.["@value"];
  if (stated?.en10204Type === "3.2" && signers.size < 2) return ["fails", "second"];
  return ["holds", "holds", [...signers]];
}

/** Is it in the form of a credential: the members at fault. */
function listFaults({ "@context": context, id, type, issuer, credentialSubject, validFrom, validUntil }) {
  const sound = {
    "@context": Array.isArray(context) && context[0] === "https://www.w3.org/ns/credentials/v2",
    id: id === undefined || isUrl(id),
    type: listOf(type).includes("VerifiableCredential"),
    issuer: isUrl(issuer?.id ?? issuer),
    credentialSubject: listOf(credentialSubject).length && listOf(credentialSubject).every((one) => isObject(one) && Object.keys(one).length),
    validFrom: validFrom === undefined || readTime(validFrom),
    validUntil: validUntil === undefined || readTime(validUntil) >= (readTime(validFrom) || 0),
  };
  return Object.keys(sound).filter((name) => !sound[name]);
}

/**
 * Judge the bytes of a certificate file; never throws for what is in them. now: Date; trusted: DID → list of Multikey texts of the
 * issuers that the reader knows. Gives {exit_code, document, answers}, an answer being {question, state, why, detail}: state is holds,
 * fails or unknown, why a word for the reason (the page has the sentence), detail a text or a list.
 */
export async function verifyCertificate(bytes, { now = new Date(), trusted } = {}) {
  let document;
  try {
    document = readJson(bytes);
  } catch ({ message }) {
    return { exit_code: 2, document: null, answers: [{ question: "form", state: "fails", why: "unreadable", detail: message }] };
  }
  const { issuer, validFrom = "", validUntil = "" } = document;
  const [did, faults] = [issuer?.id ?? issuer, listFaults(document)];
  const known = trusted && did in trusted ? ["holds", "named"] : ["fails", "stranger"];
  const valid = !(readTime(validFrom) > now) && !(readTime(validUntil) <= now);
  const told = {
    form: faults.length ? ["fails", "members", faults] : ["holds", "form"],
    proof: await judgeProofs(document, did, trusted, now),
    issuer: [...(trusted ? known : ["unknown", "nobody"]), `${did}`],
    validity: [valid ? "holds" : "fails", "validity", `${validFrom || "…"} – ${validUntil || "…"}`],
    status: ["unknown", "status"],
    results: ["unknown", "results"],
  };
  const states = Object.values(told).map(([state]) => state);
  const unread = faults.length && told.proof[1] === "count";
  const exit_code = unread || (told.proof[0] === "unknown" && !states.includes("fails")) ? 2 : states.includes("fails") ? 1 : 3;
  return { exit_code, document, answers: Object.entries(told).map(([question, [state, why, detail]]) => ({ question, state, why, detail })) };
}

/** A certificate judged offline: a W3C credential 2.0 with proofs by eddsa-jcs-2022. Status lists and results are for the command. */

import { concat, decodeText, encodeText, isObject, isText, need, sha256 } from "./bytes.js";
import { decodeBase58, decodeMultikey, verifySignature } from "./ed25519.js";
import { isInstant } from "./entry.js";

const SUMMARIES = ["", "It is NOT valid.", "It could not be checked.", "It is properly signed; whether it was revoked since is unknown here."];
const NO_PROOF = "it carries no proof, or more than eight";
const isUrl = (value) => isText(value, /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\0-\x1f\x7f<>"{}|\\^`]+$/);
const listOf = (value) => (Array.isArray(value) ? value : (value ?? null) === null ? [] : [value]);

/** Read an object of JSON that has one meaning for every reader; throws EvidenceError. */
function readJson(bytes) {
  need(bytes.length <= 1 << 20, "more than 1 MiB");
  const text = decodeText(bytes);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    need(false, "not JSON");
  }
  const open = [];
  for (const [token, name, colon] of text.matchAll(/"((?:[^"\\]|\\.)*)"\s*(:?)|[{}[\]]|-?\d[\d.eE+-]*/g)) {
    if (/^[{[]/.test(token)) need(open.push(new Set()) <= 64, "nested too deeply");
    else if (/^[}\]]/.test(token)) open.pop();
    else if (colon) need(open.at(-1).size < open.at(-1).add(JSON.parse(`"${name}"`)).size, `the name ${name} stands twice in an object`);
    else if (name === undefined) need(/[.eE]/.test(token) ? isFinite(token) : Number.isSafeInteger(+token), "a number is too large");
  }
  need(isObject(value), "no JSON object");
  need(!/[^\\](\\\\)*\\ud[89a-f]/.test(writeJson(value)), "half of a surrogate pair");
  return value;
}

/** RFC 8785 in full, with fractions. */
function writeJson(value) {
  if (Array.isArray(value)) return `[${value.map(writeJson)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${writeJson(value[name])}`)}}`;
}

const readTime = (value) =>
  isText(value, /^.{19}(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/) && isInstant(`${value.slice(0, 19)}Z`) ? Date.parse(value) : NaN;

/** Check one proof; gives what is wrong, empty if it holds. */
async function checkProof(document, proof, trusted, now) {
  const { proofValue, ...options } = isObject(proof) ? proof : {};
  if (options.type !== "DataIntegrityProof" || options.cryptosuite !== "eddsa-jcs-2022") return "only eddsa-jcs-2022 is checked here";
  if (options.proofPurpose !== "assertionMethod" || "previousProof" in options) return "only a proof made to assert, in no chain, is checked here";
  const context = listOf(options["@context"] ?? document["@context"]);
  if (writeJson(listOf(document["@context"]).slice(0, context.length)) !== writeJson(context)) return "another @context was signed";
  if (!(readTime(options.created) <= now)) return "the proof names no time of its making, or one to come";
  if ("expires" in options && !(readTime(options.expires) > now)) return "the proof has expired";
  const [did, key] = String(options.verificationMethod).split("#");
  const known = did.startsWith("did:key:") ? did === `did:key:${key}` && key : trusted?.[did]?.find((one, _, all) => one === key || !all[1]);
  if (!known) return "unknown key";
  const { proof: _, ...unsecured } = "@context" in options ? { ...document, "@context": options["@context"] } : document;
  const signed = concat(...[options, unsecured].map((value) => sha256(encodeText(writeJson(value)))));
  const signature = isText(proofValue, /^z/) ? decodeBase58(proofValue.slice(1)) : [];
  const holds = await verifySignature(decodeMultikey(known), signature, signed);
  return holds ? "" : "the signature does not fit the text: one of them was changed";
}

/** What the proofs show: [state, words]. */
async function judgeProofs(document, issuer, trusted, now) {
  const proofs = listOf(document.proof);
  if (!proofs.length || proofs.length > 8) return ["fails", NO_PROOF];
  const faults = await Promise.all(proofs.map((proof) => checkProof(document, proof, trusted, now).catch((error) => error.message)));
  const wrong = faults.find((fault) => fault && fault !== "unknown key");
  if (wrong) return ["fails", wrong];
  if (faults.some(Boolean)) return ["unknown", "hand in the keys of the signers: their names alone do not show them"];
  const signers = new Set(proofs.map(({ verificationMethod }) => verificationMethod.split("#")[0]));
  if (!signers.has(issuer)) return ["fails", "no proof is by a key of the issuer"];
  if (new Set(proofs.map(writeJson)).size < proofs.length) return ["fails", "the same proof stands there twice"];
  const stated = document.credentialSubject?.["urn:symbiosis-ledger:quality-certificate:v1"]?.["@value"];
  if (stated?.en10204Type === "3.2" && signers.size < 2) return ["fails", "type 3.2 needs a second signature"];
  return ["holds", `unchanged since signed by ${[...signers].join(", ")}`];
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
 * issuers that the reader knows. Gives {exit_code, summary, document, answers}, an answer being {question, state, words} and its
 * state holds, fails or unknown.
 */
export async function verifyCertificate(bytes, { now = new Date(), trusted } = {}) {
  let document;
  try {
    document = readJson(bytes);
  } catch ({ message }) {
    return { exit_code: 2, summary: SUMMARIES[2], document: null, answers: [{ question: "form", state: "fails", words: `the file is not readable: ${message}` }] };
  }
  const { issuer, validFrom = "", validUntil = "" } = document;
  const [did, faults] = [issuer?.id ?? issuer, listFaults(document)];
  const known = trusted && did in trusted ? "holds" : "fails";
  const valid = !(readTime(validFrom) > now) && !(readTime(validUntil) <= now);
  const told = {
    form: faults.length ? ["fails", `not in the form of a W3C credential 2.0: ${faults.join(", ")}`] : ["holds", "a W3C credential 2.0"],
    proof: await judgeProofs(document, did, trusted, now),
    issuer: trusted ? [known, `${did}`] : ["unknown", `${did}; whose key that is, nobody here vouches for`],
    validity: [valid ? "holds" : "fails", `valid from ${validFrom || "no stated day"} until ${validUntil || "no stated end"}`],
    status: ["unknown", "whether it was revoked since is not known here: ask its issuer or the log"],
    results: ["unknown", "results are judged again by the command, symbiosis certificate verify"],
  };
  const states = Object.values(told).map(([state]) => state);
  const unread = faults.length && told.proof[1] === NO_PROOF;
  const exit_code = unread || (told.proof[0] === "unknown" && !states.includes("fails")) ? 2 : states.includes("fails") ? 1 : 3;
  return { exit_code, summary: SUMMARIES[exit_code], document, answers: Object.entries(told).map(([question, [state, words]]) => ({ question, state, words })) };
}

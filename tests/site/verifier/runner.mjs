/** Runs many cases against the modules in one process: reads a JSON file of cases, writes one JSON answer for each. */

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , folder, casesFile, answersFile] = process.argv;
const load = (name) => import(pathToFileURL(`${folder}/${name}.js`));
const [bytes, canonical, merkle, contents, ed25519, note, entry, verify, certificate] = await Promise.all(
  ["bytes", "canonical", "merkle", "contents", "ed25519", "note", "entry", "verify", "certificate"].map(load),
);
const { fromHex, toHex } = bytes;
const plain = (value) =>
  value instanceof Map ? Object.fromEntries([...value].map(([name, one]) => [name, plain(one)])) : value instanceof Uint8Array ? toHex(value) : value;
const read = (file) => new Uint8Array(readFileSync(file));

const OPERATIONS = {
  verify: ({ file, options }) => verify.verifyFile(read(file), options),
  evidence: async ({ file, options }) => {
    const { entry: one, checkpoint, opened, exit_code } = await verify.checkEvidence(read(file), options);
    const shown = opened && { values: plain(opened.values), rows: plain(opened.rows), withheld: opened.withheld };
    return { index: one.index, size: checkpoint.size, opened: shown, exit_code };
  },
  certificate: ({ file, options }) =>
    certificate.verifyCertificate(read(file), { ...options, now: new Date(options.now) }),
  decode: ({ file, limit }) => toHex(canonical.encodeCanonical(canonical.decodeCanonical(read(file), limit))),
  sha256: ({ file }) => toHex(bytes.sha256(read(file))),
  assigned: () => {
    const runs = [];
    for (let point = 0, before = false; point <= 0x110000; point++) {
      const now = point < 0x110000 && canonical.isAssigned(String.fromCodePoint(point));
      if (now !== before) runs.push(point);
      before = now;
    }
    return runs;
  },
  instant: ({ text }) => entry.isInstant(text),
  signature: ({ key, signature, message }) => ed25519.verifySignature(fromHex(key), fromHex(signature), fromHex(message)),
  multikey: ({ text }) => toHex(ed25519.decodeMultikey(text)),
  key: ({ hex }) => ed25519.checkPublicKey(fromHex(hex)) ?? null,
  verifierKey: ({ text }) => note.readVerifierKey(text).name,
  note: ({ text, key }) => note.openNote(text, note.readVerifierKey(key)),
  checkpoint: ({ text, origin, key }) => note.verifyCheckpoint(text, origin, note.readVerifierKey(key)).then(({ size, root }) => [size, toHex(root)]),
  inclusion: ({ leaf, index, size, path, root }) => merkle.checkInclusion(fromHex(leaf), index, size, path.map(fromHex), fromHex(root)) ?? null,
  consistency: ({ old, now, path }) => {
    const head = ({ size, root }) => ({ size, root: fromHex(root) });
    return merkle.checkConsistency(head(old), head(now), path.map(fromHex)) ?? null;
  },
  root: ({ leaves, sizes }) => {
    const tree = new merkle.Tree();
    leaves.forEach((leaf) => tree.append(fromHex(leaf)));
    return sizes.map((size) => toHex(tree.root(size)));
  },
  contents: ({ statement, contents: shown }) => {
    const opened = contents.openContents(statement, shown);
    return { values: plain(opened.values), rows: plain(opened.rows), withheld: opened.withheld };
  },
  leaf: ({ binding, position, field }) => toHex(contents.leafHash(binding, position, field)),
};

const answers = [];
for (const one of JSON.parse(readFileSync(casesFile, "utf8"))) {
  try {
    answers.push({ value: await OPERATIONS[one.do](one) });
  } catch (error) {
    if (!(error instanceof bytes.EvidenceError)) throw new Error(`${JSON.stringify(one).slice(0, 400)}: ${error.stack}`);
    answers.push({ code: error.code, message: error.message });
  }
}
writeFileSync(answersFile, JSON.stringify(answers));

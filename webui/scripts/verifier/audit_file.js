/** The audit file (FORMAT.md 11): a ZIP with one spelling, its members and its manifest; signatures are verify.js's business. */

import { concat, decodeText, hasNames, isCount, isHash, need, sameBytes, sha256, toHex } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";

const FIRST = ["README.txt", "entries.jsonl", "contents.jsonl", "checkpoints.jsonl", "checkpoint", "log.json"];
const STAMP = /^timestamps\/[1-9]\d{0,15}\.tsr$/;
const EXTRA = /^(schemas\/[a-z_]+\.[a-z_]+\.[1-9]\d{0,3}\.json|facts(\/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*){1,4})$/;
const CLAIMS = ["format", "founding", "log", "log_key", "receipt_key", "size"];

/** Write numbers little-endian: the shape has 4 or 2 for the bytes of each. */
const pack = (shape, ...values) => [...shape].flatMap((size, i) => [0, 8, 16, 24].slice(0, size).map((shift) => (values[i] >>> shift) & 255));

const TABLE = Uint32Array.from({ length: 256 }, (_, rest) => {
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});
const crc32 = (bytes) => ~bytes.reduce((rest, byte) => (rest >>> 8) ^ TABLE[(rest ^ byte) & 255], -1) >>> 0;

/** Read where members stand, {data, crc} by name; every header is built anew and compared, so no size is believed. */
function readDirectory(bytes) {
  need(bytes.length < 2 ** 32 - 1, "archive: 4 GiB");
  const number = (place) => bytes.slice(place, place + 4).reduceRight((all, byte) => all * 256 + byte, 0);
  const expect = (place, wanted) => need(sameBytes(bytes.subarray(place, place + wanted.length), wanted), "archive");
  const members = new Map();
  const start = number(bytes.length - 6);
  let [offset, place] = [0, start];
  while (number(place) === 0x02014b50) {
    const name = bytes.subarray(place + 46, place + 46 + (number(place + 28) & 0xffff));
    const [crc, size] = [number(place + 16), number(place + 24)];
    const same = pack("222224442", 20, 0, 0, 0, 0x21, crc, size, size, name.length);
    const local = concat(pack("4", 0x04034b50), same, [0, 0], name);
    const central = concat(pack("42", 0x02014b50, 0x0314), same, pack("222244", 0, 0, 0, 0, 0o100644 << 16, offset), name);
    expect(place, central);
    expect(offset, local);
    need(members.size < 10_000, "archive: 10000");
    const data = bytes.subarray(offset + local.length, offset + local.length + size);
    members.set(String.fromCharCode(...name), { data, crc });
    [offset, place] = [offset + local.length + size, place + central.length];
  }
  need(offset === start, "archive");
  const { size } = members;
  expect(place, pack("42222442", 0x06054b50, 0, 0, size, size, place - start, start, 0));
  need(place + 22 === bytes.length, "archive");
  return members;
}

/** Open an audit file: claims of log.json, checkpoint, extras, readLines(name, limit), check(name); throws EvidenceError. */
export async function openAuditFile(bytes) {
  const members = readDirectory(bytes);
  const names = [...members.keys()];
  const extras = names.slice(6, -1);
  const sound = extras.every((name) => (EXTRA.test(name) || STAMP.test(name)) && name.length <= 120) && `${[...FIRST, ...extras.sort(), "manifest.json"]}` === `${names}`;
  need(sound, `archive: ${names}`);
  const stamps = extras.filter((name) => STAMP.test(name)); // nobody here knows an authority: python -m ledger verify --timestamp-roots
  need(stamps.length <= 1000 && stamps.every((name) => members.get(name).data.length <= 64_000), "archive: timestamps");
  let manifest = {};

  function check(name) {
    const { data, crc } = members.get(name);
    const wanted = manifest[name];
    const fits = !wanted || (wanted.size === data.length && wanted.sha256 === toHex(sha256(data)));
    need(fits && crc32(data) === crc, name, "bad-proof");
  }

  function readMember(name, limit) {
    const { data } = members.get(name);
    need(data.length <= limit, `${name}: ${limit}`);
    check(name);
    return data;
  }

  function readObject(name, limit, wanted) {
    const data = readMember(name, limit);
    const value = data.at(-1) === 10 && decodeCanonical(data.slice(0, -1), limit);
    need(hasNames(value, wanted), `${name}: ${wanted}`);
    return value;
  }

  /** Lines of a member, which is checked at its end. */
  function* readLines(name, limit) {
    const { data } = members.get(name);
    for (let place = 0, length; place < data.length; place += length + 1) {
      length = data.subarray(place, place + limit + 1).indexOf(10);
      need(length >= 0 || data.length - place <= limit, `${name}: ${limit}`);
      yield length < 0 ? data.subarray(place) : data.subarray(place, place + length);
      if (length < 0) break;
    }
    check(name);
    need(data.at(-1) === 10 || !data.length, name);
  }

  const listed = readObject("manifest.json", 1000 + 300 * names.length, ["format", "members"]);
  const described = listed.format === "symbiosis-ledger/manifest/v1" && hasNames(listed.members, names.slice(0, -1));
  const isSound = (one) => hasNames(one, "sha256 size") && isCount(one.size) && isHash(one.sha256);
  need(described && Object.values(listed.members).every(isSound), "manifest.json");
  manifest = listed.members;
  const claims = readObject("log.json", 10_000, CLAIMS);
  const texts = CLAIMS.slice(0, 5).every((name) => typeof claims[name] === "string");
  need(texts && isCount(claims.size) && claims.format === "symbiosis-ledger/audit/v1", "log.json");
  const checkpoint = decodeText(readMember("checkpoint", 400_000));
  return { ...claims, checkpoint, extras: ["README.txt", ...extras], readLines, check };
}

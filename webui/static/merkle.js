/** The tree and its proofs (FORMAT.md 7): RFC 6962 hashes, RFC 9162 checks. Hashes are 32 bytes, sizes are numbers. */

import { concat, EvidenceError, sameBytes, sha256 } from "./bytes.js";

export const EMPTY_ROOT = sha256(new Uint8Array());
export const hashLeaf = (bytes) => sha256(concat([0], bytes));
export const hashNode = (left, right) => sha256(concat([1], left, right));

/** A tree that remembers its complete nodes, so that the root of any earlier size can be asked for. */
export class Tree {
  #levels = [[]];

  get size() {
    return this.#levels[0].length;
  }

  append(leaf) {
    this.#levels[0].push(leaf);
    for (let level = 0; this.#levels[level].length % 2 === 0; level++) {
      this.#levels[level + 1] ??= [];
      this.#levels[level + 1].push(hashNode(...this.#levels[level].slice(-2)));
    }
  }

  /** Root of the tree when it had this size, at most the present one. */
  root(size = this.size) {
    let root = null;
    for (let level = 0, left = size; left; level++, left = Math.floor(left / 2)) {
      if (left % 2) root = root ? hashNode(this.#levels[level][left - 1], root) : this.#levels[level][left - 1];
    }
    return root ?? EMPTY_ROOT;
  }
}

/** Root over leaf hashes. */
export function computeRoot(leaves) {
  const tree = new Tree();
  leaves.forEach((leaf) => tree.append(leaf));
  return tree.root();
}

const half = (number) => Math.floor(number / 2);
const bad = (message) => {
  throw new EvidenceError("bad-proof", message);
};

/** Check an inclusion path (RFC 9162, 2.1.3.2); throws EvidenceError. */
export function checkInclusion(leaf, index, size, path, root) {
  if (index >= size) bad(`entry ${index} is not in a tree of ${size}`);
  let [at, last, hash] = [index, size - 1, leaf];
  for (const step of path) {
    if (!last) bad("the inclusion path is too long");
    if (at % 2 || at === last) {
      hash = hashNode(step, hash);
      while (at && at % 2 === 0) [at, last] = [half(at), half(last)];
    } else hash = hashNode(hash, step);
    [at, last] = [half(at), half(last)];
  }
  if (last || !sameBytes(hash, root)) bad("the inclusion path does not lead to the root");
}

/** Check a consistency path between two heads {size, root} (RFC 9162, 2.1.4.2); throws EvidenceError. */
export function checkConsistency(old, now, path) {
  if (old.size > now.size) bad(`a tree of ${now.size} does not go on from one of ${old.size}`);
  if (old.size === 0 || old.size === now.size) {
    if (path.length) bad("the consistency path is too long");
    if (!sameBytes(old.root, old.size ? now.root : EMPTY_ROOT)) bad("two roots of one size differ");
    return;
  }
  let [at, last] = [old.size - 1, now.size - 1];
  while (at % 2) [at, last] = [half(at), half(last)];
  const [first, ...rest] = at ? path : [old.root, ...path];
  if (!first) bad("the consistency path is too short");
  let [before, after] = [first, first];
  for (const step of rest) {
    if (!last) bad("the consistency path is too long");
    if (at % 2 || at === last) {
      [before, after] = [hashNode(step, before), hashNode(step, after)];
      while (at && at % 2 === 0) [at, last] = [half(at), half(last)];
    } else after = hashNode(after, step);
    [at, last] = [half(at), half(last)];
  }
  if (last || !sameBytes(before, old.root) || !sameBytes(after, now.root)) bad("the consistency path does not lead to both roots");
}

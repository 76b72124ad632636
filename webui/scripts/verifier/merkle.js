/** The tree and its proofs (FORMAT.md 7): RFC 6962 hashes, RFC 9162 checks. Hashes are 32 bytes. */

import { concat, need, sameBytes, sha256 } from "./bytes.js";

export const EMPTY_ROOT = sha256([]);
export const hashLeaf = (bytes) => sha256(concat([0], bytes));
const hashNode = (left, right) => sha256(concat([1], left, right));
const half = (number) => Math.floor(number / 2);
const prove = (holds) => need(holds, "path", "bad-proof");

/** A tree that keeps its complete nodes, so that the root of any earlier size can be asked for. */
export class Tree {
  #levels = [[]];

  get size() {
    return this.#levels[0].length;
  }

  append(leaf) {
    const levels = this.#levels;
    levels[0].push(leaf);
    for (let level = 0; levels[level].length % 2 === 0; level++) (levels[level + 1] ??= []).push(hashNode(...levels[level].slice(-2)));
  }

  root(size = this.size) {
    let root;
    this.#levels.forEach((nodes, level) => {
      const count = Math.floor(size / 2 ** level);
      if (count % 2) root = root ? hashNode(nodes[count - 1], root) : nodes[count - 1];
    });
    return root ?? EMPTY_ROOT;
  }
}

/** Root over leaf hashes. */
export function computeRoot(leaves) {
  const tree = new Tree();
  leaves.forEach((leaf) => tree.append(leaf));
  return tree.root();
}

/** Climb a path from a node: the roots of the trees that end with it, and with `last`. */
function climb(at, last, node, path) {
  let [before, after] = [node, node];
  for (const step of path) {
    prove(last);
    if (at % 2 || at === last) {
      [before, after] = [hashNode(step, before), hashNode(step, after)];
      while (at && at % 2 === 0) [at, last] = [half(at), half(last)];
    } else after = hashNode(after, step);
    [at, last] = [half(at), half(last)];
  }
  prove(!last);
  return [before, after];
}

/** Check an inclusion path (RFC 9162, 2.1.3.2); throws EvidenceError. */
export function checkInclusion(leaf, index, size, path, root) {
  prove(index < size && leaf.length === 32);
  prove(sameBytes(climb(index, size - 1, leaf, path)[1], root));
}

/** Check a consistency path between heads {size, root} (RFC 9162, 2.1.4.2); throws EvidenceError. From size 0 nothing is proved. */
export function checkConsistency(old, now, path) {
  prove(old.size > 0 && old.size <= now.size);
  let [at, last] = [old.size - 1, now.size - 1];
  if (at === last) prove(!path.length);
  while (at % 2) [at, last] = [half(at), half(last)];
  const [first, ...rest] = at && old.size < now.size ? path : [old.root, ...path];
  prove(first);
  const [before, after] = old.size < now.size ? climb(at, last, first, rest) : [first, first];
  prove(sameBytes(before, old.root) && sameBytes(after, now.root));
}

/** Who may sign what (FORMAT.md 5): folded from the log in its order; each statement is judged by the state before it. */

import { concat, encodeText, EvidenceError, fromHex, hasNames, isCount, isHash, isObject, isText, need, sha256, toHex } from "./bytes.js";
import { encodeCanonical } from "./canonical.js";
import { decodeMultikey, verifySignature } from "./ed25519.js";
import { isInstant, isLogName, isOrganisation, isSignature } from "./entry.js";
import { readRotation, readVerifierKey } from "./note.js";

const MONTH = 2_592_000;
const TOP = "facilitator";
const isRole = (value) => isText(value, /^[a-z]{2,30}$/);
const isPattern = (value) => isText(value, /^[a-z][a-z_]{1,40}\.([a-z][a-z_]{1,40}|\*)$/);
const passed = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;
const covers = (kinds, kind) => Array.isArray(kinds) && [kind, kind.replace(/\..*/, ".*")].some((one) => kinds.includes(one));
const areRights = (rights) => Object.entries(rights).every(([role, kinds]) => isRole(role) && Array.isArray(kinds) && kinds.every(isPattern));
const mapOf = (value) => new Map(Object.entries(value));

/** Forms of what stands in `public`, by the mark behind a name: none is text, * roles, @ an object, ~ an instant or null, ? anything. */
const FORMS = {
  "": (value) => typeof value === "string",
  "*": (value) => Array.isArray(value) && value.every(isRole) && new Set(value).size === value.length,
  "@": isObject,
  "~": (value) => value === null || isInstant(value),
  "?": () => true,
};

export const newAuthority = () => ({ own: [], logKeys: [], keys: new Map(), given: new Map(), rights: new Map(), validity: new Map(), resolutions: new Map() });

const given = (state, organisation) => state.given.get(organisation) ?? [];
const allowed = (state, organisation) => [...state.own, ...given(state, organisation)];
const decided = ({ state, refs }, about) => refs.map((ref) => state.resolutions.get(ref)).find((one) => one?.about === about);

/** The new key signed its own enrolment. */
async function possesses({ log }, organisation, key, roles, { holder, possession }) {
  if (!/^h-[0-9a-z]{6,40}$/.test(holder)) return false;
  need(isSignature(possession), "possession");
  const proof = encodeCanonical({ holder, key, log, organisation, roles: [...roles].sort() });
  return verifySignature(decodeMultikey(key), fromHex(possession), concat(encodeText("symbiosis-ledger/possession/v1\n"), proof));
}

/** What a signatory's key hands on lies within its own limits: by role, then by name, integers that are not above. */
const isWithin = (own, handed, roles) =>
  roles.every((one) => {
    const bounds = mapOf(own).get(one) ?? null;
    const values = mapOf(handed).get(one);
    const holds = ([name, bound]) =>
      bound === null || (isObject(values) && [bound, values[name]].every(Number.isSafeInteger) && values[name] <= bound);
    return bounds === null || (isObject(bounds) && Object.entries(bounds).every(holds));
  });

function mayEnrol(now, { organisation, limits, roles: handed }) {
  const { state, author, roles, at, record } = now;
  if (author === organisation && roles.includes(TOP)) return true;
  if (author === organisation && roles.includes("signatory")) return isWithin(record.limits, limits, handed);
  if (!roles.includes(TOP)) return false;
  if ([...state.keys.values()].every((key) => key.organisation !== organisation)) return true;
  const waited = passed(decided(now, `recovery:${organisation}`)?.at, at) - state.wait;
  return waited >= 0 && waited <= MONTH;
}

/** A successor names the log that it goes on from, with the size and root under which that ended. */
const namesPredecessor = (value, log) =>
  value === null ||
  (isObject(value) && hasNames(value, "log root size") && isLogName(value.log) && value.log !== log && isCount(value.size, 1) && isHash(value.root));

const role = {
  about: "organisation",
  names: "organisation role",
  check: ({ state, kind }, { organisation, role: name }) =>
    state.rights.has(name) &&
    !state.own.includes(name) &&
    given(state, organisation).includes(name) === (kind === "role.withdrawn") &&
    (kind === "role.granted" || organisation !== state.operator || name !== TOP),
  fold({ state, kind }, { organisation, role: name }) {
    const rest = given(state, organisation).filter((one) => one !== name);
    state.given.set(organisation, kind === "role.granted" ? [...rest, name] : rest);
  },
};

/** The ledger's own kinds: names in `public`, rules, effect, and the family and name that `about` repeats. */
const KINDS = {
  "log.founded": {
    names: "holder log_key own_roles* possession receipt_key recovery_wait? rights@ roles* settings@ validity@",
    async check(now, p) {
      const [log, receipts] = [p.log_key, p.receipt_key].map(readVerifierKey);
      const possessed = await possesses(now, now.author, now.key, p.roles, p);
      return (
        log.name === now.log &&
        new Set([decodeMultikey(now.key), log.key, receipts.key].map(toHex)).size === 3 &&
        areRights(p.rights) &&
        p.roles.includes(TOP) &&
        !p.own_roles.includes(TOP) &&
        Object.values(p.validity).every((value) => isCount(value, 1, MONTH)) &&
        isCount(p.recovery_wait) &&
        namesPredecessor(p.settings.predecessor ?? null, now.log) &&
        possessed
      );
    },
    fold({ state, log, author, key, index }, p) {
      const { holder, roles, own_roles: own, rights, validity, recovery_wait: wait } = p;
      Object.assign(state, { log, own, wait, operator: author, rights: mapOf(rights), validity: mapOf(validity) });
      Object.assign(state, { logKeys: [{ index, verifier: readVerifierKey(p.log_key) }], receipts: readVerifierKey(p.receipt_key) });
      state.given.set(author, roles.filter((one) => !own.includes(one)));
      state.keys.set(key, { organisation: author, holder, roles, limits: {}, not_after: null, enrolled: index });
    },
  },
  "key.enrolled": {
    about: "key",
    names: "holder key limits? not_after~ organisation possession roles*",
    async check(now, p) {
      const possessed = await possesses(now, p.organisation, p.key, p.roles, p);
      return (
        isOrganisation(p.organisation) &&
        !now.state.keys.has(p.key) &&
        isObject(p.limits) &&
        (p.not_after === null || p.not_after > now.at) &&
        p.roles.length > 0 &&
        p.roles.every((one) => allowed(now.state, p.organisation).includes(one)) &&
        mayEnrol(now, p) &&
        possessed
      );
    },
    fold({ state, refs, index }, { key, organisation, holder, roles, limits, not_after }) {
      for (const ref of refs) if (state.resolutions.get(ref)?.about === `recovery:${organisation}`) state.resolutions.delete(ref);
      state.keys.set(key, { organisation, holder, roles, limits, not_after, enrolled: index });
    },
  },
  "key.rotated": {
    about: "key",
    subject: "old",
    names: "new old possession",
    async check(now, p) {
      const old = now.state.keys.get(p.old);
      if (!old || "revoked" in old || old.organisation !== now.author) return false;
      const possessed = await possesses(now, old.organisation, p.new, old.roles, { ...old, ...p });
      const may = now.key === p.old || (now.roles.includes("signatory") && isWithin(now.record.limits, old.limits, old.roles));
      return may && !now.state.keys.has(p.new) && possessed;
    },
    fold({ state, index }, p) {
      const old = state.keys.get(p.old);
      state.keys.set(p.new, { ...old, enrolled: index });
      old.revoked = index;
    },
  },
  "key.revoked": {
    about: "key",
    names: "compromised_since? key reason?",
    check({ state, author, key, roles }, { key: name, reason, compromised_since: since }) {
      const old = state.keys.get(name);
      if (!old || "revoked" in old) return false;
      const may = key === name || roles.includes(TOP) || (author === old.organisation && roles.includes("signatory"));
      return may && ["lost", "compromised", "superseded", "left"].includes(reason) && (since === null || isCount(since, old.enrolled));
    },
    fold: ({ state, index }, p) => Object.assign(state.keys.get(p.key), { revoked: index, since: p.compromised_since }),
  },
  "role.granted": role,
  "role.withdrawn": role,
  "rules.adopted": {
    names: "hash? rights? version",
    check(now, { version, hash, rights }) {
      need(rights === null || isObject(rights), "rights");
      const digest = toHex(sha256(encodeCanonical({ rights, version })));
      if (!rights || hash !== digest) return hash === digest;
      const kept = ["key.enrolled", "role.granted", "rules.adopted"].every((kind) => covers(rights[TOP], kind));
      return areRights(rights) && kept && decided(now, `rules:${digest}`);
    },
    fold: ({ state }, { rights }) => rights && (state.rights = mapOf(rights)),
  },
  "contents.erased": {
    about: "statement",
    names: "fields? reason? statement",
    check(now, { statement, fields }) {
      const found = now.findAuthor(statement);
      const subject = `statement:${statement}`;
      const may = now.about !== subject || (found && (found === now.author || decided(now, subject)));
      return may && isHash(statement) && Array.isArray(fields) && fields.length > 0 && fields.every((place) => isCount(place, 0, 255));
    },
  },
  "log.key_rotated": {
    names: "note",
    async check({ state, log }, { note }) {
      const found = await readRotation(note).catch(() => null);
      const used = [...state.logKeys.map(({ verifier }) => verifier), state.receipts].map(({ key }) => toHex(key));
      const enrolled = [...state.keys.keys()].map((key) => toHex(decodeMultikey(key)));
      const fits = found?.name === log && found.old.text === state.logKeys.at(-1).verifier.text;
      return fits && ![...used, ...enrolled].includes(toHex(found.next.key));
    },
    fold: ({ state, index }, { note }) => state.logKeys.push({ index, verifier: readVerifierKey(note.split("\n")[3]) }),
  },
  "log.sealed": {
    names: "reason successor?",
    check: ({ log }, { reason, successor }) => reason !== "" && (successor === null || (isLogName(successor) && successor !== log)),
    fold: ({ state }) => (state.sealed = true),
  },
  "clock.corrected": { names: "after? before? reason?" },
  "log.heartbeat": { names: "" },
};

function judgeHeader({ state, log, kind, issued_at, expires_at, at }) {
  const allowance = state.validity.get(kind) ?? state.validity.get("*") ?? MONTH;
  return [
    log !== state.log && "other-log",
    state.sealed && "log-sealed",
    expires_at < at && "expired",
    passed(issued_at, expires_at) > allowance && "too-long",
    passed(at, issued_at) > 300 && "future",
  ];
}

function judgeKey({ state, author, kind, at, roles, record }) {
  if (!record) return "unknown-key";
  if (record.organisation !== author) return "other-author";
  if ("revoked" in record) return "revoked-key";
  if (record.not_after !== null && record.not_after < at) return "expired-key";
  return !roles.some((one) => covers(state.rights.get(one), kind)) && "wrong-role";
}

async function judgeOwn(now, { names, check, about = "log", subject = about }) {
  const p = now.public;
  const marked = names.split(" ").filter(Boolean).map((name) => /(\w+)(.?)/.exec(name).slice(1));
  const wanted = `${about}:${p[subject] ?? now.log}`;
  let sound = hasNames(p, marked.map(([name]) => name));
  if (sound) for (const [name, mark] of marked) need(FORMS[mark](p[name]), `public.${name}`);
  if (sound && check) sound = await check(now, p);
  return [!sound && "ledger-rule", now.about !== wanted && "other-subject"];
}

/**
 * Judge the statement of an entry by the state before it, and fold it in unless something is wrong. findAuthor gives the author
 * of an earlier statement by its hash. Gives faults: codes, or [code, place].
 */
export async function judgeStatement(state, { statement, hash, received_at: at }, index, findAuthor) {
  const { key, kind, about } = statement;
  const record = state.keys.get(key);
  const roles = record?.roles.filter((one) => allowed(state, record.organisation).includes(one)) ?? [];
  const now = { ...statement, state, index, at, findAuthor, record, roles };
  const own = KINDS[kind];
  let faults = [!index !== (kind === "log.founded") && "founding"];
  if (index && !faults[0]) faults = [...judgeHeader(now), judgeKey(now)];
  if (own && !faults.some(Boolean)) {
    faults = ["unknown-version"];
    if (statement.kind_version === 1) {
      faults = await judgeOwn(now, own).catch((error) => {
        if (error instanceof EvidenceError) return [[error.code, `statement.${error.message}`]];
        throw error;
      });
    }
  }
  faults = faults.filter(Boolean);
  if (!faults.length) own?.fold?.(now, statement.public);
  if (!faults.length && kind === "resolution.recorded" && statement.public.outcome === "adopted") state.resolutions.set(hash, { about, at });
  return faults;
}

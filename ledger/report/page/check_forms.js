// The forms of docs/format.md, read in the reader's browser: bundle, entry, note, key, policy, event; hashes and signatures.
// First of three files: check.js verifies with these, check_page.js shows it. No library, no build step, no network; node can
// load it (`require`). Pure functions of bytes. Needs WebCrypto with SHA-256 and Ed25519. Numbers stay below 2^53 and are
// never shifted; BigInt is for the curve alone.
"use strict";

const monaziteForms = (() => {
  const MAX_BYTES = 1 << 26, MAX_ENTRIES = 1 << 16, MAX_EVENTS = 1 << 17, MAX_NODES = 1 << 20, MAX_PATH = 64;
  const MAX_EVIDENCE = 1 << 10, MAX_SUBJECTS = 1 << 16, MAX_WITHHELD = 1 << 10, MAX_DEPTH = 32, MAX_NOTE = 1_000_000;
  const MAX_PIN = 1 << 18, MAX_LINES = 100, MAX_SUBMISSION = 1 << 20, MAX_ENTRY = 65_535, MAX_EVENT = 1 << 20;
  const TYPES = new Set(("open enrol site key revoke extract recover declare transform ship receive assay attest retract " +
    "dispose").split(" "));
  const REGISTRY = new Set(["open", "enrol", "site", "key", "revoke"]);
  const PARTY_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;
  const ORIGIN = "([^\\n]+)";
  const HEAD = new RegExp("^monazite/(entry@v1|map@v1|map@v2)\\nsequence (0|[1-9][0-9]{0,15})\\nprevious ([A-Za-z0-9+/=]{44})\\n" +
    "recorded ((?:19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\\n\\n");
  const MAP = /^(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]{44})\n$/;
  const SUBMISSION = new RegExp(`^${ORIGIN}/submissions/([^\\n/]+)\\n([1-9][0-9]{0,6})\\n([A-Za-z0-9+/=]{44})\\n$`);
  const CHECKPOINT = new RegExp(`^${ORIGIN}\\n(0|[1-9][0-9]{0,15})\\n([A-Za-z0-9+/=]{44})\\n((?:[^\\n]+\\n)*)$`);
  // Unicode's spaces, plus and C0: what no key name holds (C2SP signed-note).
  const NAME = /^[^\u0000-\u0020+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;
  const SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
  const NO_HASH = "00".repeat(32);

  // Something that is not of its form; `where` names the member.
  class Refused extends Error {
    constructor(message, where = "") {
      super(message);
      this.where = where;
    }
  }

  const need = (condition, message, where) => {
    if (!condition) throw new Refused(message, where);
  };

  // ---- Bytes ----

  const utf8 = (text) => new TextEncoder().encode(text);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));

  function decodeText(bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Refused("not UTF-8");
    }
  }

  // RFC 4648 section 4 in its one spelling: what encoding the result gives.
  function unbase64(text, size, where) {
    let raw;
    try {
      raw = atob(text);
    } catch {
      throw new Refused("not base64", where);
    }
    need(btoa(raw) === text, "another spelling of base64", where);
    need(size === undefined || raw.length === size, `not ${size} bytes in base64`, where);
    const bytes = new Uint8Array(raw.length);
    for (let place = 0; place < raw.length; place += 1) bytes[place] = raw.charCodeAt(place);
    return bytes;
  }

  // What zlib's format holds (RFC 1950), no more of it than a bundle may have, whatever it claims.
  async function unpack(data) {
    const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate")).getReader(), parts = [];
    let size = 0;
    for (;;) {
      let part;
      try {
        part = await reader.read();
      } catch {
        throw new Refused("the bundle inside cannot be unpacked");
      }
      if (part.done) break;
      parts.push(part.value);
      size += part.value.length;
      if (size > MAX_BYTES) {
        reader.cancel().catch(() => {});
        throw new Refused(`a bundle of more than ${MAX_BYTES} bytes`);
      }
    }
    const whole = new Uint8Array(size);
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  }

  function joined(parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  // SHA-256 (FIPS 180-4) of parts one after the other; the first is often the byte that keeps domains apart.
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
  const leafHash = (bytes) => sha256([0], bytes); // RFC 6962 section 2.1
  const same = (one, other) => one !== null && hex(one) === hex(other);

  // The root that an inclusion proof leads to, by the definition of the tree (RFC 9162 section 2.1.1); null for a path of another length.
  async function follow(leaf, index, size, path) {
    if (!(index >= 0 && index < size) || (size === 1) !== (path.length === 0)) return null;
    if (size === 1) return leaf;
    let k = 1;
    while (k * 2 < size) k *= 2;
    const last = path[path.length - 1], rest = path.slice(0, -1);
    const below = index < k ? await follow(leaf, index, k, rest) : await follow(leaf, index - k, size - k, rest);
    if (below === null) return null;
    return index < k ? sha256([1], below, last) : sha256([1], last, below);
  }

  // ---- Canonical JSON ----

  // The one spelling (RFC 8785, restricted as in the format); `full` refuses what an event never holds: empty texts, lists, objects.
  function canonical(value, full, depth = 0) {
    need(depth <= MAX_DEPTH, "nested too deep");
    if (typeof value === "boolean") return String(value);
    if (typeof value === "number") {
      need(Number.isSafeInteger(value), "a number that is not whole or is beyond 2^53 - 1");
      return String(value);
    }
    if (typeof value === "string") {
      need(!SURROGATE.test(value), "half of a surrogate pair");
      need(!full || value !== "", "an empty text");
      return JSON.stringify(value);
    }
    need(value !== null, "a null");
    const list = Array.isArray(value), keys = list ? [] : Object.keys(value).sort();
    need(!full || (list ? value.length : keys.length), "an empty list or object");
    if (list) return `[${value.map((item) => canonical(item, full, depth + 1)).join(",")}]`;
    const members = keys.map((key) => {
      need(/^[\u0000-\u007f]*$/.test(key), "a key that is not ASCII");
      return `${JSON.stringify(key)}:${canonical(value[key], full, depth + 1)}`;
    });
    return "{" + members.join(",") + "}";
  }

  function parseCanonical(text, full) {
    let value;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new Refused(`not JSON: ${error.message}`);
    }
    need(canonical(value, full) === text, "not the one spelling: spaces, order, escapes or a repeated member");
    return value;
  }

  // ---- The bundle's form ----

  const whole = (value) => Number.isSafeInteger(value) && value >= 0;
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const KINDS = { text: (value) => typeof value === "string", list: Array.isArray, whole, object: isObject };

  // Exactly these members, each of its kind.
  function shaped(value, shape, where) {
    need(isObject(value), "not an object", where);
    const names = Object.keys(shape);
    need(Object.keys(value).length === names.length, `not exactly ${names.join(", ")}`, where);
    for (const name of names) {
      need(Object.hasOwn(value, name) && KINDS[shape[name]](value[name]), `\`${name}\` is missing or no ${shape[name]}`, where);
    }
    return value;
  }

  const long = (text) => (text.length > 1000 ? [...text].length : text.length); // code points, counted only where it matters

  function ascending(items, member, where) {
    for (let place = 1; place < items.length; place += 1) {
      // By code point as Python compares, not by UTF-16 unit.
      const one = items[place - 1][member], other = items[place][member];
      const rises = typeof one === "string" ? before(one, other) : one < other;
      need(rises, `\`${member}\` does not ascend`, `${where}[${place}]`);
    }
  }

  function before(one, other) {
    const left = utf8(one), right = utf8(other); // UTF-8 keeps the order of code points
    for (let place = 0; place < Math.min(left.length, right.length); place += 1) {
      if (left[place] !== right[place]) return left[place] < right[place];
    }
    return left.length < right.length;
  }

  const textOf = (text, most, where) => need(text !== "" && long(text) <= most, `a text of 1 to ${most} characters`, where);
  const listOf = (list, most, where) => need(list.length <= most, `more than ${most}`, where);

  function parseBundle(bytes) {
    need(bytes.length <= MAX_BYTES, `a bundle of more than ${MAX_BYTES} bytes`);
    let bundle;
    try {
      bundle = parseCanonical(decodeText(bytes), false);
    } catch (error) {
      if (error instanceof RangeError) throw new Refused("nested too deep");
      throw error;
    }
    shaped(bundle, { format: "text", ledger: "text", lot: "text", checkpoint: "text", entries: "list", evidence: "list",
      nodes: "list", map: "object" }, "bundle");
    need(bundle.format === "monazite/bundle@v1", "another format, or a version that this page does not read", "format");
    textOf(bundle.ledger, 1000, "ledger");
    textOf(bundle.lot, 1000, "lot");
    textOf(bundle.checkpoint, MAX_NOTE, "checkpoint");
    need(bundle.entries.length >= 1, "no entry", "entries");
    listOf(bundle.entries, MAX_ENTRIES, "entries");
    listOf(bundle.evidence, MAX_EVIDENCE, "evidence");
    listOf(bundle.nodes, MAX_NODES, "nodes");
    const paths = [];
    let events = 0;
    bundle.entries.forEach((entry, number) => {
      const where = `entries[${number}]`;
      shaped(entry, { index: "whole", entry: "text", inclusion: "list", events: "list" }, where);
      textOf(entry.entry, MAX_ENTRY, `${where}.entry`);
      paths.push([entry.inclusion, `${where}.inclusion`]);
      entry.events.forEach((event, place) => {
        shaped(event, { position: "whole", event: "text", path: "list" }, `${where}.events[${place}]`);
        need(long(event.event) >= 2 && long(event.event) <= MAX_EVENT, "an event of another length", `${where}.events[${place}]`);
        paths.push([event.path, `${where}.events[${place}].path`]);
      });
      events += entry.events.length;
      ascending(entry.events, "position", `${where}.events`);
    });
    need(events <= MAX_EVENTS, `more than ${MAX_EVENTS} events`, "entries");
    ascending(bundle.entries, "index", "entries");
    bundle.evidence.forEach((file, number) => {
      const where = `evidence[${number}]`;
      shaped(file, { name: "text", sha256: "text", bytes: "text" }, where);
      textOf(file.name, 1000, `${where}.name`);
      need(/^[0-9a-f]{64}$/.test(file.sha256), "not a hash in hex", `${where}.sha256`);
      file.content = unbase64(file.bytes, undefined, `${where}.bytes`);
    });
    ascending(bundle.evidence, "sha256", "evidence");
    const subjects = shaped(bundle.map, { subjects: "list" }, "map").subjects;
    listOf(subjects, MAX_SUBJECTS, "map.subjects");
    subjects.forEach((item, number) => {
      const where = `map.subjects[${number}]`;
      const ends = item.other === undefined ? {} : { other: "object" };
      shaped(item, { subject: "text", path: "list", withheld: "list", ...ends }, where);
      if (item.other !== undefined) {
        shaped(item.other, { key: "text", value: "text" }, `${where}.other`);
        for (const name of ["key", "value"]) need(/^[0-9a-f]{64}$/.test(item.other[name]), "not a hash in hex", `${where}.other.${name}`);
      }
      textOf(item.subject, 1000, `${where}.subject`);
      listOf(item.withheld, MAX_WITHHELD, `${where}.withheld`);
      item.withheld.forEach((one, place) => {
        shaped(one, { place: "whole", event: "text" }, `${where}.withheld[${place}]`);
        need(/^[0-9a-f]{64}$/.test(one.event), "not a hash in hex", `${where}.withheld[${place}].event`);
      });
      ascending(item.withheld, "place", `${where}.withheld`);
      paths.push([item.path, `${where}.path`]);
    });
    ascending(subjects, "subject", "map.subjects");
    // Paths name every node, and node 0 before node 1 and so on: no byte is without meaning.
    let met = 0;
    for (const [path, where] of paths) {
      need(path.length <= MAX_PATH, `a path of more than ${MAX_PATH} nodes`, where);
      for (const place of path) {
        need(whole(place) && place <= met && place < bundle.nodes.length, "names a node that is not there, or before its turn", where);
        if (place === met) met += 1;
      }
    }
    need(met === bundle.nodes.length, "nodes are here that no path names", `nodes[${met}]`);
    need(new Set(bundle.nodes).size === bundle.nodes.length, "a node stands twice", "nodes");
    const nodes = bundle.nodes.map((node, place) => {
      need(typeof node === "string", "not a text", `nodes[${place}]`);
      return unbase64(node, 32, `nodes[${place}]`);
    });
    return { ...bundle, hashes: (path) => path.map((place) => nodes[place]), events };
  }

  // ---- Ed25519: the acceptance rule of docs/format.md decides before the browser's library is asked ----

  const P = 2n ** 255n - 19n, L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const Y8 = little(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"));
  const LOW_ORDER = [0n, 1n, P - 1n, Y8, P - Y8];
  const D = (P - 121665n) * power(121666n, P - 2n) % P;

  function little(bytes) {
    return BigInt(`0x${hex(Uint8Array.from(bytes).reverse())}`);
  }

  function power(base, exponent) {
    let result = 1n;
    for (let square = base % P; exponent > 0n; exponent >>= 1n, square = square * square % P) {
      if (exponent & 1n) result = result * square % P;
    }
    return result;
  }

  const yOf = (point) => little(point) & (2n ** 255n - 1n);
  const isWeak = (point) => point.length !== 32 || yOf(point) >= P || LOW_ORDER.includes(yOf(point));

  // Rules 1 and 2 for a public key (RFC 8032 section 5.1.3): canonical, not of low order, on the curve.
  function isPublicKey(key) {
    if (isWeak(key)) return false;
    const y2 = yOf(key) ** 2n % P;
    return power((y2 - 1n) * (D * y2 + 1n) % P, (P - 1n) / 2n) === 1n; // Euler's criterion
  }

  // The whole rule. Libraries accept R of low order and such: they are asked last.
  async function verifies(key, message, signature) {
    if (signature.length !== 64 || !isPublicKey(key)) return false;
    if (isWeak(signature.slice(0, 32)) || little(signature.slice(32)) >= L) return false;
    const loaded = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, loaded, signature, message);
  }

  // Whether this browser can check at all, by RFC 8032 section 7.1, test 1: what it must accept, and what it must not.
  async function able() {
    try {
      const key = unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
      const signature = unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
        "d25bf5f0595bbe24655141438e7a100b");
      return await verifies(key, new Uint8Array(0), signature) && !await verifies(key, new Uint8Array(1), signature);
    } catch {
      return false;
    }
  }

  // ---- Keys, notes, policies ----

  // A vkey (C2SP signed-note): name+key id+base64(type || public key). `types` are those that may stand there.
  async function parseVkey(text, types, where = "") {
    const [name, id, encoded] = [text.split("+", 1)[0], text.split("+")[1], text.split("+").slice(2).join("+")];
    need(NAME.test(name) && !SURROGATE.test(name) && /^[0-9a-f]{8}$/.test(id || ""), "not a key: name+key id+base64", where);
    const data = unbase64(encoded, undefined, where), type = data[0], key = data.slice(1);
    need(types.includes(type), `a key of type ${type}, which does not belong here`, where);
    need(type === 6 ? key.length === 1312 : isPublicKey(key), "the public key proves nothing: of low order, or malformed", where);
    need(types[0] === 1 || utf8(name).length <= 255, "a witness's name of more than 255 bytes", where);
    const own = hex(await sha256(utf8(name), [10], data)).slice(0, 8);
    need(own === id, "the key id is another key's: was a letter lost?", where);
    return { name, id, type, key, text };
  }

  function parseNote(note) {
    need(utf8(note).length <= MAX_NOTE, "a note that is too long");
    need(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "a control character");
    const cut = note.lastIndexOf("\n\n");
    need(cut >= 0 && note.endsWith("\n"), "no text and signature lines");
    const lines = note.slice(cut + 2, -1).split("\n");
    need(lines.length <= MAX_LINES, "too many signature lines");
    const signatures = lines.map((line) => {
      const [dash, name, encoded, more] = line.split(" ");
      need(dash === "\u2014" && more === undefined && NAME.test(name || ""), "not a signature line");
      const data = unbase64(encoded || "");
      need(data.length >= 5, "a signature that is too short");
      return { name, id: hex(data.slice(0, 4)), body: data.slice(4) };
    });
    return { text: note.slice(0, cut + 1), signatures };
  }

  // What the reader pins: the ledger's vkey alone, or a policy (docs/format.md, "Policies"). Throws Refused.
  async function parsePin(text) {
    need(text.length <= MAX_PIN, "far too long for a key or a policy");
    need(!/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text), "a control character");
    const logs = [], witnesses = [], groups = new Map();
    let quorum = null;
    const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#"));
    need(lines.length, "nothing was given: paste the ledger's key");
    for (const line of lines) {
      const words = line.split(/[ \t]+/);
      if (words.length === 1 && lines.length === 1) words.unshift("log"); // the key alone
      const [kind, name, ...rest] = words;
      const fresh = (word) => need(word !== "none" && !groups.has(word) && utf8(word).length <= 255, `\`${word}\` is no new name`, line);
      if (kind === "log") {
        need(rest.length <= 1, "a log has a key and at most an address", line);
        logs.push(await parseVkey(name, [1], line));
      } else if (kind === "witness") {
        need(rest.length === 1 || rest.length === 2, "a witness has a name and a key", line);
        fresh(name);
        const key = await parseVkey(rest[0], [4, 6], line);
        need(!witnesses.some((one) => hex(one.key) === hex(key.key) || (one.name === key.name && one.id === key.id)),
          "the same witness twice", line);
        witnesses.push(key);
        groups.set(name, { key });
      } else if (kind === "group") {
        const [threshold = "", ...members] = rest;
        fresh(name);
        need(members.length && members.every((member) => groups.has(member) && !groups.get(member).used),
          "a member is not there yet, or is a member twice", line);
        members.forEach((member) => { groups.get(member).used = true; });
        need(new Set(members).size === members.length, "a member stands twice", line);
        const least = threshold === "all" ? members.length : threshold === "any" ? 1 : /^[1-9][0-9]{0,2}$/.test(threshold) ? +threshold : 0;
        need(least >= 1 && least <= members.length, "no such threshold", line);
        groups.set(name, { least, members });
      } else {
        need(kind === "quorum" && rest.length === 0 && quorum === null, "not a line of a policy, nor a key", line);
        need(name === "none" || groups.has(name), "the quorum is of nobody that is named before", line);
        quorum = name;
      }
    }
    need(logs.length === 1, "give the key of exactly one ledger");
    need(groups.size <= 2 * MAX_LINES && witnesses.length <= MAX_LINES, "more witnesses or groups than a policy has");
    need(quorum !== null || lines[0] === logs[0].text, "a policy says its quorum, though it be `quorum none`");
    const met = (name, signed) => {
      const group = groups.get(name);
      return group.key ? signed.has(group.key) : group.members.filter((member) => met(member, signed)).length >= group.least;
    };
    return { log: logs[0], witnesses, quorum, met: (signed) => quorum === null || quorum === "none" || met(quorum, signed) };
  }

  function parseHead(note) {
    const { text, signatures } = parseNote(note);
    const found = CHECKPOINT.exec(text);
    need(found, "not a checkpoint");
    need(whole(Number(found[2])), "a size beyond 2^53 - 1");
    return { text, signatures, origin: found[1], size: Number(found[2]), root: unbase64(found[3], 32) };
  }

  function parseEntry(text) {
    need(utf8(text).length <= MAX_ENTRY, `more than ${MAX_ENTRY} bytes`);
    const head = HEAD.exec(text);
    need(head, "not an entry of a known kind, exactly spelled");
    const time = new Date(head[4]);
    need(!Number.isNaN(time.getTime()) && time.toISOString() === head[4].replace("Z", ".000Z"), `no such time: ${head[4]}`);
    const [kind, version] = head[1].split("@v");
    const entry = { kind, version: Number(version), sequence: Number(head[2]), previous: unbase64(head[3], 32), body: text.slice(head[0].length) };
    need(whole(entry.sequence), "a sequence beyond 2^53 - 1");
    if (entry.kind === "map") {
      const map = MAP.exec(entry.body);
      need(map && whole(Number(map[1])), "a map entry says how many keys, and the root, and nothing more");
      entry.root = unbase64(map[2], 32);
    }
    return entry;
  }

  function parseSubmission(body) {
    const note = parseNote(body), found = SUBMISSION.exec(note.text);
    need(found && PARTY_ID.test(found[2]) && Number(found[3]) <= MAX_SUBMISSION, "not a submission");
    return { ...note, ledger: found[1], party: found[2], size: Number(found[3]), root: unbase64(found[4], 32) };
  }

  const LISTS = { inputs: ["lot", "prev"], lots: ["lot", "prev"], outputs: ["lot"], evidence: ["sha256", "name"], documents: ["kind", "number"] };

  // An event in its one spelling, with the members that this check reads; the others are for the rules.
  function parseEvent(text) {
    need(utf8(text).length <= MAX_EVENT, "an event that is too long");
    const event = parseCanonical(text, true);
    need(isObject(event) && event.v === 1 && TYPES.has(event.type), "not an event of version 1");
    const texts = ["ledger", "actor", "at", ...({ enrol: ["party", "name"], site: ["party", "site"], key: ["party", "vkey"],
      revoke: ["party", "vkey"], open: ["log"], assay: ["lot", "prev"], ship: ["to"], retract: ["target"] }[event.type] || [])];
    for (const name of texts) need(typeof event[name] === "string", `\`${name}\` is not a text`);
    for (const name of ["site", "ref", "carrier", "supplier", "replacement", "vkey"]) {
      need(!Object.hasOwn(event, name) || typeof event[name] === "string", `\`${name}\` is not a text`);
    }
    for (const [name, members] of Object.entries(LISTS)) {
      const items = event[name] === undefined ? [] : event[name];
      need(Array.isArray(items) && items.every((item) => isObject(item) && members.every((member) => typeof item[member] === "string")),
        `\`${name}\` is not a list of what the format says`);
    }
    for (const name of ["parties", "sites", "roles"]) {
      const items = event[name] === undefined ? [] : event[name];
      need(Array.isArray(items) && items.every((item) => typeof item === "string"), `\`${name}\` is not a list of texts`);
    }
    if (event.type === "enrol") {
      need(Array.isArray(event.roles), "`roles` is missing");
      need((event.owners || []).every((owner) => isObject(owner) && typeof (owner.party || "") === "string"), "`owners` are not objects");
    }
    for (const name of event.type === "open" ? ["operator", "registrar"] : []) {
      need(isObject(event[name]) && typeof event[name].party === "string" && typeof event[name].vkey === "string", `\`${name}\` is no party`);
    }
    return event;
  }

  return { Refused, MAX_BYTES, NO_HASH, REGISTRY, able, canonical: parseCanonical, follow, hex, isObject, isPublicKey, joined, leafHash, need, parseBundle, parseEntry,
    parseEvent, parseHead, parsePin, parseSubmission, parseVkey, same, sha256, unbase64, unhex, unpack, utf8, verifies };
})();

if (typeof module !== "undefined") module.exports = monaziteForms;

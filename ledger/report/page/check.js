// Verifies a bundle offline, in the reader's browser: the steps of docs/format.md, "Bundle", as far as they go without the rules.
// Second of three files, after check_forms.js. `verify` gives every step with what it looked at and every fault by its code.
"use strict";

const monaziteCheck = ((forms) => {
  const { Refused, need, same, hex, sha256, utf8, leafHash, follow } = forms;

  // What no run of this check says, whatever it says; shown with every result.
  const NOT_CHECKED = [
    ["the words of this page", "whoever forges a page can forge this check with it. `monazite verify report.html` reads the same bundle " +
      "with a program that did not come with the page, and `monazite report` writes the report anew"],
    ["rules", "roles, masses, balances, compositions, times, ownership: only the program judges whether the events agree with each other"],
    ["origins and policies", "shares, countries, verdicts and forms on this page are worked out from the events, and not worked out again here"],
    ["truth of statements", "signatures prove who said what, not that it is so"],
    ["truth of the map", "that nothing was left out rests on the operator's map, which only the whole ledger can show to be right"],
    ["lots beside the ancestry", "of lots that were made of the same material beside it, this check does not ask for every event"],
    ["newer checkpoints", "whether the ledger went on since, and shows the same history to others"],
  ];
  const STEPS = [
    ["file", "The embedded bundle is one, in its one spelling"],
    ["anchor", "It is of one ledger, whose first entry names the ledger's key"],
    ["checkpoint", "The ledger's key signed the checkpoint"],
    ["witnesses", "Cosignatures of the witnesses that you trust"],
    ["tree", "Every entry is in the checkpoint's tree"],
    ["chain", "Entries have their numbers and name the one before"],
    ["events", "Every event is in the submission that was signed"],
    ["bound", "Events have their one spelling and speak for this ledger and their signer"],
    ["signatures", "Submissions are signed by keys that the registry gives"],
    ["registry", "Registry events are the registrar's or the party's own; no key was revoked before"],
    ["custody", "Each event names the one before it on its lot, back to where the lot was made"],
    ["complete", "The map commits to these events of each lot, party and site, and to no others"],
    ["evidence", "Attached files are those that events name"],
  ];

  class Run {
    constructor(pin) {
      this.pin = pin;
      this.steps = new Map(STEPS.map(([id, title]) => [id, { id, title, checked: 0, unit: "", faults: [], note: "" }]));
      this.notChecked = NOT_CHECKED.slice();
      this.undecided = false;
      this.facts = []; // events that count: event, hash, vkey, in the log's order
      this.seen = new Set(); // their hashes
      this.keys = new Map(); // by party, its keys by text and whether they are revoked
      this.roles = new Map();
      this.opened = null;
    }

    fault(step, code, message) {
      this.steps.get(step).faults.push({ code, message });
    }

    count(step, unit, number = 1) {
      const item = this.steps.get(step);
      item.checked += number;
      item.unit = unit;
    }

    note(step, text) {
      this.steps.get(step).note = text;
    }
  }

  // What a bundle is worth. `pin` is what parsePin gave, null where the reader pinned nothing. Never throws for what a bundle holds.
  async function verify(bytes, pin) {
    const run = new Run(pin);
    let bundle;
    try {
      bundle = forms.parseBundle(bytes);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      run.fault("file", "not a bundle", error.where ? `${error.where}: ${error.message}` : error.message);
      return outcome(run, null);
    }
    run.count("file", "bytes", bytes.length);
    run.note("file", `${bundle.entries.length} entries, ${bundle.events} events, ${bundle.nodes.length} proof hashes`);
    await anchor(run, bundle);
    await checkpoint(run, bundle);
    let before = null, map = null;
    for (const item of bundle.entries) {
      const looked = await entry(run, bundle, item, before);
      before = { index: item.index, leaf: looked.leaf };
      if (looked.known) map = looked.map;
    }
    ends(run, bundle);
    const ours = family(run, bundle.lot);
    custody(run, bundle, ours);
    if (run.head) await complete(run, bundle, ours, map && map.version > 1 && map.sequence === run.head.size - 1 ? map.root : null);
    await evidence(run, bundle);
    return outcome(run, bundle);
  }

  function outcome(run, bundle) {
    const steps = [...run.steps.values()];
    const faults = steps.flatMap((step) => step.faults);
    const verdict = faults.length ? "fails" : run.pin && !run.undecided ? "holds" : "consistent";
    // One of a thing is not "1 things".
    for (const step of steps) if (step.checked === 1) step.unit = step.unit.replace(/ies$/, "y").replace(/s$/, "");
    return {
      verdict, steps, faults, notChecked: run.notChecked,
      ledger: bundle ? bundle.ledger : "", lot: bundle ? bundle.lot : "",
      size: run.head ? run.head.size : 0, root: run.head ? hex(run.head.root) : "",
      events: run.seen,
    };
  }

  // Step 1. Without a pinned key, the one that the bundle's own first entry names: a claim, which makes nothing green.
  async function anchor(run, bundle) {
    run.log = run.pin ? run.pin.log : null;
    if (!run.log) {
      try {
        const [first] = bundle.entries[0].index === 0 ? bundle.entries[0].events : [];
        run.log = await forms.parseVkey(JSON.parse(first.event).log, [1]);
      } catch {
        run.fault("anchor", "SEAL-ANCHOR", "no first entry that names the ledger's key");
        return;
      }
    }
    run.count("anchor", "keys");
    run.note("anchor", run.pin ? `pinned by you: ${run.log.text}` : `claimed by the bundle itself: ${run.log.text}`);
    if (bundle.ledger !== run.log.name) {
      run.fault("anchor", "SEAL-ANCHOR", `the bundle is of the ledger ${bundle.ledger}; the key is of ${run.log.name}`);
    }
  }

  // Step 2.
  async function checkpoint(run, bundle) {
    let head;
    try {
      head = forms.parseHead(bundle.checkpoint);
      need(head.origin === (run.log ? run.log.name : bundle.ledger), `it is of the ledger ${head.origin}`);
      need(head.size > 0, "it is of no entries");
      need(run.log, "there is no key to check it with");
      const line = head.signatures.find((one) => one.name === run.log.name && one.id === run.log.id);
      need(line, "the key did not sign it");
      need(await forms.verifies(run.log.key, utf8(head.text), line.body), "the signature is not the key's");
      run.count("checkpoint", "signatures");
      await cosignatures(run, head);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      run.fault("checkpoint", "SEAL-CHECKPOINT", `the checkpoint does not verify: ${error.message}`);
      return;
    }
    run.head = head;
    run.note("checkpoint", `${head.size} entries, root ${hex(head.root)}`);
  }

  // C2SP tlog-cosignature: 8 bytes of time, then the signature; what Ed25519 signs is text. ML-DSA-44 no browser knows.
  async function cosignatures(run, head) {
    const signed = new Set(), said = [];
    let unread = 0, strange = 0;
    for (const line of head.signatures) {
      if (line.name === run.log.name && line.id === run.log.id) continue;
      const key = (run.pin ? run.pin.witnesses : []).find((one) => one.name === line.name && one.id === line.id);
      if (!key) {
        strange += 1;
      } else if (key.type === 6) {
        unread += 1;
      } else if (!signed.has(key)) {
        need(line.body.length === 72, `the cosignature by ${key.name} is no timestamped signature`);
        const time = BigInt(`0x${hex(line.body.slice(0, 8))}`);
        const message = utf8(`cosignature/v1\ntime ${time}\n${head.text}`);
        need(time < 2n ** 63n && await forms.verifies(key.key, message, line.body.slice(8)), `the cosignature by ${key.name} does not verify`);
        signed.add(key);
        said.push(time > 0n && time < 253402300800n ? `${key.name} at ${new Date(Number(time) * 1000).toISOString().slice(0, 19)}Z` : key.name);
      }
    }
    run.count("witnesses", "cosignatures", signed.size);
    if (strange) said.push(`${strange} of keys that you did not give were not looked at`);
    if (unread) said.push(`${unread} with ML-DSA-44 were not checked: browsers cannot`);
    run.note("witnesses", said.join("; ") || "none on this checkpoint");
    if (unread) run.notChecked.push(["ML-DSA-44 cosignatures", "browsers cannot check them; `monazite verify` does"]);
    if (!run.pin || run.pin.met(signed)) return;
    const maybe = new Set([...signed, ...run.pin.witnesses.filter((key) => key.type === 6)]);
    if (unread && run.pin.met(maybe)) {
      run.undecided = true;
      run.notChecked.push(["the quorum", "it hangs on ML-DSA-44 cosignatures; `monazite verify` checks them"]);
    } else {
      run.fault("witnesses", "SEAL-QUORUM", `the quorum ${run.pin.quorum} of your policy is not met`);
    }
  }

  // Steps 3 and 4 for one entry: its leaf hash, whether it could be read, and the map where it is a map that the checkpoint vouches for.
  async function entry(run, bundle, item, before) {
    const leaf = await leafHash(utf8(item.entry)), place = `entry ${item.index}`;
    let proven = !run.head; // without a checkpoint nothing is vouched for, and that fault is there already
    if (run.head) {
      proven = same(await follow(leaf, item.index, run.head.size, bundle.hashes(item.inclusion)), run.head.root);
      run.count("tree", "entries");
      if (!proven) run.fault("tree", "SEAL-INCLUSION", `${place} is not in the checkpoint's tree`);
    }
    let parsed;
    try {
      parsed = forms.parseEntry(item.entry);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      run.fault("chain", "SEAL-ENTRY", `${place}: ${error.message}`);
      return { leaf, known: false };
    }
    run.count("chain", "entries");
    if (parsed.sequence !== item.index) run.fault("chain", "SEAL-SEQUENCE", `in place ${item.index} stands entry ${parsed.sequence}`);
    const named = item.index === 0 ? forms.NO_HASH : before && before.index === item.index - 1 ? hex(before.leaf) : null;
    if (named !== null && hex(parsed.previous) !== named) run.fault("chain", "SEAL-CHAIN", `${place} names another entry before it`);
    if (parsed.kind === "map") {
      if (item.events.length) run.fault("events", "SEAL-EVENT", `${place} is a map's, and events are with it`);
      return { leaf, known: true, map: proven ? parsed : null };
    }
    if (proven) {
      for (const fact of await attested(run, bundle, item, parsed)) apply(run, fact);
    }
    return { leaf, known: proven, map: null };
  }

  // Step 4: the events of one entry that count, none where anything is wrong.
  async function attested(run, bundle, item, parsed) {
    const place = `entry ${item.index}`;
    let step = "events", code = "SEAL-ENTRY";
    const wrong = [];
    const shown = [];
    try {
      const stated = forms.parseSubmission(parsed.body);
      if (!item.events.length) return [];
      code = "SEAL-EVENT";
      for (const event of item.events) {
        const hash = await leafHash(utf8(event.event));
        const root = await follow(hash, event.position, stated.size, bundle.hashes(event.path));
        need(same(root, stated.root), `event ${event.position} is not in what ${stated.party} signed`);
        run.count("events", "events");
        shown.push({ hash: hex(hash), text: event.event, position: event.position });
      }
      for (const one of shown) {
        try {
          one.event = forms.parseEvent(one.text);
        } catch (error) {
          wrong.push(["SEAL-CANONICAL", `event ${one.position}: ${error.message}`]);
          continue;
        }
        run.count("bound", "events");
        const ledger = run.opened ? run.opened.ledger : one.event.ledger;
        if (one.event.ledger !== stated.ledger || stated.ledger !== ledger) {
          wrong.push(["SIGN-BINDING", `event ${one.position} is of ${one.event.ledger}, in a submission to ${stated.ledger}`]);
        }
        if (one.event.actor !== stated.party) wrong.push(["SIGN-BINDING", `${stated.party} submits what ${one.event.actor} says`]);
        for (const [, vkey] of added(one.event)) {
          await forms.parseVkey(vkey, [1]).catch((error) => wrong.push(["SIGN-KEY-WEAK", `${vkey}: ${error.message}`]));
        }
      }
      if (wrong.length) {
        for (const [what, message] of wrong) run.fault("bound", what, `${place}: ${message}`);
        return [];
      }
      [step, code] = ["signatures", "SIGN-KEY-UNKNOWN"];
      const first = item.index === 0 && !run.opened && shown[0].position === 0 && shown[0].event.type === "open" ? shown[0].event : null;
      const known = first ? (first.operator.party === stated.party ? [first.operator.vkey] : []) : [...(run.keys.get(stated.party) || new Map()).keys()];
      const keys = await Promise.all(known.map((text) => forms.parseVkey(text, [1])));
      const line = stated.signatures.find((one) => keys.some((key) => key.name === one.name && key.id === one.id));
      need(line, `signed by no key that the ledger gives ${stated.party}`);
      const key = keys.find((one) => one.name === line.name && one.id === line.id);
      code = "SIGN-SIGNATURE";
      need(await forms.verifies(key.key, utf8(stated.text), line.body), `the signature is not that of ${key.text}`);
      need(stated.signatures.length === 1, "a submission is signed once");
      run.count("signatures", "signatures");
      return shown.map((one) => ({ ...one, vkey: key.text, entry: item.index }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      run.fault(step, code, `${place}: ${error.message}`);
      return [];
    }
  }

  // The keys that an event would register, each with its holder.
  function added(event) {
    if (event.type === "open") return [[event.ledger, event.log], ...[event.operator, event.registrar].map((one) => [one.party, one.vkey])];
    return (event.type === "enrol" || event.type === "key") && event.vkey !== undefined ? [[event.party, event.vkey]] : [];
  }

  // Of step 5, what the seal rests on: who may register, and with which keys. The event is taken in whatever is found.
  function apply(run, fact) {
    const { event, hash, vkey } = fact, place = `event ${hash.slice(0, 12)}`;
    if ((event.type === "open") !== (fact.entry === 0 && fact.position === 0)) {
      run.fault("anchor", "SEAL-ANCHOR", `${place}: \`open\` is the first event and no other`);
    }
    if (event.type === "open" && event.log !== run.log.text) {
      run.fault("anchor", "SEAL-ANCHOR", `the ledger names the key ${event.log}, not ${run.log.text}`);
    }
    if (run.seen.has(hash)) run.fault("events", "SEAL-DUPLICATE", `${place} stands in two places`);
    run.seen.add(hash);
    run.facts.push(fact);
    if (event.type === "open" && !run.opened) {
      run.opened = event;
      run.registrar = event.registrar.party;
      for (const one of [event.operator, event.registrar]) run.keys.set(one.party, run.keys.get(one.party) || new Map());
    } else {
      run.count("registry", "events");
      if ((run.keys.get(event.actor) || new Map()).get(vkey)) {
        run.fault("registry", "SIGN-KEY-REVOKED", `${place} is signed with a key of ${event.actor} that was revoked before`);
      }
      const registrar = event.actor === run.registrar || (run.roles.get(event.actor) || []).includes("registrar");
      const own = event.party === event.actor && event.type !== "enrol";
      if (forms.REGISTRY.has(event.type) && event.type !== "open" && !registrar && !own) {
        run.fault("registry", "SIGN-ROLE", `${place}: ${event.actor} records ${event.type} of ${event.party}`);
      }
    }
    if (event.type === "enrol") {
      run.roles.set(event.party, event.roles);
      run.keys.set(event.party, run.keys.get(event.party) || new Map());
    }
    for (const [holder, text] of added(event)) {
      const held = run.keys.get(holder);
      if (held && !held.has(text)) held.set(text, false);
    }
    if (event.type === "revoke" && (run.keys.get(event.party) || new Map()).has(event.vkey)) run.keys.get(event.party).set(event.vkey, true);
  }

  // Step 3, of the whole.
  function ends(run, bundle) {
    if (!run.opened) run.fault("anchor", "SEAL-ANCHOR", "no entry 0 that holds: nothing says who may speak in this ledger");
    const last = bundle.entries[bundle.entries.length - 1].index;
    if (run.head && last < run.head.size - 1) {
      run.fault("tree", "SEAL-TRUNCATED", `the checkpoint is of ${run.head.size} entries; the last one here is ${last}`);
    }
  }

  // Add to the list of a key.
  function put(table, key, ...items) {
    if (!table.has(key)) table.set(key, []);
    table.get(key).push(...items);
  }

  const MOST_MADE = 100; // lots made of the asked one of which every event must be here
  const made = (event) => (event.outputs || []).map((item) => item.lot);
  const touched = (event) => [...(event.inputs || []), ...(event.lots || []), ...(event.type === "assay" ? [event] : [])];

  // The lots of the ancestry: the asked one, all that it was made of or came with, and what stands in place of what was retracted.
  function family(run, lot) {
    const makers = new Map(), replaced = new Map(), named = new Map();
    for (const fact of run.facts) {
      for (const name of made(fact.event)) put(makers, name, fact);
      if (fact.event.replacement !== undefined) put(replaced, fact.event.target, fact.event.replacement);
      if (fact.event.ref !== undefined) put(named, `${fact.event.actor} ${fact.event.ref}`, fact.event);
    }
    const found = new Set(), todo = [lot];
    while (todo.length) {
      const name = todo.pop();
      if (found.has(name)) continue;
      found.add(name);
      for (const { event, hash } of makers.get(name) || []) {
        todo.push(...made(event), ...touched(event).map((item) => item.lot));
        for (const ref of replaced.get(hash) || []) todo.push(...(named.get(`${event.actor} ${ref}`) || []).flatMap(made));
      }
    }
    return found;
  }

  // Of step 5: every lot's history hangs together. Step 6: the asked lot is here.
  function custody(run, bundle, ours) {
    const heads = new Map(), seen = new Set();
    for (const { event, hash } of run.facts) {
      if (seen.has(hash)) continue;
      seen.add(hash);
      for (const { lot, prev } of touched(event).filter((item) => ours.has(item.lot))) {
        run.count("custody", "links");
        if (!heads.has(lot)) run.fault("custody", "CUST-LOT-UNKNOWN", `${lot} is used before any event creates it`);
        else if (heads.get(lot) !== prev) run.fault("custody", "CUST-PREV", `event ${hash.slice(0, 12)} names another event before it on ${lot}`);
      }
      for (const name of made(event)) {
        if (ours.has(name) && heads.has(name)) run.fault("custody", "CUST-LOT-REUSED", `${name} is created twice`);
        heads.set(name, hash);
      }
      for (const item of touched(event)) if (heads.has(item.lot)) heads.set(item.lot, hash);
    }
    run.note("custody", `${ours.size} lots`);
    if (!heads.has(bundle.lot)) run.fault("custody", "CUST-LOT-UNKNOWN", `no event here creates the lot ${bundle.lot}`);
  }

  // For which keys of the map an event counts by itself (docs/format.md, "The map").
  function subjects(event) {
    const parties = { open: () => [event.operator.party, event.registrar.party], enrol: () => [event.party], site: () => [event.party],
      key: () => [event.party], revoke: () => [event.party], attest: () => event.parties || [] };
    const sites = { site: () => [event.site], attest: () => event.sites || [] };
    const of = (table) => (Object.hasOwn(table, event.type) ? table[event.type]() : []);
    return new Set([...made(event).map((name) => `lot:${name}`), ...touched(event).map((item) => `lot:${item.lot}`),
      ...of(parties).map((name) => `party:${name}`), ...of(sites).map((name) => `site:${name}`)]);
  }

  // And since version 2 of the map: names, keys, and what a party took back that had made lots.
  function every(event, target) {
    const told = { open: () => [event.operator, event.registrar], enrol: () => [event], key: () => [event] };
    const found = subjects(event);
    if (target !== undefined) every(target).forEach((name) => found.add(name));
    for (const one of Object.hasOwn(told, event.type) ? told[event.type]() : []) {
      if (one.name !== undefined) found.add(`name:${one.name}`);
      if (one.vkey !== undefined) found.add(`key:${keyPart(one.vkey)}`);
    }
    if (target !== undefined && made(target).length) found.add(`retracted:${target.actor}`);
    return found;
  }
  const keyPart = (vkey) => vkey.split("+").slice(2).join("+");

  // Step 6, completeness: what the map commits to of each subject is here, and nothing else.
  async function complete(run, bundle, ours, root) {
    if (root === null) {
      run.fault("complete", "DATA-WITHHELD", "the checkpoint does not end with a map of version 2: nothing shows that no retraction, revocation or namesake was left out");
      return;
    }
    const here = new Map(), known = new Map(), missing = wanted(run.facts.map((fact) => fact.event), ours, bundle.lot);
    for (const { event, hash } of run.facts) {
      const target = event.type === "retract" ? known.get(event.target) : undefined;
      for (const name of every(event, target)) put(here, name, hash);
      if (!known.has(hash)) known.set(hash, event);
    }
    for (const item of bundle.map.subjects) {
      missing.delete(item.subject);
      run.count("complete", "subjects");
      const hashes = (here.get(item.subject) || []).slice();
      let fits = true;
      for (const { place, event } of item.withheld) {
        fits = fits && place <= hashes.length;
        hashes.splice(place, 0, event);
      }
      if (!fits || !await committed(root, item, hashes, bundle.hashes(item.path))) {
        run.fault("complete", "DATA-WITHHELD", `what is here on ${item.subject} is not all that the map commits to`);
      } else if (item.withheld.length) {
        run.fault("complete", "DATA-WITHHELD", `${item.withheld.length} of ${hashes.length} events on ${item.subject} are withheld`);
      }
    }
    for (const name of missing) run.fault("complete", "DATA-WITHHELD", `nothing shows that all there is on ${name} is here`);
    const refs = new Set([...known.values()].map((event) => `${event.actor} ${event.ref}`));
    for (const { event } of run.facts) {
      const target = event.type === "retract" && event.replacement !== undefined ? known.get(event.target) : undefined;
      if (target !== undefined && made(target).some((name) => ours.has(name)) && !refs.has(`${target.actor} ${event.replacement}`)) {
        run.fault("complete", "DATA-WITHHELD", `${event.replacement} of ${target.actor}, named as a replacement, is not here: withheld, or never recorded`);
      }
    }
  }

  async function committed(root, { subject, other }, events, path) {
    const key = await sha256(utf8(subject));
    let value = forms.unhex(forms.NO_HASH);
    for (const event of events) value = await sha256([4], value, forms.unhex(event));
    let node = events.length ? await sha256([2], key, value) : value;
    if (other !== undefined) {
      const leaf = forms.unhex(other.key);
      if (events.length || same(leaf, key) || !path.every((_node, depth) => bit(leaf, depth) === bit(key, depth))) return false;
      node = await sha256([2], leaf, forms.unhex(other.value));
    }
    if (path.length && hex(path[0]) === forms.NO_HASH) return false; // a path goes no deeper than it must
    for (let step = 0; step < path.length; step += 1) {
      const depth = path.length - 1 - step;
      node = bit(key, depth) ? await sha256([3], path[step], node) : await sha256([3], node, path[step]);
    }
    return same(node, root);
  }

  const bit = (key, depth) => Math.floor(key[Math.floor(depth / 8)] / 2 ** (7 - depth % 8)) % 2 === 1;

  // The subjects of which every event must be here (docs/format.md, "Bundle", step 6).
  function wanted(events, ours, asked) {
    const parties = new Set(), sites = new Set(), texts = new Set(), bringers = new Set();
    const owners = new Map(), called = new Map(), workers = new Map(), keys = new Map();
    for (const event of events) {
      parties.add(event.actor);
      if (["declare", "extract", "recover"].includes(event.type) && made(event).some((name) => ours.has(name))) bringers.add(event.actor);
      if (event.type === "open") {
        for (const one of [event.operator, event.registrar]) { parties.add(one.party); put(keys, one.party, keyPart(one.vkey)); }
      }
      if (event.type === "enrol") {
        put(owners, event.party, ...(event.owners || []).flatMap((owner) => owner.party || []));
        put(called, event.name, event.party);
      }
      if (["enrol", "key"].includes(event.type) && event.vkey !== undefined) put(keys, event.party, keyPart(event.vkey));
      if (event.type === "site") put(workers, event.site, event.party);
      if (!forms.REGISTRY.has(event.type) && event.site !== undefined) sites.add(event.site);
      if (event.type === "ship") { parties.add(event.to); sites.add(event.to); if (event.carrier !== undefined) texts.add(event.carrier); }
      if (event.type === "declare" && event.supplier !== undefined) texts.add(event.supplier);
    }
    for (const text of texts) for (const party of [text, ...(called.get(text) || [])]) parties.add(party);
    for (const site of sites) for (const party of workers.get(site) || []) parties.add(party);
    for (const name of parties) for (const other of owners.get(name) || []) parties.add(other); // a set gives what is added on the way, too
    const lots = new Set(events.flatMap(made).filter((name) => ours.has(name)));
    const uses = new Map(), later = new Set([asked]);
    for (const event of events) if (event.type === "transform") for (const { lot } of event.inputs) put(uses, lot, ...made(event));
    for (const name of later) for (const next of uses.get(name) || []) later.add(next); // a set gives what is added on the way, too
    later.delete(asked);
    if (later.size <= MOST_MADE) later.forEach((name) => lots.add(name));
    return new Set([...[...lots].map((name) => `lot:${name}`), ...[...parties].map((name) => `party:${name}`), ...[...sites].map((name) => `site:${name}`),
      ...[...texts].map((name) => `name:${name}`), ...[...parties].flatMap((name) => keys.get(name) || []).map((key) => `key:${key}`),
      ...[...bringers].map((name) => `retracted:${name}`)]);
  }

  // Step 7.
  async function evidence(run, bundle) {
    const names = new Map();
    const call = (hash, name) => { if (hash !== undefined && !names.has(hash)) names.set(hash, name); };
    for (const { event } of run.facts) {
      for (const item of event.evidence || []) call(item.sha256, item.name);
      if (event.type === "ship") for (const item of event.documents || []) call(item.sha256, `${item.kind} ${item.number}`);
    }
    for (const file of bundle.evidence) {
      run.count("evidence", "files");
      if (hex(await sha256(file.content)) !== file.sha256) run.fault("evidence", "SEAL-EVIDENCE", `${file.name} is not the file with this hash`);
      else if (!names.has(file.sha256)) run.fault("evidence", "SEAL-EVIDENCE", `no event here names the file ${file.name}`);
      else if (names.get(file.sha256) !== file.name) run.fault("evidence", "SEAL-EVIDENCE", `the event calls the file ${file.name} otherwise`);
    }
    const absent = [...names.keys()].filter((hash) => !bundle.evidence.some((file) => file.sha256 === hash)).length;
    run.note("evidence", absent ? `${absent} that events name by hash are not attached` : "");
    if (absent) run.notChecked.push(["evidence files", `${absent} that events name by hash are not here`]);
  }

  // Whether the page speaks of this bundle: every lot, ledger, size and root that it states, and the events that it names.
  function compare(result, stated) {
    const step = { id: "page", title: "This page names the lot, ledger and checkpoint of the bundle", checked: 0, unit: "statements", faults: [], note: "" };
    for (const name of ["lot", "ledger", "size", "root"]) {
      const told = stated[name] || [];
      if (!told.length) step.faults.push({ code: "page", message: `the page does not state the ${name}` });
      for (const text of told) {
        step.checked += 1;
        if (text !== String(result[name])) step.faults.push({ code: "page", message: `the page says ${name} ${text}, the bundle ${result[name]}` });
      }
    }
    const named = new Set(stated.events || []), elsewhere = [...named].filter((hash) => !result.events.has(hash));
    if (named.size) step.note = `of ${named.size} events that the page names, ${named.size - elsewhere.length} are in the bundle`;
    return { ...result, verdict: step.faults.length ? "fails" : result.verdict, steps: [...result.steps, step], faults: [...result.faults, ...step.faults] };
  }

  return { NOT_CHECKED, STEPS, compare, verify };
})(typeof module === "undefined" ? monaziteForms : require("./check_forms.js"));

if (typeof module !== "undefined") module.exports = monaziteCheck;

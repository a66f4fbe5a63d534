// The open page: what the record says next arrives here, in its place, and nothing moves under the reader's eyes.

const SILENCE = 40_000; // The server's heart beats every 15 seconds: after this the stream is dead.
const POLL = 10_000;
const SELDOM = 60_000 * (1 + Math.random()); // So often it is asked for what is said once coverage has ended: not by all at once.
const REFRESH = 20_000; // After so long, or up to twice so long, what tells of the whole record is set anew.
const ANEW = 8_000; // Within so long who has missed too much loads the page anew.
const main = document.getElementById("content");

if ("live" in main.dataset) open(main);
main.addEventListener("present", () => open(main)); // A replay has come back.

function open(main) {
  const $ = (selector) => main.querySelector(selector);
  const timeline = $(".timeline");
  const unread = $("#unread");
  const status = $("#live-status");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const changes = []; // What is still to be made, one in each frame.
  const waiting = []; // New entries that the reader has not let in yet.
  const held = []; // Bulletins that came while the reader had paused.
  const counts = new Map(); // What is unread, by what it is called.
  const left = new AbortController(); // A replay takes this page elsewhere.
  const { signal } = left;
  let seen = Number(main.dataset.version); // The last that came.
  let placed = seen; // The last that was made part of the page.
  let firstUnread = null;
  let home = null; // Where the page slides back to, for a reader at the top to see what came.
  let arrival = 0;
  let paused = false;
  let over = "over" in main.dataset; // Coverage has ended: no stream, and what is asked is asked seldom.
  let stream = null;
  let heard = Date.now();
  let announcing = 0;
  let refreshed = 0;
  let refreshing = 0;

  const apply = {
    published: place,
    corrected: amend,
    retracted: amend,
    reinstated: amend,
    taken_down: (told) => (amend({ ...told, gone: true }), refresh()),
    pinned: (told) => (replace(told), refresh()),
    described: describe,
    ended: describe, // The server ends the stream, once it has told what came after.
    board,
    reset,
  };
  const names = {
    published: ["new entry", "new entries"],
    corrected: ["correction", "corrections"],
    retracted: ["retraction", "retractions"],
    reinstated: ["reinstatement", "reinstatements"],
    taken_down: ["takedown", "takedowns"],
  };

  // What arrives.

  function receive(event, told, version) {
    heard = Date.now();
    if (signal.aborted || (version && version <= seen)) return;
    if (event === "reset") return reset();
    if (version) seen = version;
    if (paused && event !== "taken_down") return held.push([event, told]);
    release(); // A takedown does not wait, nor does what it is about.
    admit(event, told);
  }

  function hold(isHeld) {
    paused = isHeld;
    pause.setAttribute("aria-pressed", String(paused));
    tell(connection);
    if (!paused) release();
  }

  function release() {
    for (const [event, told] of held.splice(0)) admit(event, told);
  }

  function admit(event, told) {
    refreshing ||= setTimeout(rest, REFRESH * (1 + Math.random())); // Not all readers at once.
    if (event === "published" && !isAtTop()) {
      waiting.push(told);
      count(event, null);
      return;
    }
    const atTop = isAtTop();
    change(() => {
      apply[event]?.(told);
      if (event !== "board") settle(told.version);
    });
    told.errata?.forEach((erratum) => change(() => place(erratum)));
    if (names[event] && !told.minor) {
      if (!atTop) count(event, told.id);
      announce(event);
    }
  }

  // What the reader was shown, up to the first that is held back or waits: a next visit leads to the rest.
  function settle(version) {
    placed = Math.max(placed, version);
    const kept = [...waiting, ...held.map(([, told]) => told)];
    const shown = (main.dataset.version = Math.min(placed, ...kept.map((told) => told.version - 1)));
    const permalink = $(".imprint a");
    permalink.search = permalink.search.replace(/as_of=\d+/, `as_of=${shown}`);
    permalink.textContent = permalink.textContent.replace(/\d+/, shown);
  }

  // One change a frame, and none while the page slides back: a browser takes two for a shift, even where each keeps
  // everything in its place, and a slide that is broken off leaves the reader halfway.
  // A hidden tab has no frames: there all are made at once, those first that still waited for theirs.
  function change(make) {
    if (changes.push(make) === 1 && home === null && !document.hidden) requestAnimationFrame(makeNext);
    while (document.hidden && changes.length) makeNext();
  }

  function makeNext() {
    if (!changes.length) return;
    try {
      changes[0]();
    } finally {
      changes.shift();
      if (changes.length) requestAnimationFrame(makeNext);
      else if (home !== null) slide();
    }
  }

  function slide() {
    scrollTo({ top: home, behavior: calm.matches ? "instant" : "smooth" });
    arrival = Date.now() + 1_000;
    requestAnimationFrame(arrive);
  }

  function arrive() {
    if (home !== null && Math.abs(scrollY - home) > 1 && Date.now() < arrival) return requestAnimationFrame(arrive);
    home = null;
    if (changes.length) requestAnimationFrame(makeNext);
  }

  function isAtTop() {
    const top = timeline.querySelector(".day")?.getBoundingClientRect().top ?? 0;
    return document.visibilityState === "visible" && top + scrollY >= (home ?? scrollY);
  }

  // Where it goes. The element behind the place of change keeps its place on the screen.

  function steady(next, change) {
    const before = next?.getBoundingClientRect().top;
    change();
    if (!next?.isConnected || before >= innerHeight) return;
    const from = scrollY;
    scrollBy({ top: next.getBoundingClientRect().top - before, behavior: "instant" });
    if (home !== null) home += scrollY - from;
  }

  function fragment(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  }

  function place(told) {
    if (document.getElementById(told.id)) return replace(told);
    const entry = fragment(told.html);
    const all = [...timeline.querySelectorAll("[data-order]")];
    const next = all.find((other) => other.dataset.order < told.order);
    if (!next && timeline.querySelector(".older")) return null; // It stands on a page of earlier entries.
    const atTop = isAtTop() && next === all[0];
    const before = home ?? scrollY;
    steady(next, () => {
      const section = day(told.day, next, all.at(-1));
      section.insertBefore(entry, next?.parentElement === section ? next : null);
    });
    timeline.querySelector(".day + .empty, .timeline > .empty")?.remove();
    show(entry);
    if (atTop) home = before;
    return entry;
  }

  function day(heading, next, last) {
    const words = fragment(heading).textContent;
    const near = [next, next?.previousElementSibling, next?.closest(".day")?.previousElementSibling, last];
    const section = near
      .map((element) => element?.closest(".day"))
      .find((found) => found?.querySelector(".date")?.textContent === words);
    if (section) return section;
    const made = document.createElement("section");
    made.className = "day";
    made.append(Object.assign(document.createElement("h3"), { className: "date" }));
    made.firstChild.append(fragment(heading));
    const after = next?.closest(".day");
    if (after) after.before(made);
    else timeline.append(made);
    return made;
  }

  function replace(told) {
    const old = document.getElementById(told.id);
    const unseen = waiting.findIndex(({ id }) => id === told.id);
    if (unseen >= 0) waiting[unseen] = { ...told, version: waiting[unseen].version };
    if (!old) return null;
    if (old.dataset.order && old.dataset.order !== told.order) {
      remove(old);
      return place(told);
    }
    const entry = fragment(told.html);
    steady(old.nextElementSibling ?? old.closest(".day")?.nextElementSibling, () => old.replaceWith(entry));
    show(entry);
    return entry;
  }

  function remove(item) {
    const left = item.closest(".day");
    steady(item.nextElementSibling ?? left?.nextElementSibling, () => {
      item.remove();
      if (left && !left.querySelector("[data-order]")) left.remove();
    });
  }

  function show(entry) {
    entry.classList.add("fresh");
    setTimeout(() => entry.classList.remove("fresh"), 6_000);
  }

  // What was changed about an entry stands at it, on its own, and at its copy if it is pinned. The last of it come with
  // the entry, the others are given its headline. Of an entry that was taken down nothing stays that is not on record.
  function amend(told) {
    replace(told);
    const headline = fragment(told.html).querySelector(".headline");
    for (const link of timeline.querySelectorAll(`.erratum .notice-head a[href="#${told.id}"]`)) {
      const line = link.closest(".erratum");
      if (told.errata.some(({ id }) => id === line.id)) continue; // It comes anew.
      if (told.gone) remove(line);
      else steady(line.nextElementSibling ?? line.closest(".day").nextElementSibling, () => (link.innerHTML = headline.innerHTML));
    }
    const copy = timeline.querySelector(`.pinned .when[href$="/${told.id.replace("fact-", "facts/")}"]`);
    if (!copy) return;
    if (told.gone) remove(copy.closest(".entry"));
    refresh();
  }

  function rest() {
    refreshing = 0;
    if (!paused) refresh();
  }

  // The pinned entries, the imprint, the strip and what machines read, all of which the server sets.
  async function refresh() {
    const mine = ++refreshed;
    clearTimeout(refreshing);
    refreshing = 0;
    const page = await load();
    if (!page || mine !== refreshed || signal.aborted) return;
    const [data, told] = [document, page].map((each) => each.querySelector("[type='application/ld+json']"));
    if (data && told) data.textContent = told.textContent;
    const [lines, anew] = [main, page].map((each) => [...each.querySelectorAll(".imprint .byline:not(.mine)")]);
    lines.forEach((line, place) => line.contains(document.activeElement) || line.replaceChildren(...(anew[place]?.childNodes ?? [])));
    main.dispatchEvent(new CustomEvent("record", { detail: page }));
    change(() => pin(page.querySelector(".pinned")));
  }

  async function load() {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" } }).catch(() => null);
    return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  }

  function pin(fresh) {
    const old = timeline.querySelector(".pinned");
    steady(timeline.querySelector("#timeline-title"), () => {
      if (old && fresh) old.replaceWith(fresh);
      else if (old) old.remove();
      else if (fresh) timeline.prepend(fresh);
    });
  }

  function board(told) {
    const old = $(".board");
    const opened = [...old.querySelectorAll("details")].map((details) => details.open);
    steady(timeline.querySelector("#timeline-title"), () => {
      const fresh = old.cloneNode(false);
      fresh.innerHTML = told.html;
      fresh.querySelectorAll("details").forEach((details, place) => (details.open = opened[place] ?? false));
      old.replaceWith(fresh);
      $(".story-head .phase")?.remove();
      if (told.phase) kickers().append(Object.assign(document.createElement("span"), { className: "phase", textContent: told.phase }));
    });
  }

  function describe(told) {
    steady(timeline, () => {
      $("h1").textContent = told.title;
      $(".story-head .standfirst")?.remove();
      if (told.summary) $("h1").after(Object.assign(document.createElement("p"), { className: "standfirst", textContent: told.summary }));
      kickers().querySelector(".badge")?.remove();
      const badge = fragment(told.html);
      if (badge) kickers().prepend(badge);
    });
    document.title = `${told.title} – Timeline`;
    const wasOver = over;
    over = told.status === "ended";
    pause.hidden = over;
    hold(paused && !over); // Without the button nobody could let go what is held.
    if (wasOver && !over) connect();
  }

  function kickers() {
    return $(".story-head .kickers");
  }

  // What the reader is told of it.

  function count(event, id) {
    counts.set(event, (counts.get(event) ?? 0) + 1);
    firstUnread ??= id;
    unread.textContent = summary(counts, true);
    unread.hidden = false;
  }

  function summary(found, isShort) {
    const words = [...found].map(([event, number]) => {
      if (isShort && event === "published") return `${number} new`;
      return `${number} ${names[event][number === 1 ? 0 : 1]}`;
    });
    return words.join(", ");
  }

  function announce(event) {
    announced.set(event, (announced.get(event) ?? 0) + 1);
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      status.textContent = summary(announced, false);
      announced.clear();
    }, 2_000);
  }
  const announced = new Map();

  function letIn() {
    timeline.querySelector(".new-since")?.remove();
    let oldest = null;
    for (const told of waiting.splice(0)) {
      const entry = place(told);
      settle(told.version);
      if (entry && (!oldest || told.order < oldest.dataset.order)) oldest = entry;
    }
    const line = Object.assign(document.createElement("p"), { className: "new-since", textContent: "New since you left ↑" });
    oldest?.after(line);
    const target = oldest ?? document.getElementById(firstUnread);
    if (target) {
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "smooth" });
    }
    home = null;
    counts.clear();
    firstUnread = null;
    unread.hidden = true;
  }

  // What is shown may have been taken down since. A page that came as old as that waits longer, not to load on and on.
  function reset() {
    tell("lost");
    stop();
    status.textContent = unread.textContent = "Much has happened: the page is loaded anew …";
    unread.hidden = false;
    unread.onclick = () => location.reload();
    pause.hidden = true;
    let due = setTimeout(anew, performance.now() < SELDOM ? SELDOM : ANEW * Math.random());
    main.addEventListener("replay", () => (due = clearTimeout(due)));

    async function anew() {
      due = setTimeout(anew, POLL);
      const page = await load();
      if (due && page?.getElementById("content")?.dataset.version > seen) location.reload();
    }
  }

  function tell(state) {
    if (signal.aborted) return;
    const words = { live: "Connected", lost: "Reconnecting …", polling: "Checking every 10 seconds", ended: "Coverage has ended", paused: "Paused" };
    const shown = over ? "ended" : paused ? "paused" : state;
    const line = $("#live-state");
    if (!line) return;
    line.dataset.state = shown;
    line.textContent = words[shown];
    connection = state;
  }
  let connection = "lost";

  // How it arrives: as a stream, or by asking.

  function connect() {
    stream?.close();
    if (over || signal.aborted || !("EventSource" in window)) return;
    stream = new EventSource(`${main.dataset.live}?after=${seen}`);
    heard = Date.now();
    stream.onopen = () => {
      heard = Date.now();
      tell("live");
    };
    stream.onerror = () => tell(stream.readyState === EventSource.CLOSED ? "polling" : "lost");
    stream.addEventListener("beat", () => (heard = Date.now()));
    for (const event of Object.keys(apply)) {
      stream.addEventListener(event, ({ data }) => {
        const told = JSON.parse(data);
        receive(event, told, event !== "board" && told.version);
      });
    }
  }

  async function poll() {
    try {
      const answer = await fetch(`${main.dataset.updates}?after=${seen}`);
      if (!answer.ok) return tell("lost");
      for (const { id, event, data } of (await answer.json()).bulletins) receive(event, data, id);
      tell("polling");
    } catch {
      tell("lost");
    }
  }

  function watch() {
    if (over) ask();
    else if (!stream || stream.readyState === 2) poll().then(() => Math.random() < 0.2 && connect());
    else if (Date.now() - heard > SILENCE) reconnect();
  }

  function reconnect() {
    tell("lost"); // It may hang for long, and not be refused.
    connect();
  }

  // Once coverage has ended there is no stream, and there may still be a correction.
  function ask() {
    if (document.visibilityState !== "visible" || Date.now() - heard < SELDOM) return;
    heard = Date.now();
    poll();
  }

  function stop() {
    left.abort();
    changes.length = 0; // They belong to no other page.
    stream?.close();
    clearInterval(watching);
    clearTimeout(refreshing);
    clearTimeout(announcing);
  }

  const pause = $("#live-pause");
  pause.addEventListener("click", () => hold(!paused), { signal });
  unread.addEventListener("click", () => change(letIn), { signal });
  for (const near of ["pointerenter", "focusin"]) {
    document.getElementById("strip")?.addEventListener(near, () => refreshing && refresh(), { signal });
  }
  const watching = setInterval(watch, POLL);
  addEventListener("online", connect, { signal });
  addEventListener("offline", () => tell("lost"), { signal });
  addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    if (over) ask();
    else if (Date.now() - heard > SILENCE / 2) reconnect();
  }, { signal });
  main.addEventListener("replay", stop, { signal });
  $("#live").hidden = false;
  unread.hidden = true;
  pause.hidden = over;
  hold(false);
  connect();
}

// The open page: what the record says next arrives here, in its place, and nothing moves under the reader's eyes.

const SILENCE = 40_000; // The server's heart beats every 15 seconds: after this the stream is dead.
const POLL = 10_000;
const main = document.querySelector("main[data-live]");

if (main && main.dataset.vantage !== "replay") open(main);

function open(main) {
  const $ = (selector) => main.querySelector(selector);
  const timeline = $(".timeline");
  const unread = $("#unread");
  const status = $("#live-status");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const changes = []; // What is still to be made, one in each frame.
  const waiting = []; // Bulletins that the reader has not let in yet.
  const counts = new Map(); // What is unread, by what it is called.
  let seen = Number(main.dataset.version);
  let firstUnread = null;
  let paused = false;
  let over = false;
  let stream = null;
  let heard = Date.now();
  let announcing = 0;

  const apply = {
    published: (told) => place(told),
    corrected: (told) => replace(told),
    retracted: (told) => replace(told),
    reinstated: (told) => replace(told),
    taken_down: (told) => replace(told),
    pinned: (told) => (replace(told), pin()),
    described: (told) => describe(told),
    ended: (told) => (describe(told), end()),
    board: (told) => board(told),
    reset: () => reset(),
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
    if (version && version <= seen) return;
    if (version) main.dataset.version = seen = version;
    if (paused) waiting.push([event, told]);
    else admit(event, told);
  }

  function admit(event, told) {
    if (event === "published" && !isAtTop()) {
      waiting.push([event, told]);
      count(event, null);
      return;
    }
    const atTop = isAtTop();
    change(() => apply[event]?.(told));
    told.errata?.forEach((erratum) => change(() => place(erratum)));
    if (names[event] && !told.minor) {
      if (!atTop) count(event, told.id);
      announce(event);
    }
  }

  // One change a frame: a browser takes two for a shift, even where each keeps everything in its place.
  function change(make) {
    if (document.hidden) return make();
    if (changes.push(make) === 1) requestAnimationFrame(makeNext);
  }

  function makeNext() {
    try {
      changes[0]();
    } finally {
      changes.shift();
      if (changes.length) requestAnimationFrame(makeNext);
    }
  }

  function isAtTop() {
    const first = timeline.querySelector(".day");
    return document.visibilityState === "visible" && (!first || first.getBoundingClientRect().top >= 0);
  }

  // Where it goes. The element behind the place of change keeps its place on the screen.

  function steady(next, change) {
    const before = next?.getBoundingClientRect().top;
    change();
    if (!next?.isConnected || before >= innerHeight) return;
    scrollBy({ top: next.getBoundingClientRect().top - before, behavior: "instant" });
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
    const atTop = isAtTop() && next === all[0];
    const before = scrollY;
    steady(next, () => {
      const section = day(told.day, next, all.at(-1));
      section.insertBefore(entry, next?.parentElement === section ? next : null);
    });
    timeline.querySelector(".day + .empty, .timeline > .empty")?.remove();
    show(entry);
    if (atTop) scrollBy({ top: before - scrollY, behavior: calm.matches ? "instant" : "smooth" });
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
    const held = waiting.findIndex(([event, each]) => event === "published" && each.id === told.id);
    if (held >= 0) waiting[held][1] = told;
    if (!old) return null;
    if (old.dataset.order && old.dataset.order !== told.order) {
      const left = old.closest(".day");
      steady(old.nextElementSibling, () => old.remove());
      if (left && !left.querySelector("[data-order]")) left.remove();
      return place(told);
    }
    const entry = fragment(told.html);
    steady(old.nextElementSibling ?? old.closest(".day")?.nextElementSibling, () => old.replaceWith(entry));
    show(entry);
    return entry;
  }

  function show(entry) {
    entry.classList.add("fresh");
    setTimeout(() => entry.classList.remove("fresh"), 6_000);
  }

  async function pin() {
    const page = await fetch(location.pathname, { headers: { accept: "text/html" } });
    if (!page.ok) return;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector(".pinned");
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
    });
  }

  function describe(told) {
    steady(timeline, () => {
      $("h1").textContent = told.title;
      const standfirst = $(".standfirst");
      if (standfirst && told.summary) standfirst.textContent = told.summary;
      $(".kickers .badge")?.remove();
      const badge = fragment(told.html);
      if (badge) $(".kickers").prepend(badge);
    });
    document.title = document.title.replace(/^.*?( – Timeline)$/, `${told.title}$1`);
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
    const held = waiting.splice(0);
    let oldest = null;
    for (const [event, told] of held) {
      const entry = apply[event]?.(told);
      if (event === "published" && entry && (!oldest || told.order < oldest.dataset.order)) oldest = entry;
    }
    const line = Object.assign(document.createElement("p"), { className: "new-since", textContent: "New since you left ↑" });
    oldest?.after(line);
    const target = oldest ?? document.getElementById(firstUnread);
    if (target) {
      target.tabIndex = -1;
      target.focus({ preventScroll: true });
      target.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "smooth" });
    }
    counts.clear();
    firstUnread = null;
    unread.hidden = true;
  }

  function reset() {
    unread.textContent = "Much has happened: load the page anew";
    unread.hidden = false;
    unread.addEventListener("click", () => location.reload(), { once: true });
  }

  function tell(state) {
    const words = { live: "Connected", lost: "Reconnecting …", polling: "Checking every 10 seconds", ended: "Coverage has ended", paused: "Paused" };
    const shown = over ? "ended" : paused ? "paused" : state;
    const line = $("#live-state");
    if (!line) return;
    line.dataset.state = shown;
    line.textContent = words[shown];
    connection = state;
  }
  let connection = "lost";

  function end() {
    over = true;
    stream?.close();
    tell("ended");
    pause.hidden = true;
  }

  // How it arrives: as a stream, or by asking.

  function connect() {
    stream?.close();
    if (over || !("EventSource" in window)) return;
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
        receive(event, told, event === "board" ? 0 : told.version);
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
    if (over) return;
    if (!stream || stream.readyState === 2) poll().then(() => Math.random() < 0.2 && connect());
    else if (Date.now() - heard > SILENCE) connect();
  }

  const pause = $("#live-pause");
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    tell(connection);
    if (!paused) for (const [event, told] of waiting.splice(0)) admit(event, told);
  });
  unread.addEventListener("click", letIn);
  // The replay takes this page elsewhere, and loads it anew when it comes back to the present.
  main.addEventListener("replay", () => {
    over = true;
    stream?.close();
  });
  setInterval(watch, POLL);
  addEventListener("online", connect);
  addEventListener("visibilitychange", () => document.visibilityState === "visible" && Date.now() - heard > SILENCE / 2 && connect());
  $("#live").hidden = false;
  tell("lost");
  connect();
}

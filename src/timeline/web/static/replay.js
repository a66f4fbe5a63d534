// The replay: whoever moves on the strip gets the page of that moment, without leaving this one.
// Every step is a link of the page itself; this only follows them more quickly.

// What the reader or a script has set.
const KEPT = new Set(["open", "style", "tabindex", "disabled", "hidden", "aria-pressed"]);
const FEW = 16; // So many pages are kept at hand,
const MINUTE = 60_000; // and for so long: something may have been taken down since.
const REST = 800; // After so many milliseconds a reader rests: the next move is a new entry in the history.
const BEAT = 2_000; // How long a step is shown at normal speed.
const ADDRESS = 350; // Browsers refuse to be told a new address more often than 100 times in 30 seconds.

const main = document.getElementById("content");
const range = document.getElementById("strip-range");
if (range) start();

function start() {
  const strip = document.getElementById("strip");
  const button = document.getElementById("strip-play");
  const speed = document.getElementById("strip-speed");
  const status = document.getElementById("strip-status");
  const pages = new Map();
  let shown = here();
  let underWay = null;
  let isResting = true;
  let isHeld = false;
  let player = 0;
  let resting, addressing, announcing;

  equip();
  for (const control of [range, button, speed]) control.disabled = false;
  range.value = range.getAttribute("value");
  if (sessionStorage.getItem("strip") === location.pathname) range.focus();
  sessionStorage.removeItem("strip");

  range.addEventListener("input", () => {
    pause();
    word(range.value);
    go(links()[range.value].getAttribute("href"));
  });
  range.addEventListener("pointerdown", () => (isHeld = true));
  for (const end of ["pointerup", "pointercancel", "blur"]) range.addEventListener(end, () => (isHeld = false));
  button.addEventListener("click", () => (player ? pause() : play()));
  main.addEventListener("click", follow);
  addEventListener("resize", () => {
    for (const held of [main, main.querySelector("[data-part=head]")]) held.style.minHeight = "";
  });
  main.addEventListener("record", ({ detail: page }) => keepUp(page));
  addEventListener("popstate", () => (here() === shown ? stay() : go(here(), false)));

  // Where the steps lead.

  function links() {
    return strip.querySelectorAll(".marks a");
  }

  function word(step) {
    const said = links()[step].textContent.trim();
    const [when, ...what] = said.split(" · ");
    const [moment, told] = strip.querySelector(".strip-now").children;
    moment.textContent = when;
    told.textContent = what.join(" · ");
    range.setAttribute("aria-valuetext", said);
  }

  function follow(event) {
    const link = event.target.closest?.("a");
    const isPlain = !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || !(strip.contains(link) || link.closest(".banner"))) return;
    const to = new URL(link.getAttribute("href"), location);
    if (to.pathname !== location.pathname) return;
    event.preventDefault();
    pause();
    rest();
    go(to.pathname + to.search);
  }

  // From one moment to the next.

  async function go(address, isMove = true) {
    underWay?.abort();
    const mine = (underWay = new AbortController());
    try {
      const [page, arrived] = await bring(address, mine.signal);
      if (mine.signal.aborted) return;
      if (!page.getElementById("strip") || isLive(page)) return leave(arrived);
      if (isMove) move(arrived);
      show(page);
      shown = arrived;
      announce();
    } catch (error) {
      if (error.name === "AbortError") return;
      pause();
      status.textContent = "This moment could not be loaded.";
      strip.querySelector(".strip-now b").textContent = status.textContent;
    }
  }

  // Whoever has gone back to what is shown wants nothing of what is under way.
  function stay() {
    underWay?.abort();
    if (range.value === range.getAttribute("value")) return;
    range.value = range.getAttribute("value");
    word(range.value);
  }

  async function bring(address, signal) {
    let page = pages.get(address);
    if (!page) {
      const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const to = new URL(answer.url);
      page = [await answer.text(), to.pathname + to.search];
      keep(address, page);
    }
    const [html, arrived] = page;
    return [new DOMParser().parseFromString(html, "text/html"), arrived];
  }

  // The live page is loaded anew, for its script to start from what it shows; the range keeps the focus.
  function leave(address) {
    if (document.activeElement === range) sessionStorage.setItem("strip", location.pathname);
    location.assign(address);
  }

  function keep(address, page) {
    const version = (html) => /data-head="\d+"/.exec(html)?.[0];
    const [known] = pages.values();
    if (known && version(known[0]) !== version(page[0])) pages.clear(); // The record has grown since.
    if (page[0].includes(' data-live="')) return; // Of the present it is asked each time: it may have grown.
    pages.set(address, page);
    setTimeout(() => pages.delete(address), MINUTE);
    if (pages.size > FEW) pages.delete(pages.keys().next().value);
  }

  function isLive(page) {
    const { dataset } = page.getElementById("content");
    return "live" in dataset && !("over" in dataset);
  }

  function show(page) {
    const fresh = page.getElementById("content");
    if ("live" in main.dataset) main.dispatchEvent(new Event("replay"));
    const head = main.querySelector("[data-part=head]");
    const height = head.offsetHeight;
    const top = strip.getBoundingClientRect().top;
    // Neither a shorter page nor a shorter head may move the strip under the reader's finger.
    main.style.minHeight = `${main.offsetHeight}px`;
    for (const name of ["data-vantage", "data-version", "data-live", "data-updates", "data-over"]) take(main, fresh, name);
    for (const part of main.querySelectorAll("[data-part]")) {
      morph(part, fresh.querySelector(`[data-part=${part.dataset.part}]`));
    }
    morph(strip, page.getElementById("strip"));
    morph(document.querySelector(".foot"), page.querySelector(".foot")); // What machines read stands there.
    equip();
    if (!isHeld) range.value = range.getAttribute("value");
    document.title = page.title;
    head.style.minHeight = `${Math.max(height, head.offsetHeight)}px`;
    scrollBy({ top: strip.getBoundingClientRect().top - top, behavior: "instant" });
    if ("live" in main.dataset) main.dispatchEvent(new Event("present"));
  }

  // The open page has learned of something that the strip tells too.
  function keepUp(page) {
    pages.clear(); // Nor may a page that was kept show again what was taken down since.
    if (player || isHeld || !page.getElementById("strip")) return;
    morph(strip, page.getElementById("strip"));
    equip();
    range.value = range.getAttribute("value");
  }

  function equip() {
    for (const link of links()) link.tabIndex = -1; // The range is the one stop for the keyboard.
    label();
  }

  // The address, and what is said.

  function move(address) {
    clearTimeout(resting);
    resting = setTimeout(() => player || isHeld || rest(), REST);
    if (isResting) {
      history.pushState(null, "", address);
      isResting = false;
    } else {
      addressing ??= setTimeout(() => {
        addressing = undefined;
        history.replaceState(null, "", shown);
      }, ADDRESS);
    }
  }

  function rest() {
    if (addressing) history.replaceState(null, "", shown);
    clearTimeout(addressing);
    addressing = undefined;
    isResting = true;
  }

  function here() {
    return location.pathname + location.search;
  }

  function announce() {
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      if (document.activeElement !== range) status.textContent = range.getAttribute("aria-valuetext");
    }, REST);
  }

  // The player.

  async function play() {
    const mine = (player = Date.now());
    label();
    rest();
    if (range.value === range.max) range.value = 0;
    else range.value = Number(range.value) + 1;
    while (player === mine) {
      const since = Date.now();
      word(range.value);
      await go(links()[range.value].getAttribute("href"));
      if (player !== mine) return;
      if (range.value === range.max) return pause();
      await new Promise((after) => setTimeout(after, BEAT / speed.value - (Date.now() - since)));
      if (player === mine) range.value = Number(range.value) + 1;
    }
  }

  function pause() {
    if (!player) return;
    player = 0;
    label();
    rest();
  }

  function label() {
    button.textContent = player ? "Pause" : "Play";
    button.toggleAttribute("data-playing", Boolean(player));
  }
}

// Make an element like another one, touching only what differs: what has the focus or is open stays so.

function morph(old, fresh) {
  for (const { name } of [...old.attributes, ...fresh.attributes]) take(old, fresh, name);
  let here = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    let match = here;
    while (match && !areAkin(match, wanted)) match = match.nextSibling;
    if (!match) {
      old.insertBefore(wanted, here);
      continue;
    }
    while (here !== match) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
    here = match.nextSibling;
    if (match.isEqualNode(wanted)) continue;
    if (match.nodeType === Node.ELEMENT_NODE) morph(match, wanted);
    else match.nodeValue = wanted.nodeValue;
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    gone.remove();
  }
}

function areAkin(one, other) {
  if (one.nodeName === "TIME") return one.isEqualNode(other); // Who tells times in another zone knows them one by one.
  return one.nodeName === other.nodeName && (one.id ?? "") === (other.id ?? "");
}

function take(old, fresh, name) {
  if (KEPT.has(name)) return;
  const value = fresh.getAttribute(name);
  if (value === null) old.removeAttribute(name);
  else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

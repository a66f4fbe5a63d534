// The desk: a proof beside the form, ten seconds to take back what is published, and all by keyboard.
// Without this script every form goes to a page of its own, where the proof asks for one more click.

const main = document.querySelector("main");
const dialog = document.getElementById("confirm");
const find = document.getElementById("offers-find");
const part = (name, inside = document) => inside.querySelector(`[data-part="${name}"]`);
const UNDO_SECONDS = 10;
const PATIENCE = 350; // Milliseconds without a key, and the draft is kept.
const SLOW = 1_500; // So long without an answer, and it is said that we wait.
const LONGEST = 30_000; // So long, and we wait no more.
const LEFT = "timeline.desk.left";
const BEACON = 60_000; // A browser sends at most 64 KB for a page that is left.

const say = (words) => { part("said").textContent = words; };
const warn = (words) => {
  const warning = part("composer").querySelector(".warned") ?? document.createElement("p");
  warning.className = "warned fault";
  warning.setAttribute("role", "alert");
  warning.textContent = words;
  part("composer").querySelector("h2").after(warning);
};
const composer = () => part("composer").querySelector("form[data-proof]");
// A report is followed by the next one; what is done to an entry or to the title is done once.
const isOnce = (form) => Boolean(main.dataset.fact) || form.elements.type.value === "story.described";
const isOvertaken = (status, html) => status === 409 && html.includes('class="meanwhile"');

const waiting = new Map();
const after = (key, milliseconds, act) => {
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(act, milliseconds));
};

// Our own server has escaped whatever people wrote.
const fragment = (html) => {
  const found = document.createElement("template");
  found.innerHTML = html;
  return found.content;
};

const slowed = new Set();

async function ask(address, body) {
  const slow = setTimeout(() => {
    slowed.add(slow);
    part("waits").textContent ||= "The desk does not answer yet. Waiting …";
  }, SLOW);
  try {
    const answer = await fetch(address, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(LONGEST) });
    return answer.type === "opaqueredirect" ? { status: 303, html: "" } : { status: answer.status, html: await answer.text() };
  } catch ({ name }) {
    const isLate = name === "TimeoutError";
    const what = isLate ? "does not answer" : "cannot be reached";
    return { status: 0, isLate, html: `<p class="fault" role="alert">The desk ${what}. Nothing is lost: try it again.</p>` };
  } finally {
    clearTimeout(slow);
    slowed.delete(slow);
    if (!slowed.size) part("waits").textContent = "";
  }
}

const withPart = (address) => `${address}?part=1`;
const fields = (form, button) => {
  const found = new FormData(form);
  if (button?.name) found.append(button.name, button.value);
  return new URLSearchParams([...found].filter(([, value]) => typeof value === "string"));
};

// What a problem page says, where a fragment was asked for and a whole page came.
const problem = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const words = page.querySelector(".problem .standfirst")?.textContent;
  return words ? `<p class="fault" role="alert">${new Option(words).innerHTML}</p>` : html;
};

// Proofs.

async function prove(form, button, isTyping) {
  const round = (Number(form.dataset.round) || 0) + 1;
  form.dataset.round = round;
  clearTimeout(waiting.get("proof"));
  const { status, html } = await ask(withPart(form.action), fields(form, button));
  if (Number(form.dataset.round) !== round || !form.isConnected) return null; // A later key has asked anew.
  if (isOvertaken(status, html) && !isTyping) {
    meet(html);
    return null;
  }
  const place = form.dataset.proof === "dialog" ? part("dialog-body") : part("proof-body");
  place.replaceChildren(fragment(isOvertaken(status, html) ? '<p class="meanwhile">Meanwhile somebody else has changed this entry. “Preview” shows both texts.</p>' : problem(html)));
  if (form.dataset.proof !== "dialog") part("proof").hidden = false;
  if (isTyping) hint(form, place);
  const publish = place.querySelector("form[data-publish]");
  if (publish) publish.from = { form, group: button?.closest("fieldset")?.querySelector("legend").textContent };
  return place;
}

const words = (place, what) => [...place.querySelectorAll(what)].map((each) => each.textContent).join(" ");
const surprises = (place) => words(place, ".surprises li");
const timeless = (told) => told.replace(/just now|\d[^,]* ago/g, ""); // The clock goes on.

// Nobody is interrupted while they write, nor hears more than what is surprising or wrong.
function hint(form, place) {
  for (const loud of place.querySelectorAll("[role]")) loud.removeAttribute("role");
  const told = words(place, ".surprises li, .faults li, .fault");
  if (told && timeless(told) !== form.dataset.told) say(told);
  form.dataset.told = timeless(told);
}

// The proof is looked at: whoever publishes from here on has seen what is surprising about it.
function show(form, place) {
  const publish = place?.querySelector("form[data-publish] button");
  if (publish) {
    form.dataset.shown = surprises(place);
    publish.focus();
    say(form.dataset.shown);
  } else place?.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
}

// Another editor was faster: their change and our text, side by side, in the place of the form.
function meet(html) {
  const place = part("composer");
  place.replaceChildren(place.querySelector("h2"), fragment(html));
  part("proof-body").replaceChildren();
  part("proof").hidden = true;
  place.querySelector(".meanwhile").focus();
  say("Meanwhile somebody else has changed this entry. Nothing of yours is lost.");
}

async function confirm(form, button) {
  const place = await prove(form, button);
  if (!place) return;
  if (!dialog.open) dialog.showModal();
  // Enter publishes what nobody need look at twice.
  const publish = surprises(place) ? null : place.querySelector("form[data-publish] button");
  (publish ?? dialog.querySelector("[method=dialog] button")).focus();
  say(surprises(place));
}

async function publishAtOnce(form) {
  if (form.dataset.going) return say(form.dataset.going);
  const place = await prove(form);
  const publish = place?.querySelector("form[data-publish]");
  // What is surprising must be seen before it is published.
  if (publish && timeless(surprises(place)) === timeless(form.dataset.shown ?? "")) publish.requestSubmit();
  else show(form, place);
}

// Drafts: kept by the server, so that they outlive this browser.

let unkept = null; // The form whose last words the server does not have.

const isBlank = (form) => ![...new FormData(form)].some(([name, value]) => (name.startsWith("data.") || name === "note") && value);

const KEPT = {
  204: "Kept as a draft",
  401: "Not kept: you are signed out. Sign in in another tab, and go on here.",
  0: "Not kept: the desk cannot be reached. Leave this page open.",
};

async function keep(form) {
  clearTimeout(waiting.get("draft"));
  if (unkept === form) unkept = null;
  if (!form.dataset.drafts || isBlank(form)) return;
  const { value: id } = form.elements.id;
  const told = part("kept", form);
  const slow = setTimeout(() => { told.textContent = "Not kept yet"; }, SLOW);
  const { status } = await ask(form.dataset.drafts, fields(form));
  clearTimeout(slow);
  if (status === 205) return renew(form, id);
  if (status !== 204) unkept ??= form;
  told.textContent = KEPT[status] ?? "Not kept: the desk refuses it. Leave this page open.";
  told.classList.toggle("fault", status !== 204);
}

// What stands in the composer may be on record by now: from a page that was left, or another tab.
async function isSettled() {
  const form = composer();
  if (!form?.dataset.drafts || isBlank(form)) return form?.dataset.drafts === "";
  if ([...outbox].some((held) => held.form === form)) return true;
  const { value: id } = form.elements.id;
  const { status } = await ask(form.dataset.drafts, new URLSearchParams({ id, ask: "yes" }));
  if (status === 205) await renew(form, id);
  return !form.isConnected || form.elements.id.value !== id;
}

const isTouched = (form) => {
  const sent = form.cloneNode(true);
  sent.reset();
  return fields(sent).toString() !== fields(form).toString();
};

// What is on record makes room for the next thing; what was typed meanwhile becomes a draft of its own.
async function renew(form, id) {
  const page = isTouched(form) ? null : await load(main.dataset.fact ? location.href : main.dataset.desk);
  if (!form.dataset.drafts || form !== composer() || form.elements.id.value !== id) return;
  if (isTouched(form)) {
    form.elements.id.value = crypto.randomUUID();
    part("composer").querySelector(".kept")?.remove();
    delete form.dataset.going;
    part("kept", form).textContent = "";
    warn("What stood here is on record. What stands here now is not.");
    await keep(form);
  } else if (page && part("composer", page)) {
    const hadFocus = form.contains(document.activeElement);
    setAside(document.adoptNode(part("composer", page)));
    if (hadFocus) write(composer());
    say("On record.");
    await lookOut();
  }
}

// What was published as the page was left may still be on its way.
async function lookOut() {
  const form = composer();
  const notice = part("composer").querySelector(".kept p");
  if (!notice || !localStorage.getItem(LEFT)?.includes(form.elements.id.value)) return;
  const told = [...notice.childNodes];
  notice.replaceChildren(form.dataset.going = "This is going on record …");
  say(form.dataset.going);
  for (const end = Date.now() + LONGEST; Date.now() < end;) {
    if (await isSettled()) return;
    await new Promise((go) => setTimeout(go, PATIENCE));
  }
  delete form.dataset.going;
  localStorage.removeItem(LEFT);
  notice.replaceChildren(...told);
  say(notice.textContent);
}

addEventListener("input", ({ target }) => {
  const { form } = target;
  if (target.dataset.words) offerWords(target);
  if (target === find) filter();
  if (form?.dataset.proof !== "pane") return;
  if (form.dataset.drafts) unkept = form;
  after("draft", PATIENCE, () => keep(form));
  after("proof", PATIENCE, () => prove(form, null, true));
});

// A list of names, one a line: what the board calls them is offered for the line that is being written.
function offerWords(area) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const begun = plain(area.value.slice(start, area.selectionStart).trim());
  const known = [...document.getElementById(area.dataset.words).options].map((option) => option.value);
  const found = begun.length < 2 ? [] : known.filter((word) => plain(word).includes(begun) && plain(word) !== begun).slice(0, 5);
  const list = area.parentElement.querySelector(".words-found") ?? area.parentElement.appendChild(document.createElement("p"));
  list.className = "words-found";
  list.replaceChildren(...found.map((word) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = word;
    button.addEventListener("click", () => {
      area.setRangeText(word, start, area.selectionStart, "end");
      list.replaceChildren();
      area.focus();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    return button;
  }));
}

// Composers: one is written in; those that were begun before it wait until it is done.

const begun = [];

function setAside(next) {
  const old = part("composer");
  old.replaceWith(next ?? begun.pop() ?? blank(old));
  part("proof").hidden = true;
  part("proof-body").replaceChildren();
  return old;
}

// The same composer for the next report: the same type and source, and no word of the last one.
function blank(old) {
  const fresh = old.cloneNode(true);
  for (const left of fresh.querySelectorAll(".kept, .warned, .faults, .field-fault, .words-found")) left.remove();
  const form = fresh.querySelector("form[data-proof]");
  const { value: last } = form.elements.id;
  form.elements.id.value = crypto.randomUUID();
  for (const field of form.elements) {
    if (field.name.startsWith("data.")) field.value = "";
    field.removeAttribute("aria-invalid");
  }
  atPresent(form);
  for (const link of fresh.querySelectorAll(".types a")) link.href = link.href.replace(last, form.elements.id.value);
  for (const stale of ["round", "shown", "told"]) delete form.dataset[stale];
  part("kept", form).textContent = "";
  return fresh;
}

// A source is mostly the same as before; a time is not, and that there is no source is decided each time.
function atPresent(form) {
  form.elements.when.value = "now";
  form.elements.moment.value = "";
  form.elements["source.waived"].checked = false;
}

function putBack(old) {
  const present = part("composer");
  if (!isBlank(composer())) {
    keep(composer());
    begun.push(present);
  }
  present.replaceWith(old);
}

// The outbox: what was published and is not on record yet.

const outbox = new Set();

function hold(publish) {
  const { form, group } = publish.from;
  const item = document.createElement("li");
  const entry = publish.closest(".proof").querySelector(".proof-entry").cloneNode(true);
  const bar = document.createElement("p");
  bar.className = "undo";
  bar.innerHTML = '<span class="left"></span> <button type="button" class="primary">Take it back <kbd>U</kbd></button> <button type="button">On record now</button>';
  item.append(bar, entry);
  const held = { item, form, group, address: publish.action, body: fields(publish), said: fields(form).toString(), due: Date.now() + UNDO_SECONDS * 1000 };
  const [undo, now] = bar.querySelectorAll("button");
  undo.addEventListener("click", () => takeBack(held));
  now.addEventListener("click", () => send(held));
  held.kept = form.contains(find) ? ask(drafts, asReport(held)) : keep(form); // For a crash within the ten seconds.
  if (form.dataset.proof === "pane" && !isOnce(form)) held.composer = setAside();
  outbox.add(held);
  part("outbox").prepend(item);
  part("proof").hidden = true;
  dialog.close();
  if (form.contains(find)) {
    atPresent(form);
    find.value = "";
    form.querySelector("details").open = !form.elements["source.name"].value; // Named once, it is in nobody’s way.
  }
  filter();
  free();
  item.scrollIntoView({ block: "nearest" });
  say(`Not on record yet: ${UNDO_SECONDS} seconds to take it back, with U.`);
  tick(held);
}

// What the board offered comes back after a crash as a report that is filled in.
const drafts = `${main.dataset.desk}/drafts`;
const asReport = (held) => {
  const { id, type, data, source } = JSON.parse(held.body.get("event"));
  const said = Object.entries(data).map(([name, value]) => [`data.${name}`, [value].flat().join("\n")]);
  const from = source ? [["source.name", source.name], ["source.url", source.url ?? ""]] : [["source.waived", "yes"]];
  return new URLSearchParams([["id", id], ["type", type], ...from, ...said]);
};

const free = () => main.focus({ preventScroll: true });

function leave(held) {
  clearTimeout(held.timer);
  const hadFocus = held.item.contains(document.activeElement);
  outbox.delete(held);
  held.item.remove();
  if (hadFocus) free();
  filter();
}

// By the clock: a page that sleeps counts no seconds.
function tick(held) {
  const left = Math.ceil((held.due - Date.now()) / 1000);
  held.item.querySelector(".left").textContent = `On record in ${Math.max(left, 0)} s, or when you leave this page`;
  if (left <= 0) send(held);
  else held.timer = setTimeout(() => tick(held), 250);
}

async function send(held) {
  if (held.isSent) return;
  held.isSent = true;
  clearTimeout(held.timer);
  held.item.querySelector(".left").textContent = "Going on record …";
  await held.kept; // A draft that arrives behind its own event would stay.
  const { status, html, isLate } = await ask(withPart(held.address), held.body);
  if (status === 303) {
    leave(held);
    say("On record.");
    const isDone = held.form.dataset.proof === "pane" && isOnce(held.form) && held.said === fields(held.form).toString();
    if (isDone && !outbox.size) {
      held.form.dataset.drafts = ""; // No draft any more.
      location.assign(main.dataset.desk);
    } else refresh();
  } else if (isOvertaken(status, html)) {
    leave(held);
    meet(html);
  } else {
    held.isSent = false;
    held.hasFailed = true;
    held.item.querySelector(".left").replaceChildren(isLate ? "Perhaps not on record. " : "Not on record. ", fragment(problem(html)));
    held.item.querySelector(".undo button:last-child").textContent = "Try again";
    say("It could not be put on record.");
  }
}

function takeBack(held) {
  if (!held || held.isSent) return;
  leave(held);
  say("Taken back: nothing went on record.");
  if (held.composer) putBack(held.composer);
  if (held.form.contains(find)) ask(drafts, new URLSearchParams([...asReport(held), ["discard", "yes"]]));
  if (held.form.dataset.proof === "dialog") return;
  prove(held.form);
  write(held.form);
}

// Whoever leaves the page has published: nothing may hang on a page that is gone.
addEventListener("pagehide", () => {
  if (outbox.size) localStorage.setItem(LEFT, [...outbox].map((held) => JSON.parse(held.body.get("event")).id));
  for (const held of outbox) {
    navigator.sendBeacon(held.address, held.body); // Sent twice, it is published once.
    leave(held);
  }
  if (unkept && !isBlank(unkept)) navigator.sendBeacon(unkept.dataset.drafts, fields(unkept));
});

addEventListener("beforeunload", (event) => {
  const heavy = [...outbox].reduce((sum, held) => sum + held.body.toString().length, 0) > BEACON;
  const isRefused = unkept && part("kept", unkept).classList.contains("fault");
  if (heavy || isRefused || [...outbox].some((held) => held.hasFailed)) event.preventDefault();
});

// The page follows the record; what is typed, chosen and looked at stays as it is.

async function load(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null; // The next bulletin asks again.
  }
}

function swap(old, fresh) {
  if (!old || !fresh || old.innerHTML === fresh.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const { scrollTop } = old;
  old.replaceWith(document.adoptNode(fresh));
  fresh.scrollTop = scrollTop;
  if (!focused) return;
  const same = [...fresh.querySelectorAll(focused.localName)].find((each) => each.href === focused.href && each.value === focused.value);
  const line = focused.closest("li[id]") && document.getElementById(focused.closest("li[id]").id);
  (same ?? line?.querySelector("a") ?? main).focus({ preventScroll: true });
}

async function refresh() {
  await isSettled();
  const page = await load(main.dataset.fact ? location.href : `${main.dataset.desk}?new&type=${composer().elements.type.value}`);
  if (!page || !part("said", page)) return;
  if (part("offers")) part("board").hidden = part("board", page).hidden;
  for (const name of ["head", "latest", "offers", "entry"]) swap(part(name), part(name, page));
  for (const list of document.querySelectorAll("datalist")) list.replaceChildren(...page.getElementById(list.id)?.children ?? list.children);
  filter();
}

if (main.dataset.live) {
  const stream = new EventSource(`${main.dataset.live}?after=${main.dataset.version}`);
  const follow = () => after("refresh", 200, refresh);
  for (const name of ["published", "corrected", "retracted", "reinstated", "taken_down", "described", "pinned", "ended", "reset"]) stream.addEventListener(name, follow);
  for (const name of main.dataset.fact ? ["corrected", "retracted", "reinstated", "taken_down"] : []) {
    stream.addEventListener(name, async (event) => {
      if (JSON.parse(event.data).id === `fact-${main.dataset.fact}` && !(await isSettled())) warn("Meanwhile somebody else has changed this entry. “Preview” shows both texts.");
    });
  }
}

// Offers are found by any words of theirs; a category whose winner is about to go on record has none to offer.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function filter() {
  const words = plain(find?.value ?? "").split(/\s+/).filter(Boolean);
  const announced = new Set([...outbox].map((held) => held.group));
  for (const group of document.querySelectorAll(".offers-group")) {
    const name = group.querySelector("legend").textContent;
    for (const item of group.querySelectorAll("li")) {
      const all = plain(`${name} ${item.textContent}`);
      item.hidden = announced.has(name) || !words.every((word) => all.includes(word));
    }
    group.hidden = !group.querySelector("li:not([hidden])");
  }
}

const offers = () => [...document.querySelectorAll(".offers-group li:not([hidden]) button")];

// Forms and keys.

addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-publish]")) {
    event.preventDefault();
    hold(form);
  } else if (form.matches(".kept")) {
    clearTimeout(waiting.get("draft")); // Nothing keeps again what is discarded.
    unkept = null;
  } else if (form.closest(".flag-nav") && outbox.size) { // Whoever is signed out can put nothing on record.
    event.preventDefault();
    Promise.all([...outbox].map(send)).then(() => outbox.size || form.submit());
  } else if (form.dataset.proof) {
    event.preventDefault();
    if (form.dataset.proof === "dialog") confirm(form, event.submitter);
    else if (!form.dataset.going) prove(form).then((place) => show(form, place));
  }
});

// Another type for the same draft: it is kept first, to the last letter.
addEventListener("click", async (event) => {
  const link = event.target.closest("form[data-drafts] .types a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await keep(composer());
  location.assign(link.href);
});

// The browser gives the focus back to what had it, unless that is there no more; a fault is mended where it is.
dialog.addEventListener("close", () => {
  const source = part("dialog-body").querySelector(".faults") && document.getElementById("offer-source.name");
  if (source) {
    source.closest("details").open = true;
    source.focus();
  } else if (document.activeElement === document.body) free();
});

const keysOn = document.getElementById("keys-on");
keysOn.checked = localStorage.getItem("timeline.desk.keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("timeline.desk.keys", keysOn.checked ? "on" : "off"));

const step = (by) => {
  const lines = [...document.querySelectorAll("[data-part=latest] li")];
  const here = lines.indexOf(document.activeElement.closest("li"));
  lines[Math.min(Math.max(here + by, 0), lines.length - 1)]?.querySelector(".line-text a")?.focus();
};

const TEXT = "input:not([type=hidden], [type=checkbox], [type=radio]), textarea";
const write = (form) => (form?.querySelector(TEXT) ?? form?.querySelector(".send button"))?.focus();

const KEYS = {
  a: () => { find?.focus(); find?.select(); },
  n: () => write(composer()),
  u: () => takeBack([...outbox].at(-1)),
  j: () => step(1),
  k: () => step(-1),
  "?": () => { document.getElementById("keys").open = true; document.querySelector("#keys summary").focus(); },
};

function onOffers(event) {
  const found = offers();
  const here = found.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) (found[here + by] ?? find).focus();
  else if (event.key === "Enter" && here < 0) found[0]?.click();
  else return;
  event.preventDefault();
}

addEventListener("keydown", (event) => {
  const { target, key } = event;
  const isField = target.matches(`${TEXT}, select`);
  if (key === "Enter" && event.repeat && !target.matches("textarea")) event.preventDefault(); // One stroke is one deed.
  else if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.form?.dataset.proof === "pane") {
    event.preventDefault();
    publishAtOnce(target.form);
  } else if (key === "Escape" && isField) free();
  else if (key === "Enter" && isField && target !== find && find?.form === target.form) find.focus();
  else if (target === find || target.name === "offer") onOffers(event);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isField || dialog.open || !keysOn.checked) return;
  const line = target.closest("[data-part=latest] li")?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const act = line ? () => line.click() : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

// Who came to an entry to do something to it begins with it; a mark has nothing to be written.
if (main.dataset.fact && new URLSearchParams(location.search).has("do") && composer()) {
  if (composer().querySelector(TEXT)) write(composer());
  else prove(composer()).then((place) => show(composer(), place));
}

lookOut();

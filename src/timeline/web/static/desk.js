// The desk: a proof beside the form, ten seconds to take back what was published, and everything by keyboard.
// Without this script every form goes to a page of its own, where the proof asks for one more click.

const main = document.querySelector("main");
const part = (name, inside = document) => inside.querySelector(`[data-part="${name}"]`);
const UNDO_SECONDS = 10;
const PATIENCE = 350; // Milliseconds without a key before the proof is made again.

const say = (words) => { part("said").textContent = words; };

// Fragments come from our own server, which has escaped whatever people wrote.
const fragment = (html) => {
  const found = document.createElement("template");
  found.innerHTML = html;
  return found.content;
};

async function ask(address, body) {
  try {
    const answer = await fetch(address, { method: "POST", body, redirect: "manual" });
    return { status: answer.type === "opaqueredirect" ? 303 : answer.status, html: answer.type === "opaqueredirect" ? "" : await answer.text() };
  } catch {
    return { status: 0, html: '<p class="fault" role="alert">The desk cannot be reached. Nothing is lost: it is tried again when you go on.</p>' };
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

async function prove(form, button) {
  const round = (Number(form.dataset.round) || 0) + 1;
  form.dataset.round = round;
  const { status, html } = await ask(withPart(form.action), fields(form, button));
  if (Number(form.dataset.round) !== round) return null; // A later key has asked anew.
  if (status === 409 && html.includes("meanwhile")) {
    meet(html);
    return null;
  }
  const content = fragment(problem(html));
  const place = form.dataset.proof === "dialog" ? part("dialog-body") : part("proof-body");
  place.replaceChildren(content);
  if (form.dataset.proof !== "dialog") part("proof").hidden = false;
  for (const publish of place.querySelectorAll("form[data-publish]")) publish.from = form;
  return place;
}

// Another editor was faster: their change and our text, side by side, in the place of the form.
function meet(html) {
  const place = part("composer");
  const title = place.querySelector("h2");
  place.replaceChildren(title, fragment(html));
  part("proof").hidden = true;
  place.querySelector(".meanwhile")?.scrollIntoView({ block: "nearest" });
  say("Meanwhile somebody else has changed this entry. Nothing of yours is lost.");
}

async function confirm(form, button) {
  const place = await prove(form, button);
  if (!place) return;
  const dialog = document.getElementById("confirm");
  if (!dialog.open) dialog.showModal();
  (place.querySelector("form[data-publish] button") ?? dialog.querySelector("button")).focus();
}

async function publishAtOnce(form) {
  const known = new Set([...document.querySelectorAll("[data-part='proof-body'] .surprises li")].map((each) => each.textContent));
  const place = await prove(form);
  const publish = place?.querySelector("form[data-publish]");
  if (!publish) {
    place?.querySelector("[role=alert]")?.scrollIntoView({ block: "nearest" });
    return;
  }
  const news = [...place.querySelectorAll(".surprises li")].some((each) => !known.has(each.textContent));
  if (news) publish.querySelector("button").focus(); // What is surprising must be seen before it is published.
  else publish.requestSubmit();
}

// Drafts: kept by the server, so that they outlive this browser.

const waiting = new Map();
const after = (key, milliseconds, act) => {
  clearTimeout(waiting.get(key));
  waiting.set(key, setTimeout(act, milliseconds));
};
const isBlank = (form) => ![...new FormData(form)].some(([name, value]) => (name.startsWith("data.") || name === "note") && value);
const keep = (form) => form.dataset.drafts && !isBlank(form) ? ask(form.dataset.drafts, fields(form)) : null;

addEventListener("input", ({ target }) => {
  const form = target.form;
  if (target.dataset.words) offerWords(target);
  if (target.id === "offers-find") filter(target.value);
  if (form?.dataset.proof !== "pane") return;
  after("draft", PATIENCE, () => keep(form));
  after("proof", PATIENCE, () => prove(form));
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

// The outbox: what was published and is not on record yet.

const outbox = new Set();

async function hold(publish) {
  const form = publish.from;
  const item = document.createElement("li");
  const entry = publish.closest(".proof").querySelector(".proof-entry").cloneNode(true);
  const bar = document.createElement("p");
  bar.className = "undo";
  bar.innerHTML = '<span class="left"></span> <button type="button" class="primary">Take it back <kbd>U</kbd></button> <button type="button">On record now</button>';
  item.append(bar, entry);
  const held = { item, address: publish.action, body: fields(publish), form, left: UNDO_SECONDS, isReport: form?.closest("[data-part=composer]") && !main.dataset.fact };
  outbox.add(held);
  part("outbox").prepend(item);
  const [undo, now] = bar.querySelectorAll("button");
  undo.addEventListener("click", () => takeBack(held));
  now.addEventListener("click", () => send(held));
  document.getElementById("confirm").close();
  say(`Not on record yet: ${UNDO_SECONDS} seconds to take it back, with U.`);
  tick(held);
  clearTimeout(waiting.get("draft"));
  if (form?.dataset.drafts) await keep(form);
  if (held.isReport) await renew(`new&type=${encodeURIComponent(part("composer").querySelector("[name=type]").value)}`);
  else part("proof").hidden = true;
}

function tick(held) {
  if (!outbox.has(held)) return;
  held.item.querySelector(".left").textContent = `On record in ${held.left} s`;
  if (held.left === 0) send(held);
  else held.timer = setTimeout(() => { held.left -= 1; tick(held); }, 1000);
}

async function send(held) {
  if (held.isSent) return;
  held.isSent = true;
  clearTimeout(held.timer);
  held.item.querySelector(".left").textContent = "Going on record …";
  const { status, html } = await ask(withPart(held.address), held.body);
  if (status === 303) {
    outbox.delete(held);
    held.item.remove();
    say("On record.");
    if (main.dataset.fact) location.assign(main.dataset.desk);
    else refresh();
    return;
  }
  held.isSent = false;
  if (status === 409 && html.includes("meanwhile")) {
    outbox.delete(held);
    held.item.remove();
    meet(html);
    return;
  }
  held.item.querySelector(".left").replaceChildren("Not on record. ", fragment(problem(html)));
  held.item.querySelector(".undo button:last-child").textContent = "Try again";
  say("It could not be put on record.");
}

function takeBack(held) {
  if (held.isSent || !outbox.has(held)) return;
  clearTimeout(held.timer);
  outbox.delete(held);
  held.item.remove();
  say("Taken back: nothing went on record.");
  if (held.isReport) renew(`draft=${JSON.parse(held.body.get("event")).id}`);
  else if (main.dataset.fact) part("proof").hidden = false;
}

// Whoever leaves the page has published: nothing may hang on a page that is gone.
addEventListener("pagehide", () => {
  for (const held of outbox) if (!held.isSent) navigator.sendBeacon(held.address, held.body);
});

// The page follows the record.

async function load(address) {
  const answer = await fetch(address);
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

async function refresh() {
  if (main.dataset.fact) return;
  const page = await load(`${main.dataset.desk}?new`);
  if (!page) return;
  const focused = document.activeElement?.closest("[data-part=latest] li")?.id;
  for (const name of ["head", "latest", "offers"]) {
    const fresh = part(name, page);
    if (fresh && part(name)) part(name).replaceWith(document.adoptNode(fresh));
  }
  if (focused) document.getElementById(focused)?.querySelector("a")?.focus();
  filter(document.getElementById("offers-find")?.value ?? "");
}

// Another composer in the place of this one: a blank one with the same source, or the draft that was taken back.
async function renew(query) {
  const page = await load(`${main.dataset.desk}?${query}`);
  if (!page) return;
  const kept = fields(part("composer").querySelector("form[data-proof]"));
  part("composer").replaceWith(document.adoptNode(part("composer", page)));
  for (const name of query.startsWith("new") ? ["source.name", "source.url"] : []) {
    const field = part("composer").querySelector(`[name="${name}"]`);
    if (field && kept.has(name)) field.value = kept.get(name);
  }
  part("proof").hidden = true;
  part("proof-body").replaceChildren();
}

if (main.dataset.live) {
  const stream = new EventSource(`${main.dataset.live}?after=${main.dataset.version}`);
  const follow = () => after("refresh", 200, refresh);
  for (const name of ["published", "corrected", "retracted", "reinstated", "taken_down", "described", "pinned", "ended", "reset"]) stream.addEventListener(name, follow);
  const mine = (event) => {
    const told = JSON.parse(event.data);
    if (told.id !== `fact-${main.dataset.fact}`) return;
    say("Meanwhile somebody else has changed this entry.");
    part("composer").querySelector(".section-title").textContent = "Changed meanwhile: the preview shows both";
  };
  if (main.dataset.fact) for (const name of ["corrected", "retracted", "reinstated", "taken_down"]) stream.addEventListener(name, mine);
}

// Offers are found by any words of theirs.

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function filter(text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  for (const group of document.querySelectorAll(".offers-group")) {
    const name = plain(group.querySelector("legend").textContent);
    for (const item of group.querySelectorAll("li")) {
      const all = `${name} ${plain(item.textContent)}`;
      item.hidden = !words.every((word) => all.includes(word));
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
  } else if (form.dataset.proof) {
    event.preventDefault();
    if (form.dataset.proof === "dialog") confirm(form, event.submitter);
    else prove(form).then((place) => place?.querySelector("form[data-publish] button")?.focus());
  }
});

const keysOn = document.getElementById("keys-on");
keysOn.checked = localStorage.getItem("timeline.desk.keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("timeline.desk.keys", keysOn.checked ? "on" : "off"));

const step = (by) => {
  const lines = [...document.querySelectorAll("[data-part=latest] li")];
  const here = lines.indexOf(document.activeElement?.closest("li"));
  lines[Math.min(Math.max(here + by, 0), lines.length - 1)]?.querySelector(".line-text a")?.focus();
};

const KEYS = {
  a: () => document.getElementById("offers-find")?.focus(),
  n: () => part("composer").querySelector("form[data-proof] :is(input, textarea):not([type=hidden])")?.focus(),
  u: () => takeBack([...outbox].at(-1) ?? {}),
  j: () => step(1),
  k: () => step(-1),
  "?": () => { document.getElementById("keys").open = true; document.getElementById("keys").scrollIntoView(); },
};

function onOffers(event) {
  const found = offers();
  const here = found.indexOf(document.activeElement);
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by) found[Math.max(here + by, 0)]?.focus();
  else if (event.key === "Enter" && here < 0) found[0]?.click();
  else return;
  event.preventDefault();
}

addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.form?.dataset.proof === "pane") {
    event.preventDefault();
    publishAtOnce(target.form);
    return;
  }
  if (target.closest(".offers form") && (target.id === "offers-find" || target.name === "offer")) onOffers(event);
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !keysOn.checked) return;
  if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
  const line = target.closest("[data-part=latest] li")?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const act = line ? () => line.click() : KEYS[key];
  if (!act) return;
  event.preventDefault();
  act();
});

// What a page keeps for its reader alone, in this browser: the zone of its times, and the last visit.

const main = document.querySelector("main");
const WORDS = /^(?:about )?(?:midnight|\d\d:\d\d(:\d\d)?) \S+( on .+)?$/;
const HANDS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const DATE = { day: "numeric", month: "long", year: "numeric" };
const told = new WeakMap(); // By element, the words of the story's own zone.

zones(document.querySelector("#my-time"));
visits(document.querySelector("#since"));

function zones(button) {
  if (!button) return;
  let mine = kept("zone") === "mine";
  const turn = () => {
    button.setAttribute("aria-pressed", String(mine));
    document.querySelectorAll("time[datetime*='T']").forEach((time) => tell(time, mine));
  };
  button.addEventListener("click", () => {
    mine = !mine;
    keep("zone", mine ? "mine" : "story");
    turn();
  });
  button.hidden = false;
  if (mine) turn();
  new MutationObserver(() => mine && turn()).observe(main, { childList: true, subtree: true });
}

function tell(time, mine) {
  if (!told.has(time)) told.set(time, time.textContent);
  const words = told.get(time);
  const form = WORDS.exec(words);
  if (!form) return;
  const said = mine ? here(new Date(time.dateTime), words, form) : words;
  if (time.textContent !== said) time.textContent = said;
}

// The reader's time; with its date where there was one, or where it is not the one under which the entry stands.
function here(moment, words, [, seconds, date]) {
  const hands = new Intl.DateTimeFormat("en-GB", seconds ? { ...HANDS, second: "2-digit" } : HANDS).format(moment);
  const [mine, theirs] = [{}, { timeZone: main.dataset.zone }].map((zone) =>
    new Intl.DateTimeFormat("en-GB", { ...DATE, ...zone }).format(moment),
  );
  return `${words.startsWith("about ") ? "about " : ""}${hands}${date || mine !== theirs ? ` on ${mine}` : ""}`;
}

function visits(link) {
  const { slug } = main.dataset;
  if (!link) return;
  const last = Number(kept(slug));
  if (last && last < Number(main.dataset.version)) {
    link.href += `?from=${last}`;
    link.hidden = false;
  }
  addEventListener("pagehide", () => main.dataset.vantage === "present" && keep(slug, main.dataset.version));
}

function kept(name) {
  try {
    return localStorage.getItem(`timeline.${name}`);
  } catch {
    return null; // A browser may keep nothing: that is its reader's right.
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`timeline.${name}`, value);
  } catch {
    // As above.
  }
}

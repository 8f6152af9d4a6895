"use strict";
/* Keeps a page as new as the read model, or says that it is not. Without it a page is complete and can be read; it
   then says that it does not renew itself. */

const SILENCE = 6000; // milliseconds without a word, or with a word that could not be followed: not live
const RENEWAL = 6000; // that a page may take to come
const WORN = 3600e3;  // a page older than this is loaded anew at NIGHT, so that no display lives for weeks
const NIGHT = 4;      // hour of the display's own clock
const SAID = 10000;   // between two sentences for those who listen
const FOCUSABLE = "a, button, select, input, textarea, summary, [tabindex]";

const root = document.documentElement;
const loaded = Date.now();
let shown = root.dataset.version; // what is on the page
let wanted = shown;               // what the server has
let heard = clocks();             // when the server was last heard
let level = heard;                // when both were last the same
let renewing = false;
let stream = null;

/* Both clocks: one stands still while a computer sleeps, the other can be set. */
function clocks() { return [Date.now(), performance.now()]; }
function since(then) { const now = clocks(); return Math.max(now[0] - then[0], now[1] - then[1]); }

function listen() {
  if (stream) stream.close();
  stream = new EventSource(root.dataset.stream);
  stream.onmessage = (event) => {
    const word = JSON.parse(event.data);
    heard = clocks();
    wanted = word.version;
    if (word.software !== root.dataset.software) { location.reload(); return; }
    if (shown === wanted) { level = heard; known(word); } else renew(word);
    judge();
  };
}

function known(word) {
  const time = document.getElementById("known");
  time.textContent = word.known_words;
  time.dateTime = word.known;
}

async function renew(word) {
  if (renewing) return;
  renewing = true;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(RENEWAL), headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    exchange(page);
    root.toggleAttribute("data-stale", "stale" in page.documentElement.dataset);
    shown = page.documentElement.dataset.version;
    level = clocks();
    known(word);
  } catch (error) {
    console.warn("not renewed:", error.name); // the watch below says so to everybody
  } finally {
    renewing = false;
    judge();
  }
}

/* Piece by piece, and only what is another: nothing that a person has opened, chosen or focused is lost. */
function exchange(page) {
  const fresh = new Map([...page.querySelectorAll("[data-piece]")].map((piece) => [piece.dataset.piece, piece]));
  const old = [...document.querySelectorAll("[data-piece]")];
  if (old.length !== fresh.size || old.some((piece) => !fresh.has(piece.dataset.piece))) {
    whole(page);
    return;
  }
  const changed = old.filter((piece) => piece.dataset.piece !== "known" && !same(piece, fresh.get(piece.dataset.piece)));
  const news = changed.filter((piece) => bare(piece, "[data-age]") !== bare(fresh.get(piece.dataset.piece), "[data-age]"));
  for (const piece of changed) put(piece, fresh.get(piece.dataset.piece), news.includes(piece));
  say(news.map((piece) => piece.dataset.label).filter(Boolean));
}

/* The same but for what a person, or this script, has done to it. */
function same(piece, other) { return bare(piece) === bare(other); }

function bare(piece, without) {
  const copy = piece.cloneNode(true);
  if (without) for (const one of copy.querySelectorAll(without)) one.remove();
  copy.classList.remove("changed-now");
  for (const one of copy.querySelectorAll("details")) one.open = false;
  return copy.innerHTML + copy.className;
}

/* Another number of beds, or of lines: all that changes its place. */
function whole(page) {
  for (const id of ["troubles", "board"]) put(document.getElementById(id), page.getElementById(id));
  say(["The page"]);
}

function put(piece, other, isNews) {
  if (piece.matches("form") && piece.contains(document.activeElement)) return; // a person is at it
  const next = document.importNode(other, true);
  const place = [...piece.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  const open = [...piece.querySelectorAll("details")].map((one) => one.open);
  const moved = [...piece.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
  [...next.querySelectorAll("details")].forEach((one, which) => { one.open = open[which] || one.open; });
  if (isNews && next.dataset.label) next.classList.add("changed-now");
  piece.replaceWith(next);
  [...next.querySelectorAll(".scroll")].forEach((one, which) => { one.scrollLeft = moved[which] ?? 0; });
  if (next.matches("form.moments:has(select)")) slide(next);
  if (place >= 0) next.querySelectorAll(FOCUSABLE)[place]?.focus({ preventScroll: true });
}

let spoke = 0;
function say(labels) {
  if (!labels.length || Date.now() - spoke < SAID) return;
  spoke = Date.now();
  document.getElementById("said").textContent = `${labels.slice(0, 4).join(", ")}${labels.length > 4 ? " and others" : ""} changed`;
}

/* The watch: on the page's own clock, whatever the stream claims. */
function judge() {
  const silence = Math.max(since(heard), since(level));
  const live = silence > SILENCE ? "no" : "stale" in root.dataset ? "old" : "yes";
  const words = { yes: "Live", old: "Connected · what is shown is old", no: `NOT LIVE · as it was ${span(silence)} ago` }[live];
  if (root.dataset.live !== live) {
    root.dataset.live = live;
    document.getElementById("said").textContent = live === "yes" ? "Live" : "What is shown is old";
  }
  document.getElementById("live-words").textContent = words;
}

function span(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function watch() {
  judge();
  if (document.hidden) return;
  if (stream && stream.readyState === EventSource.CLOSED) listen();
  const worn = Date.now() - loaded > WORN && new Date().getHours() === NIGHT;
  if (worn && root.dataset.live === "yes") location.reload();
}

/* A browser keeps six connections to a server: a tab that nobody sees has none. */
function attend() {
  if (document.hidden) { stream.close(); } else { listen(); watch(); }
}

/* A slider beside the select of moments, and no button needed. */
function slide(form) {
  const select = form.querySelector("select");
  const last = select.options.length - 1; // the newest moment is the first option
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: last, value: last - select.selectedIndex });
  slider.setAttribute("aria-label", "Moment, from the first to now");
  slider.addEventListener("input", () => { select.selectedIndex = last - slider.value; });
  for (const one of [slider, select]) one.addEventListener("change", () => form.requestSubmit());
  select.before(slider);
}

document.querySelectorAll("form.moments:has(select)").forEach(slide);
for (const chosen of document.querySelectorAll(".days thead .chosen")) {
  const box = chosen.closest(".scroll");
  const names = box.querySelector("th").offsetWidth; // which stay where they are, over whatever is moved
  box.scrollLeft = chosen.offsetLeft - names - (box.clientWidth - names - chosen.offsetWidth) / 2;
}
if (!("past" in root.dataset)) { // the past does not change
  document.addEventListener("visibilitychange", attend);
  listen();
  setInterval(watch, 1000);
}

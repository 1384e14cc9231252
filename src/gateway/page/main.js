// Puts the page together from /openapi.json, and finds things on it.
import { el, prose } from "./dom.js";
import { eventCard } from "./events.js";
import { messageCard } from "./message.js";
import { useDocument } from "./schema.js";

const byId = (id) => document.getElementById(id);

start().catch(fail);

async function start() {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status} ${response.statusText}`);
  const api = await response.json();
  useDocument(api);
  document.title = `${api.info.title} API`;
  byId("application").textContent = api.info.title;
  byId("version").textContent = api.info.version;
  showHealth();
  const capabilities = capabilitiesOf(api);
  if (!capabilities.length) return byId("content").replaceChildren(nothingExposed());
  byId("content").replaceChildren(about(api), el("p", { id: "found", className: "empty", role: "status" }), ...capabilities.map(section));
  byId("contents").replaceChildren(...capabilities.map(contents));
  byId("finder").hidden = false;
  byId("search").addEventListener("input", search);
  addEventListener("hashchange", show);
  addEventListener("keydown", toSearch);
  show();
}

/** Without the document there is nothing to show but why, and a way to try again. */
function fail(error) {
  const again = el("button", { type: "button", className: "quiet" }, "Try again");
  again.addEventListener("click", () => location.reload());
  byId("content").replaceChildren(el("section", { className: "notice", role: "alert" },
    el("h2", {}, "The API’s description cannot be shown"),
    el("p", {}, error.message),
    el("p", {}, "It is read from ", el("a", { href: "/openapi.json" }, "/openapi.json"), ". Perhaps the process has stopped; its terminal or log says more."),
    again));
}

/** Messages and events by capability, in the order of the document. */
function capabilitiesOf(api) {
  const found = api.tags.map((tag) => ({ name: tag.name, doc: tag.description, cards: [] }));
  const add = (operation, one) => found.find((capability) => capability.name === operation.tags[0])?.cards.push(one);
  const application = api.info.title;
  const streams = [];
  for (const [path, { post, get }] of Object.entries(api.paths)) {
    if (post) add(post, { id: post.operationId, title: post.operationId.split(".").pop(), kind: "message", make: () => messageCard({ path, operation: post, application }) });
    if (get?.responses["200"].content?.["text/event-stream"]) streams.push({ path, operation: get });
  }
  for (const { path, operation } of streams) {
    const [, , , capability, event] = path.split("/");
    const all = streams.map((other) => other.path.split("/")).filter((parts) => parts[3] === capability && parts[4]).map((parts) => `${capability}.${parts[4]}`);
    const names = event ? [`${capability}.${event}`] : all;
    add(operation, { id: operation.operationId, title: event ?? "all events", kind: "event", make: () => eventCard({ path, operation, names }) });
  }
  return found.filter((capability) => capability.cards.length);
}

function about(api) {
  return el("details", { className: "about-api" }, el("summary", {}, "How it works: keys, deadlines, sending again, errors, traces"), prose(api.info.description));
}

function nothingExposed() {
  return el("section", { className: "notice" },
    el("h2", {}, "Nothing is exposed yet"),
    el("p", {}, "Callers from outside reach only what the setting ", el("code", {}, "gateway.expose"), " names, and it names nothing. Name capabilities, or single messages and events of them:"),
    el("pre", { tabIndex: 0 }, "[gateway]\nexpose = [\"search\", \"reservations.reserve\"]"),
    el("p", {}, "For one run, with everything exposed:"),
    el("pre", { tabIndex: 0 }, "--set 'gateway.expose=[\"*\"]'"));
}

function section({ name, doc, cards }) {
  return el("section", { className: "capability" }, el("h2", { id: name }, name), prose(doc), cards.map((one) => one.make()));
}

function contents({ name, cards }) {
  const links = cards.map(({ id, title, kind }) => el("li", {}, el("a", { href: `#${id}`, className: kind, data: { card: id } }, title)));
  return el("section", {}, el("h2", {}, el("a", { href: `#${name}` }, name)), el("ul", {}, links));
}

function toSearch(event) {
  if (event.key !== "/" || event.target.matches?.("input, textarea, select")) return;
  event.preventDefault();
  byId("search").focus();
}

/** Shows only what has every word that is searched for. */
function search() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const cards = [...document.querySelectorAll(".card")];
  for (const one of cards) {
    one.hidden = !words.every((word) => one.dataset.search.includes(word));
    const link = document.querySelector(`[data-card="${CSS.escape(one.id)}"]`);
    if (link) link.parentElement.hidden = one.hidden;
  }
  for (const group of document.querySelectorAll(".capability")) group.hidden = !group.querySelector(".card:not([hidden])");
  for (const group of document.querySelectorAll("#contents > section")) group.hidden = !group.querySelector("li:not([hidden])");
  const numShown = cards.filter((one) => !one.hidden).length;
  byId("found").textContent = !words.length ? "" : numShown ? `${numShown} of ${cards.length}` : "Nothing has all of these words.";
}

/** Opens and marks what the address points at. */
function show() {
  const id = decodeURIComponent(location.hash.slice(1));
  for (const link of document.querySelectorAll("[data-card]")) {
    if (link.dataset.card === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const target = id ? byId(id) : null;
  const isShut = target?.matches(".card:not([open])");
  // What is opened has its full height only once it is there.
  if (isShut) target.addEventListener("toggle", () => target.scrollIntoView(), { once: true });
  else target?.scrollIntoView();
  if (isShut) target.open = true;
}

async function showHealth() {
  const health = byId("health");
  try {
    const { status } = await (await fetch("/health/ready")).json();
    health.textContent = status;
    health.className = status === "ready" ? "good" : "bad";
  } catch {
    health.textContent = "no answer";
    health.className = "bad";
  }
}

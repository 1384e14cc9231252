// Puts the page together from /openapi.json, and finds things on it.
import { el, prose } from "./dom.js";
import { eventCard } from "./events.js";
import { messageCard } from "./message.js";
import { useDocument } from "./schema.js";

const byId = (id) => document.getElementById(id);

start().catch((error) => {
  byId("notice").textContent = `The API's description cannot be shown: ${error.message}`;
});

async function start() {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`);
  const api = await response.json();
  useDocument(api);
  document.title = `${api.info.title} API`;
  byId("application").textContent = api.info.title;
  byId("version").textContent = api.info.version;
  const capabilities = capabilitiesOf(api);
  byId("content").replaceChildren(about(api, capabilities), ...capabilities.map(section));
  byId("contents").replaceChildren(...capabilities.map(contents));
  byId("search").addEventListener("input", search);
  addEventListener("hashchange", show);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  show();
  showHealth();
}

/** Messages and events by capability, in the order of the document. */
function capabilitiesOf(api) {
  const application = api.info.title;
  const found = api.tags.map((tag) => ({ name: tag.name, doc: tag.description, cards: [] }));
  const add = (operation, card) => found.find((capability) => capability.name === operation.tags[0])?.cards.push(card);
  const streams = [];
  for (const [path, item] of Object.entries(api.paths)) {
    if (item.post) add(item.post, { id: item.post.operationId, title: item.post.operationId.split(".").pop(), kind: "message", make: () => messageCard({ path, operation: item.post, id: item.post.operationId, application }) });
    if (item.get?.responses["200"].content?.["text/event-stream"]) streams.push([path, item.get]);
  }
  for (const [path, operation] of streams) {
    const [, , , capability, event] = path.split("/");
    const all = streams.map(([other]) => other.split("/")).filter((parts) => parts[3] === capability && parts[4]).map((parts) => `${capability}.${parts[4]}`);
    const names = event ? [`${capability}.${event}`] : all;
    add(operation, { id: operation.operationId, title: event ?? "all events", kind: "event", make: () => eventCard({ path, operation, id: operation.operationId, names }) });
  }
  return found.filter((capability) => capability.cards.length);
}

function about(api, capabilities) {
  const nothing = el("p", { className: "empty" }, "Nothing is exposed. Say what may be called from outside, for example ", el("code", {}, "--set 'gateway.expose=[\"*\"]'"), " for everything.");
  if (!capabilities.length) return nothing;
  return el("details", { className: "about-api" }, el("summary", {}, "How it works: keys, deadlines, sending again, errors, traces"), prose(api.info.description));
}

function section({ name, doc, cards }) {
  return el("section", { className: "capability", data: { search: name } }, el("h2", { id: name }, name), prose(doc), cards.map((card) => card.make()));
}

function contents({ name, cards }) {
  const links = cards.map(({ id, title, kind }) => el("li", {}, el("a", { href: `#${id}`, className: kind, data: { card: id } }, title)));
  return el("section", {}, el("h2", {}, el("a", { href: `#${name}` }, name)), el("ul", {}, links));
}

/** Shows only what has every word that is searched for. */
function search() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let numShown = 0;
  for (const card of document.querySelectorAll(".card")) {
    const fits = words.every((word) => card.dataset.search.includes(word));
    card.hidden = !fits;
    numShown += fits;
    const link = document.querySelector(`[data-card="${CSS.escape(card.id)}"]`);
    if (link) link.parentElement.hidden = !fits;
  }
  for (const group of document.querySelectorAll(".capability, #contents > section")) {
    group.hidden = ![...group.querySelectorAll(".card, li")].some((item) => !item.hidden);
  }
  let none = byId("none");
  if (!none) byId("content").append((none = el("p", { id: "none", className: "empty", role: "status" })));
  none.textContent = numShown ? "" : "Nothing has all of these words.";
}

/** Marks what the address points at. */
function show() {
  const id = decodeURIComponent(location.hash.slice(1));
  for (const link of document.querySelectorAll("[data-card]")) {
    if (link.dataset.card === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (id) byId(id)?.scrollIntoView();
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

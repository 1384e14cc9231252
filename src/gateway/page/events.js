// One event, or all of a capability: what it says, and a live view of it.
import { afterSummary, card, el, labelled, pretty, prose } from "./dom.js";
import { fieldList, resolve, typeText } from "./schema.js";

/** Events that stay on the page. */
const SHOWN_MAX = 50;
/** Streams at once: a browser opens six connections to one host, and calls need one too. */
const WATCHED_MAX = 4;

/** What stops each stream that is watched, oldest first. */
const stops = [];

/** The card of an event; `names` are the names under which it comes. */
export function eventCard({ path, operation, names }) {
  const inside = () => {
    const schema = operation.responses["200"].content["text/event-stream"].schema.contentSchema;
    const body = schema?.properties?.body;
    const hasBody = body && (body.$ref || body.type);
    return el("div", { className: "inside" },
      ...prose(afterSummary(operation.description, operation.summary)),
      el("div", { className: "columns" },
        el("div", {}, el("h4", {}, "Event"), hasBody ? el("p", { className: "type" }, typeText(body)) : named(names), hasBody ? fieldList(body) : null),
        viewer(path, operation, names)));
  };
  return card({ id: operation.operationId, kind: "event", operation, path, inside });
}

function named(names) {
  return el("ul", { className: "fields" }, names.map((name) => el("li", {}, el("code", { className: "name" }, name))));
}

function viewer(path, operation, names) {
  const parameters = (operation.parameters ?? []).map(resolve);
  const since = el("input", { type: "text", inputMode: "numeric", pattern: "[0-9]*", title: "a number", placeholder: "now", autocomplete: "off" });
  const key = parameters.some((parameter) => parameter.name === "key") ? el("input", { type: "text", placeholder: "all", autocomplete: "off", spellcheck: false }) : null;
  const state = el("p", { className: "muted state", role: "status" }, "Not watching.");
  const list = el("ol", { className: "events", "aria-label": "Events, newest first" });
  const button = el("button", { type: "submit", className: "send" }, "Watch");
  const form = el("form", { className: "try" }, el("h4", {}, "Live"),
    key ? labelled("Key", key, "") : null, labelled("After the event", since, "An event’s id; `0` begins with the oldest that is kept."),
    el("div", { className: "buttons" }, button, clearButton(list)), state, list);
  let stop = null;
  const stopped = (why) => {
    stop = null;
    button.textContent = "Watch";
    state.textContent = why;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (stop) return stop();
    button.textContent = "Stop";
    stop = watch({ url: url(path, since.value, key?.value), names, state, list, stopped });
  });
  return form;
}

function clearButton(list) {
  const button = el("button", { type: "button", className: "quiet" }, "Clear");
  button.addEventListener("click", () => list.replaceChildren());
  return button;
}

function url(path, since, key) {
  const query = new URLSearchParams();
  if (since) query.set("since", since);
  if (key) query.set("key", key);
  return query.size ? `${path}?${query}` : path;
}

/** Shows events until it is stopped; returns what stops it. */
function watch({ url, names, state, list, stopped }) {
  if (stops.length >= WATCHED_MAX) stops[0]();
  const source = new EventSource(url);
  const end = (why) => {
    source.close();
    stops.splice(stops.indexOf(stop), 1);
    stopped(why);
  };
  const stop = () => end("Not watching.");
  stops.push(stop);
  state.textContent = "Connecting …";
  source.onopen = () => (state.textContent = "Watching. What happens appears here.");
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) refused(url).then(end);
    else state.textContent = "Broken off, connecting again …";
  };
  const show = (event) => {
    list.prepend(event.type === "gap" ? gap(event) : happened(event));
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
  };
  for (const name of ["gap", ...names]) source.addEventListener(name, show);
  return stop;
}

/** Why there is no stream: an EventSource does not say. */
async function refused(url) {
  try {
    const response = await fetch(url);
    const problem = response.ok ? {} : await response.json();
    await response.body?.cancel().catch(() => {});
    return `Refused: ${problem.detail ?? response.status}`;
  } catch {
    return "No answer. Is the process still running?";
  }
}

function happened(event) {
  const { at, key, body, trace } = JSON.parse(event.data);
  const head = [el("code", {}, `#${event.lastEventId}`), el("span", { className: "name" }, event.type), key ? el("code", {}, key) : null,
    el("time", { dateTime: at, title: trace ? `trace ${trace}` : "" }, at?.replace("T", " ").replace(/\.\d+Z$/, "Z") ?? "")];
  return el("li", {}, el("div", { className: "head" }, head), pretty(body));
}

function gap(event) {
  const { from, to } = JSON.parse(event.data);
  return el("li", { className: "failed" }, `Events ${from} to ${to} are no longer kept.`);
}

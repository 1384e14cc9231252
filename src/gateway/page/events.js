// One event, or all of a capability: what it says, and a live view of it.
import { el, labelled, pretty, prose } from "./dom.js";
import { fieldList, resolve, typeText } from "./schema.js";
import { searchable } from "./message.js";

/** Events that stay on the page. */
const SHOWN_MAX = 50;

/** The card of an event; `names` are the names under which it comes. */
export function eventCard({ path, operation, id, names }) {
  const schema = operation.responses["200"].content["text/event-stream"].schema.contentSchema;
  const body = schema?.properties?.body;
  const hasBody = body && (body.$ref || body.type);
  return el("section", { className: "card", id, data: { search: searchable(operation, id) } },
    el("h3", {}, el("span", { className: "method event" }, "EVENT"), " ", el("a", { href: `#${id}` }, operation.summary)),
    el("code", { className: "path" }, path),
    ...prose(operation.description),
    el("div", { className: "columns" },
      hasBody ? el("div", {}, el("h4", {}, "Event"), el("p", { className: "type" }, typeText(body)), fieldList(body)) : el("div"),
      viewer(path, operation, names)));
}

function viewer(path, operation, names) {
  const parameters = (operation.parameters ?? []).map(resolve);
  const since = el("input", { type: "text", inputMode: "numeric", placeholder: "now", autocomplete: "off" });
  const key = parameters.some((parameter) => parameter.name === "key") ? el("input", { type: "text", placeholder: "all", autocomplete: "off", spellcheck: false }) : null;
  const state = el("p", { className: "muted", role: "status" }, "not connected");
  const list = el("ol", { className: "events", "aria-label": "Events, newest first" });
  const button = el("button", { type: "submit", className: "send" }, "Watch");
  const form = el("form", { className: "try" }, el("h4", {}, "Live"),
    key ? labelled("Key", key, "") : null, labelled("After the event", since, "An id; `0` begins with the oldest that is kept."),
    el("div", { className: "buttons" }, button, clearButton(list)), state, list);
  let source = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (source) {
      source.close();
      source = null;
      state.textContent = "not connected";
    } else {
      source = watch({ url: url(path, since.value, key?.value), names, state, list });
    }
    button.textContent = source ? "Stop" : "Watch";
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

function watch({ url, names, state, list }) {
  const source = new EventSource(url);
  state.textContent = "connecting …";
  source.onopen = () => (state.textContent = "watching");
  source.onerror = () => (state.textContent = source.readyState === EventSource.CLOSED ? "refused: see the answer at this address" : "broken off, connecting again …");
  const show = (event) => {
    const item = event.type === "gap" ? gap(event) : happened(event);
    list.prepend(item);
    while (list.children.length > SHOWN_MAX) list.lastChild.remove();
  };
  for (const name of ["gap", ...names]) source.addEventListener(name, show);
  return source;
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

// One message: what it takes and answers, and a form that sends it.
import { copyButton, el, labelled, pretty, prose } from "./dom.js";
import { fieldList, inOrder, place, resolve, typeText } from "./schema.js";

const JSON_TYPE = "application/json";

/** The card of a message. */
export function messageCard({ path, operation, id, application }) {
  const body = operation.requestBody?.content?.[JSON_TYPE] ?? {};
  const parameters = (operation.parameters ?? []).map(resolve);
  const takes = el("div", {}, schemaBlock(body.schema, "Takes nothing: the body is {} or empty."));
  const form = messageForm({ path, parameters, body, isEmptyFine: !operation.requestBody?.required, application, takes });
  return el("section", { className: "card", id, data: { search: searchable(operation, id) } },
    el("h3", {}, el("span", { className: "method" }, "POST"), " ", el("a", { href: `#${id}` }, operation.summary)),
    el("code", { className: "path" }, path),
    ...prose(operation.description),
    el("div", { className: "columns" },
      el("div", {}, el("h4", {}, "Message"), takes, answers(operation)),
      form));
}

export const searchable = (operation, id) => `${id} ${operation.summary} ${operation.description}`.toLowerCase();

function schemaBlock(schema, empty) {
  if (!schema) return el("p", { className: "muted" }, empty);
  const fields = fieldList(schema);
  const isObject = [resolve(schema).type].flat().includes("object");
  if (!fields && isObject) return el("p", { className: "muted" }, empty);
  const description = fields ? [] : prose(resolve(schema).description);
  return el("div", {}, el("p", { className: "type" }, typeText(schema)), description, fields);
}

/** The reply and the capability's refusal; what else can happen is closed until somebody wants to know. */
function answers(operation) {
  const made = Object.entries(operation.responses).map(([status, response]) => ({ isOwn: ["200", "409"].includes(status), element: answer(status, resolve(response)) }));
  const those = (isOwn) => made.filter((one) => one.isOwn === isOwn).map((one) => one.element);
  return el("div", { className: "answers" }, el("h4", {}, "Answers"), those(true), el("details", {}, el("summary", {}, "What else can happen"), those(false)));
}

function answer(status, response) {
  const content = Object.values(response.content ?? {})[0]?.schema;
  const head = [el("span", { className: `status s${status[0]}` }, status), " ", response.description];
  if (status === "200") return el("details", {}, el("summary", {}, head), schemaBlock(content, "An empty object."));
  if (status === "409") return el("details", {}, el("summary", {}, head), schemaBlock(content.allOf[1].properties.error, "An empty object."));
  return el("p", { className: "other" }, head);
}

function messageForm({ path, parameters, body, isEmptyFine, application, takes }) {
  const keys = parameters.filter((parameter) => parameter.in === "path").map((parameter) => ({
    parameter, field: el("input", { type: "text", value: parameter.example ?? "", required: true, autocomplete: "off", spellcheck: false, maxLength: 255 }),
  }));
  const headers = parameters.filter((parameter) => ["Skep-Deadline", "Idempotency-Key"].includes(parameter.name)).map((parameter) => ({
    parameter, field: el("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: parameter.name === "Skep-Deadline" ? "2s" : "" }),
  }));
  const example = JSON.stringify(inOrder(body.example ?? {}, body.schema ?? true), null, 2);
  const editor = el("textarea", { className: "editor", value: example, spellcheck: false, rows: Math.min(18, Math.max(3, example.split("\n").length)) });
  const outcome = el("div", { className: "outcome", role: "status" });
  const request = () => ({
    url: keys.reduce((url, { parameter, field }) => url.replace(`{${parameter.name}}`, encodeURIComponent(field.value)), path),
    headers: Object.fromEntries([["Content-Type", JSON_TYPE], ...headers.filter(({ field }) => field.value).map(({ parameter, field }) => [parameter.name, field.value])]),
    body: editor.value,
  });
  const send = el("button", { type: "submit", className: "send" }, "Send");
  const form = el("form", { className: "try" },
    el("h4", {}, "Try it"),
    keys.map(({ parameter, field }) => labelled(parameter.name, field, "")),
    labelled("Body", editor, isEmptyFine ? "May be empty." : ""),
    el("details", { className: "circumstances" }, el("summary", {}, "Deadline, sending again"),
      headers.map(({ parameter, field }) => labelled(parameter.name, field, parameter.description))),
    el("div", { className: "buttons" }, send, copyButton("Copy as curl", () => curl(request())),
      resetButton(editor, example)),
    outcome);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendMessage({ request: request(), send, outcome, editor, takes, application });
  });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}

function resetButton(editor, example) {
  const button = el("button", { type: "button", className: "quiet" }, "Reset");
  button.addEventListener("click", () => (editor.value = example));
  return button;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The same request for a terminal. */
function curl({ url, headers, body }) {
  const given = Object.entries(headers).map(([name, value]) => ` \\\n  -H ${quoted(`${name}: ${value}`)}`);
  return `curl -i -X POST ${quoted(new URL(url, location.origin).href)}${given.join("")} \\\n  --data-binary ${quoted(body)}`;
}

async function sendMessage({ request, send, outcome, editor, takes, application }) {
  send.disabled = true;
  outcome.replaceChildren(el("p", { className: "muted" }, "Sending …"));
  mark(takes, []);
  const begun = performance.now();
  try {
    const response = await fetch(request.url, { method: "POST", headers: request.headers, body: request.body });
    const text = await response.text();
    const took = performance.now() - begun;
    showAnswer({ response, text, took, outcome, editor, takes, application });
  } catch (error) {
    outcome.replaceChildren(el("p", { className: "failed" }, `No answer: ${error.message}. Is the process still running?`));
  } finally {
    send.disabled = false;
  }
}

function showAnswer({ response, text, took, outcome, editor, takes, application }) {
  const value = parsed(text);
  const trace = response.headers.get("X-Trace-Id");
  const parts = [
    el("p", { className: "result" },
      el("span", { className: `status s${String(response.status)[0]}` }, String(response.status)), " ",
      value?.title && !response.ok ? `${value.title} ` : response.statusText ? `${response.statusText} ` : "",
      el("span", { className: "muted" }, `in ${took < 10 ? took.toFixed(1) : Math.round(took)} ms`)),
  ];
  if (trace) parts.push(traceLine(application, trace));
  if (!response.ok && value) parts.push(problem(value, editor));
  if (text) parts.push(value === undefined ? el("pre", { className: "json" }, text) : pretty(value));
  parts.push(headerList(response.headers));
  outcome.replaceChildren(...parts);
  mark(takes, value?.errors ?? []);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function traceLine(application, trace) {
  const command = `${application} trace ${trace}`;
  return el("p", { className: "trace" }, el("span", { className: "muted" }, "trace "), el("code", {}, trace), " ", copyButton("Copy command", () => command));
}

/** What a problem says, with the mistakes as links into the editor. */
function problem(value, editor) {
  const delivery = { not_delivered: "The message was not handled: sending it again is safe.", unknown: "The message may have been handled." }[value.delivery];
  const mistakes = (value.errors ?? []).map((error) => {
    const go = el("button", { type: "button", className: "quiet" }, error.pointer || "the whole body");
    go.addEventListener("click", () => {
      editor.focus();
      editor.setSelectionRange(...place(editor.value, error.pointer));
    });
    return el("li", { className: "mistake" }, go, " ", error.detail);
  });
  return el("div", { className: "problem", role: "alert" }, el("p", {}, el("code", {}, value.code ?? ""), " ", value.detail ?? ""),
    delivery ? el("p", {}, delivery) : null, mistakes.length ? el("ul", {}, mistakes) : null);
}

function headerList(headers) {
  const rows = [...headers].map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return el("details", {}, el("summary", {}, "Headers"), el("dl", {}, rows));
}

/** Marks the fields in the description to which mistakes point. */
function mark(takes, errors) {
  const pointers = errors.map((error) => error.pointer.replace(/\/\d+(?=\/|$)/g, "/*"));
  for (const item of takes.querySelectorAll("li[data-pointer]")) {
    item.classList.toggle("wrong", pointers.includes(item.dataset.pointer));
  }
}

// One message: what it takes and answers, and a form that sends it.
import { afterSummary, card, copyButton, el, inline, labelled, pretty, prose } from "./dom.js";
import { fieldList, inOrder, place, resolve, typeText } from "./schema.js";

const JSON_TYPE = "application/json";

/** The card of a message. */
export function messageCard({ path, operation, application }) {
  const inside = () => {
    const body = operation.requestBody?.content?.[JSON_TYPE] ?? {};
    const parameters = (operation.parameters ?? []).map(resolve);
    const takes = schemaBlock(body.schema, "Nothing: the body is {} or empty.");
    const form = messageForm({ path, parameters, body, isEmptyFine: !operation.requestBody?.required, application, takes });
    return el("div", { className: "inside" },
      ...prose(afterSummary(operation.description, operation.summary)),
      el("div", { className: "columns" },
        el("div", {}, el("h4", {}, "Message"), takes, answers(operation)),
        form));
  };
  return card({ id: operation.operationId, kind: "message", operation, path, inside });
}

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
  const head = [el("span", { className: `status s${status[0]}` }, status), " ", ...inline(response.description)];
  if (status === "200") return el("details", {}, el("summary", {}, head), schemaBlock(content, "An empty object."));
  if (status === "409") return el("details", {}, el("summary", {}, head), schemaBlock(content.allOf[1].properties.error, "An empty object."));
  return el("p", { className: "other" }, head);
}

function messageForm({ path, parameters, body, isEmptyFine, application, takes }) {
  const keys = parameters.filter((parameter) => parameter.in === "path").map((parameter) => ({
    parameter, field: el("input", { type: "text", value: parameter.example ?? "", required: true, autocomplete: "off", spellcheck: false, maxLength: 255 }),
  }));
  const headers = ["Skep-Deadline", "Idempotency-Key"].map((name) => ({
    parameter: parameters.find((parameter) => parameter.name === name), field: el("input", { type: "text", autocomplete: "off", spellcheck: false, placeholder: name === "Skep-Deadline" ? "2s" : "" }),
  })).filter(({ parameter }) => parameter);
  const example = JSON.stringify(inOrder(body.example ?? {}, body.schema ?? true), null, 2);
  const editor = el("textarea", { className: "editor", value: example, spellcheck: false, rows: Math.min(24, Math.max(3, example.split("\n").length)) });
  const request = () => ({
    url: keys.reduce((url, { parameter, field }) => url.replace(`{${parameter.name}}`, encodeURIComponent(field.value)), path),
    headers: Object.fromEntries([["Content-Type", JSON_TYPE], ...headers.filter(({ field }) => field.value).map(({ parameter, field }) => [parameter.name, field.value])]),
    body: editor.value,
  });
  const send = el("button", { type: "submit", className: "send" }, "Send");
  const state = el("p", { className: "result", role: "status" });
  const outcome = el("div", { className: "outcome" });
  const form = el("form", { className: "try" },
    el("h4", {}, "Try it"),
    keys.map(({ parameter, field }) => labelled(`Key: ${parameter.name}`, field, "")),
    labelled("Body", editor, isEmptyFine ? "May be empty." : ""),
    el("details", { className: "circumstances" }, el("summary", {}, "Deadline and Idempotency-Key"),
      headers.map(({ parameter, field }) => labelled(parameter.name, field, parameter.description))),
    el("div", { className: "buttons" }, send, el("span", { className: "muted shortcut" }, el("kbd", {}, "Ctrl"), " ", el("kbd", {}, "Enter")),
      copyButton("Copy as curl", () => curl(request())), resetButton(editor, example)),
    curlLine(() => curl(request())), state, outcome);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendMessage({ request: request(), send, state, outcome, editor, takes, application });
  });
  editor.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}

function resetButton(editor, example) {
  const button = el("button", { type: "button", className: "quiet" }, "Reset");
  button.addEventListener("click", () => {
    editor.value = example;
    editor.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return button;
}

/** The command as it is now, for those who read before they copy. */
function curlLine(command) {
  const line = el("pre", { tabIndex: 0 });
  const made = el("details", { className: "circumstances" }, el("summary", {}, "curl"), line);
  const write = () => (line.textContent = command());
  made.addEventListener("toggle", () => {
    write();
    made.parentElement.addEventListener("input", write);
  });
  return made;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The same request for a terminal. */
function curl({ url, headers, body }) {
  const given = Object.entries(headers).map(([name, value]) => ` \\\n  -H ${quoted(`${name}: ${value}`)}`);
  return `curl -i ${quoted(new URL(url, location.origin).href)}${given.join("")} \\\n  --data-binary ${quoted(body)}`;
}

async function sendMessage({ request, send, state, outcome, editor, takes, application }) {
  // A button that is disabled would lose the focus.
  if (send.getAttribute("aria-disabled")) return;
  send.setAttribute("aria-disabled", "true");
  state.replaceChildren(el("span", { className: "muted" }, "Sending …"));
  outcome.replaceChildren();
  mark(takes, []);
  const begun = performance.now();
  try {
    const response = await fetch(request.url, { method: "POST", headers: request.headers, body: request.body });
    const text = await response.text();
    showAnswer({ response, text, took: performance.now() - begun, state, outcome, editor, takes, application });
  } catch (error) {
    state.replaceChildren(el("span", { className: "failed" }, `No answer: ${error.message}. Is the process still running?`));
  } finally {
    send.removeAttribute("aria-disabled");
  }
}

function showAnswer({ response, text, took, state, outcome, editor, takes, application }) {
  const value = parsed(text);
  state.replaceChildren(
    el("span", { className: `status s${String(response.status)[0]}` }, String(response.status)), " ",
    value?.title && !response.ok ? `${value.title} ` : response.statusText ? `${response.statusText} ` : "",
    el("span", { className: "muted" }, `in ${took < 10 ? took.toFixed(1) : Math.round(took)} ms`));
  const trace = response.headers.get("X-Trace-Id");
  const parts = [];
  const body = value === undefined ? el("pre", { className: "json", tabIndex: 0 }, text) : pretty(value);
  if (!response.ok && value) parts.push(problem(value, editor), el("details", {}, el("summary", {}, "The whole answer"), body));
  else if (text) parts.push(body);
  if (trace) parts.push(traceLine(application, trace));
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

/** Where the time went is for operators to see, in the terminal. */
function traceLine(application, trace) {
  const command = `${application} trace ${trace}`;
  return el("p", { className: "trace" }, el("span", { className: "muted" }, "Trace "), el("code", {}, command), " ", copyButton("Copy", () => command));
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
  return el("div", { className: "problem", role: "alert" }, el("p", {}, el("code", {}, value.code ?? ""), " ", ...inline(value.detail)),
    value.error === undefined ? null : pretty(value.error), delivery ? el("p", {}, delivery) : null, mistakes.length ? el("ul", {}, mistakes) : null);
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

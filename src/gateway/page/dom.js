// Makes elements. Data reaches the page as text only, never as markup: doc comments and replies are not to be trusted.

/** An element with properties, and children that are elements or texts. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("aria-") || name === "for" || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** A doc comment: paragraphs and lists, with `code` and **bold** in them. */
export function prose(text) {
  const paragraphs = (text ?? "").split(/\n\s*\n/).filter((paragraph) => paragraph.trim());
  return paragraphs.map((paragraph) => {
    const items = paragraph.split(/^\s*[-*] +/m);
    if (items.length < 2) return el("p", {}, ...inline(paragraph.trim()));
    const lead = items.shift().trim();
    return [lead ? el("p", {}, ...inline(lead)) : null, el("ul", {}, items.map((item) => el("li", {}, ...inline(item.trim()))))];
  }).flat();
}

/** What a doc comment says after the sentence that already stands above it. */
export function afterSummary(text, summary) {
  const words = summary.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return (text ?? "").replace(new RegExp(`^\\s*${words.join("\\s+")}\\.?(\\s+|$)`), "");
}

/** One line of a doc comment. */
export function inline(text) {
  return (text ?? "").split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (/^`.+`$/s.test(part)) return el("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/s.test(part)) return el("strong", {}, part.slice(2, -2));
    return part;
  });
}

/** A button that copies what `text` returns, and says so. */
export function copyButton(label, text) {
  const button = el("button", { type: "button", className: "quiet" }, label);
  button.addEventListener("click", async () => {
    const done = await copy(text());
    button.textContent = done ? "Copied" : "Copying is not allowed here";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without permission the older way may still do.
    }
  }
  const area = el("textarea", { value: text, className: "offscreen" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** What can be opened; its inside is made when somebody looks at it. The address then names it, for sharing. */
export function card({ id, kind, operation, path, inside }) {
  const made = el("details", { className: "card", id, data: { search: `${path} ${operation.summary} ${operation.description}`.toLowerCase() } },
    el("summary", {}, el("span", { className: `method ${kind}` }, kind === "event" ? "EVENT" : "POST"),
      el("h3", {}, operation.summary), el("code", { className: "path" }, path)));
  made.addEventListener("toggle", () => made.append(inside()), { once: true });
  made.addEventListener("toggle", () => {
    if (made.open) history.replaceState(null, "", `#${id}`);
  });
  return made;
}

let numIds = 0;

/** A label with its field, and what to know of it. */
export function labelled(label, field, help) {
  field.id = `field-${++numIds}`;
  const parts = [el("label", { for: field.id }, label), field];
  if (help) {
    const text = el("small", { id: `${field.id}-help` }, ...inline(help));
    field.setAttribute("aria-describedby", text.id);
    parts.push(text);
  }
  return el("div", { className: "field" }, parts);
}

/** JSON for people, with its parts told apart by colour. */
export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const pre = el("pre", { className: "json", tabIndex: 0 });
  const tokens = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const token of text.matchAll(tokens)) {
    pre.append(text.slice(end, token.index));
    const kind = token[2] !== undefined ? "name" : token[1] !== undefined ? "text" : "value";
    pre.append(el("span", { className: kind }, token[1] ?? token[0]), token[2] ?? "");
    end = token.index + token[0].length;
  }
  pre.append(text.slice(end));
  return pre;
}

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

/** A doc comment: paragraphs, with `code` and **bold** in them. */
export function prose(text) {
  const paragraphs = (text ?? "").split(/\n\s*\n/).filter((paragraph) => paragraph.trim());
  return paragraphs.map((paragraph) => el("p", {}, ...inline(paragraph.trim())));
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

// Reads JSON Schemas: what a type is called, which fields it has, and where in a text a JSON Pointer leads.
import { el, inline } from "./dom.js";

let components = {};

/** Takes the document in which references are looked up. */
export function useDocument(document) {
  components = document.components ?? {};
}

/** What a reference of any kind leads to, with what is said beside it. */
export function resolve(thing) {
  let found = thing;
  for (let steps = 0; found?.$ref && steps < 16; steps++) {
    const { $ref, ...beside } = found;
    const path = $ref.replace("#/components/", "").split("/");
    const target = path.reduce((at, name) => at?.[name], components) ?? {};
    found = { ...target, ...beside };
  }
  return found ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").pop();

/** As the contract calls it: without what tells two components of one name apart. */
const shownName = (schema) => nameOf(schema)?.replace(/^[a-z0-9_-]+\./, "").replace(/Input$/, "");

/** All that a schema says of one object: its own words, and those of `allOf`. */
function whole(schema) {
  const own = resolve(schema);
  const made = { ...own, properties: { ...own.properties }, required: [...(own.required ?? [])] };
  for (const part of own.allOf ?? []) {
    const more = whole(part);
    Object.assign(made.properties, more.properties);
    made.required.push(...more.required);
    made.type ??= more.type;
    made.oneOf ??= more.oneOf;
  }
  return made;
}

const branches = (schema) => (schema.oneOf ?? schema.anyOf ?? []).filter((branch) => branch.type !== "null");

/** A type in a few words. */
export function typeText(schema) {
  if (schema === true || schema === undefined) return "anything";
  const full = resolve(schema);
  if (full.const !== undefined) return JSON.stringify(full.const);
  if (full.enum) return full.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = [full.type ?? []].flat();
  const maybe = types.includes("null") || [...(full.oneOf ?? []), ...(full.anyOf ?? [])].some((branch) => branch.type === "null");
  return plainType(full, types.filter((type) => type !== "null")[0], shownName(schema)) + (maybe ? " or null" : "");
}

function plainType(full, type, name) {
  if (type === "array") return `list of ${full.prefixItems ? full.prefixItems.map(typeText).join(", ") : typeText(full.items)}`;
  if (type === "object" && !full.properties && full.additionalProperties) return `map of ${typeText(full.additionalProperties)}`;
  const options = branches(full);
  if (options.length === 1 && !full.properties) return typeText(options[0]);
  if (options.length && options.every((option) => resolve(option).const !== undefined)) return options.map(typeText).join(" | ");
  if (options.length) return name ?? "one of";
  if (type === "object" || full.properties || full.allOf) return name ?? full.title ?? "object";
  if (full.type?.[0] === "null" || full.type === "null") return "null";
  return full.format && !/^u?int|^double|^float/.test(full.format) ? full.format : (type ?? "anything");
}

const WORDS = {
  minimum: (n) => `at least ${n}`,
  maximum: (n) => `at most ${n}`,
  exclusiveMinimum: (n) => `more than ${n}`,
  exclusiveMaximum: (n) => `less than ${n}`,
  multipleOf: (n) => `a multiple of ${n}`,
  minLength: (n) => `${n} or more characters`,
  maxLength: (n) => `at most ${n} characters`,
  minItems: (n) => `${n} or more items`,
  maxItems: (n) => `at most ${n} items`,
  pattern: (text) => `matches ${text}`,
};

/** Bounds in words. */
export function bounds(schema) {
  const full = resolve(schema);
  const said = Object.entries(WORDS).filter(([word]) => full[word] !== undefined && !(word === "minimum" && full[word] === 0));
  const texts = said.map(([word, say]) => say(full[word]));
  if (full.minLength && full.maxLength) texts.splice(texts.indexOf(WORDS.minLength(full.minLength)), 2, `${full.minLength} to ${full.maxLength} characters`);
  if (full.default !== undefined && full.default !== null) texts.push(`default ${JSON.stringify(full.default)}`);
  return texts.join(", ");
}

/** Names of fields: the required ones as the contract has them, then the others. */
function fieldNames(full) {
  const others = Object.keys(full.properties).filter((name) => !full.required.includes(name));
  return [...new Set(full.required.filter((name) => full.properties[name])), ...others];
}

/** Everything a value of this type has in it, as nested lists. */
export function fieldList(schema, pointer = "", seen = []) {
  const name = nameOf(schema);
  if (seen.includes(name)) return null;
  const within = name ? [...seen, name] : seen;
  const full = whole(schema);
  const items = fieldNames(full).map((field) => fieldItem(field, full, `${pointer}/${field}`, within));
  const options = branches(full);
  const isChoice = options.length > 1 && !options.every((option) => resolve(option).const !== undefined);
  if (isChoice) items.push(...options.map((option) => choiceItem(option, pointer, within)));
  if (options.length === 1 && !items.length) return fieldList(options[0], pointer, within);
  if (full.type === "array" && full.items) return fieldList(full.items, `${pointer}/*`, within);
  return items.length ? el("ul", { className: "fields" }, items) : null;
}

function fieldItem(name, full, pointer, seen) {
  const schema = full.properties[name];
  const isRequired = full.required.includes(name);
  const head = el("div", {}, el("code", { className: "name" }, name), " ", el("span", { className: "type" }, typeText(schema)), " ",
    el("span", { className: isRequired ? "required" : "optional" }, isRequired ? "required" : "optional"));
  const about = [resolve(schema).description, bounds(schema)].filter(Boolean);
  return el("li", { data: { pointer } }, head,
    about.length ? el("div", { className: "about" }, ...inline(about[0]), about[1] ? el("span", { className: "bounds" }, ` ${about[1]}`) : "") : null,
    options(schema), fieldList(schema, pointer, seen));
}

/** The variants of a choice of names, where they are explained. */
function options(schema) {
  const explained = branches(resolve(schema)).map(resolve).filter((option) => option.const !== undefined && option.description);
  if (!explained.length) return null;
  return el("ul", { className: "fields" }, explained.map((option) =>
    el("li", {}, el("code", { className: "name" }, JSON.stringify(option.const)), el("div", { className: "about" }, ...inline(option.description)))));
}

function choiceItem(option, pointer, seen) {
  const full = resolve(option);
  return el("li", {}, el("div", {}, el("span", { className: "choice" }, "or"), " ", el("span", { className: "type" }, typeText(option))),
    full.description ? el("div", { className: "about" }, ...inline(full.description)) : null, fieldList(option, pointer, seen));
}

/** An example with its fields in the order of the contract. */
export function inOrder(value, schema) {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, resolve(schema).items ?? true));
  if (value === null || typeof value !== "object") return value;
  const full = whole(schema);
  const names = [...new Set([...fieldNames(full).filter((name) => name in value), ...Object.keys(value)])];
  return Object.fromEntries(names.map((name) => [name, inOrder(value[name], full.properties[name] ?? true)]));
}

/** Where in a JSON text the value of a JSON Pointer stands, as [start, end]; of its nearest parent if it is missing. */
export function place(text, pointer) {
  const wanted = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = 0;
  let best = [0, text.length];
  const skip = () => (at += /^\s*/.exec(text.slice(at))[0].length);
  const string = () => {
    const found = /^"(?:\\.|[^"\\])*"/s.exec(text.slice(at))[0];
    at += found.length;
    return JSON.parse(found);
  };
  const value = (depth, matched) => {
    skip();
    const start = at;
    if (text[at] === "{" || text[at] === "[") inside(depth, matched, text[at] === "{");
    else if (text[at] === '"') string();
    else at += /^[^\s,\]}]*/.exec(text.slice(at))[0].length;
    if (matched && depth <= wanted.length && (depth > best.depth || best.depth === undefined)) best = Object.assign([start, at], { depth });
  };
  const inside = (depth, matched, isObject) => {
    const close = isObject ? "}" : "]";
    at++;
    for (let index = 0; (skip(), at < text.length && text[at] !== close); index++) {
      const name = isObject ? string() : String(index);
      if (isObject) (skip(), at++);
      value(depth + 1, matched && wanted[depth] === name);
      skip();
      if (text[at] === ",") at++;
    }
    at++;
  };
  try {
    value(0, true);
  } catch {
    return [0, text.length];
  }
  return best;
}

//! What the schema adds to a tree: covers over secrets, inherited keys, defaults.

use super::place::{Cover, Place};
use super::server_url;
use super::shape::{INHERITS, Shape};
use super::tree::{Node, Value};

/// Covers every secret, and every value of an unknown key: it may be a secret whose key is misspelt.
///
/// `shapes` are all schemas the node might have; if one of them says secret, it is one.
pub(super) fn cover(node: &mut Node, shapes: &[Shape<'_>], above: Option<Cover>) {
    let is_secret = |shape: &Shape<'_>| shape.is_secret() || holds_password(node, *shape);
    let own = match shapes.iter().any(is_secret) {
        true => Some(Cover::Secret),
        false => shapes.is_empty().then_some(Cover::Unknown),
    };
    node.cover = above.max(own);
    match &mut node.value {
        Value::Unset | Value::Leaf(_) => {}
        Value::Array(items) => {
            let below: Vec<Shape<'_>> = shapes
                .iter()
                .flat_map(|shape| shape.every_items())
                .collect();
            items
                .iter_mut()
                .for_each(|item| cover(item, &below, node.cover));
        }
        Value::Table(entries) => {
            for (key, entry) in entries {
                let below: Vec<Shape<'_>> = shapes
                    .iter()
                    .flat_map(|shape| shape.children(key))
                    .collect();
                cover(entry, &below, node.cover);
            }
        }
    }
}

/// Whether it is an address with a user or a password in it: refused, and not to be shown on the way.
fn holds_password(node: &Node, shape: Shape<'_>) -> bool {
    shape.format() == Some(server_url::FORMAT) && node.as_str().is_some_and(|it| it.contains('@'))
}

/// Gives every section that inherits the keys it does not set itself.
pub(super) fn inherited(root: &Node, shape: Shape<'_>) -> Node {
    let mut whole = root.clone();
    for path in shape.paths() {
        let Some(heir) = shape.find(&path) else {
            continue;
        };
        let Some(source) = heir
            .keyword(INHERITS)
            .and_then(|name| root.get(name.as_str()?))
        else {
            continue;
        };
        let mut table = applicable(source, heir);
        if let Some(own) = root.find(&path) {
            table.place = own.place.clone();
            table.overlay(own.clone());
        }
        whole.replace(&path, table);
    }
    whole
}

/// The keys of the source that mean something to the heir, all said where the source said them.
fn applicable(source: &Node, heir: Shape<'_>) -> Node {
    let entries = source.entries().into_iter().flatten();
    let known = entries.filter(|(key, _)| heir.child(key).is_some());
    let table = known
        .map(|(key, node)| (key.clone(), node.clone()))
        .collect();
    Node::new(Place::Default, Value::Table(table))
}

/// The node with the default of every key that nobody set; `None` when there is neither a value nor a default.
pub(super) fn filled(given: Option<Node>, shape: Shape<'_>) -> Option<Node> {
    let default = || shape.keyword("default").map(Node::of_default);
    let section = || shape.is_section().then(|| Node::table(Place::Default));
    let mut node = given.or_else(default).or_else(section)?;
    let chosen = shape.chosen_for(&node);
    if let Value::Table(entries) = &mut node.value {
        for (key, property) in chosen.properties() {
            if let Some(child) = filled(entries.remove(key), property) {
                entries.insert(key.to_owned(), child);
            }
        }
        if let Some(free) = chosen.free_keys().filter(|_| shape.is_section()) {
            for entry in entries.values_mut() {
                *entry = filled(Some(entry.clone()), free).unwrap_or_else(|| entry.clone());
            }
        }
    }
    Some(node)
}

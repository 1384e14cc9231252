//! [`Violation`]: one mistake in a body, told so that its author can mend it.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde::Serialize;
use serde_json::Value;

use crate::config::nearest;

/// Mistakes that are told of at once; a body of another kind altogether has no end of them.
const TOLD_MAX: usize = 50;

/// One mistake in a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::gateway) struct Violation {
    /// Where: a JSON Pointer (RFC 6901).
    pub(in crate::gateway) pointer: String,
    /// What is wrong there.
    pub(in crate::gateway) detail: String,
    /// What is probably meant, for a name that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::gateway) nearest: Option<String>,
}

impl Violation {
    pub(super) fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.into(),
            nearest: None,
        }
    }

    /// A field that no one asked for.
    pub(super) fn unknown_field<'a>(
        pointer: String,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let near = nearest(name, known.iter().copied());
        let detail = match (near, &known[..]) {
            (Some(near), _) => format!("there is no such field; did you mean {near:?}?"),
            (None, []) => "there is no such field: there are none here".to_owned(),
            (None, known) => format!("there is no such field: there are {}", known.join(", ")),
        };
        Self {
            pointer,
            detail,
            nearest: near.map(str::to_owned),
        }
    }

    /// Each place once – what is said first of it stays –, in order, and not too many.
    pub(super) fn sorted(found: Vec<Self>) -> Vec<Self> {
        let mut told: Vec<Self> = Vec::new();
        for violation in found {
            if !told.iter().any(|known| known.pointer == violation.pointer) {
                told.push(violation);
            }
            if told.len() == TOLD_MAX {
                break;
            }
        }
        told.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        told
    }
}

/// `/guest` and `first/name` are `/guest/first~1name`.
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Puts a validator's error into our words; of alternatives, those of the one that was meant.
pub(super) fn explain(error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    if found.len() >= TOLD_MAX {
        return;
    }
    let pointer = error.instance_path().as_str();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            found.push(Violation::new(
                below(pointer, name),
                "this field is required and missing",
            ));
        }
        // They are told of with the names that are known: see `Fields`.
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {}
        Kind::AnyOf { context }
        | Kind::OneOfNotValid { context }
        | Kind::OneOfMultipleValid { context } => explain_alternatives(error, context, found),
        Kind::Enum { options } => {
            let options: Vec<&Value> = options.as_array().into_iter().flatten().collect();
            found.push(not_among(error, &options));
        }
        Kind::Constant { expected_value } => found.push(not_among(error, &[expected_value])),
        _ => found.push(Violation::new(
            pointer,
            error.masked_with("the value").to_string(),
        )),
    }
}

fn explain_alternatives(
    error: &ValidationError<'_>,
    alternatives: &[Vec<ValidationError<'static>>],
    found: &mut Vec<Violation>,
) {
    let here = error.instance_path().as_str();
    if let Some(names) = constants(here, alternatives) {
        found.push(not_among(error, &names));
        return;
    }
    let meant = alternatives
        .iter()
        .filter(|errors| !errors.iter().any(|error| rules_out(here, error)));
    let meant: Vec<_> = meant.collect();
    if let [errors] = meant[..] {
        let before = found.len();
        errors.iter().for_each(|error| explain(error, found));
        // Unknown fields alone are told of by `Fields`, and nothing else is wrong then.
        if found.len() > before || !errors.is_empty() {
            return;
        }
    }
    let tags = tags(here, alternatives);
    if let Some((pointer, names)) = tags
        && let Some(given) = error
            .instance()
            .pointer(pointer.strip_prefix(here).unwrap_or_default())
    {
        found.push(none_of(&pointer, given, &names));
        return;
    }
    found.push(Violation::new(
        here,
        "the value is none of the alternatives that are possible here",
    ));
}

/// What all alternatives but those of another type want to be the value itself: the names of a plain enum.
fn constants<'a>(
    here: &str,
    alternatives: &'a [Vec<ValidationError<'static>>],
) -> Option<Vec<&'a Value>> {
    let mut names = Vec::new();
    for errors in alternatives {
        let error = errors
            .iter()
            .find(|error| error.instance_path().as_str() == here)?;
        match error.kind() {
            Kind::Constant { expected_value } => names.push(&**expected_value),
            Kind::Enum { options } => names.extend(options.as_array().into_iter().flatten()),
            Kind::Type { .. } => {}
            _ => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

/// The field that tells alternatives apart, and what it may be.
fn tags<'a>(
    here: &str,
    alternatives: &'a [Vec<ValidationError<'static>>],
) -> Option<(String, Vec<&'a Value>)> {
    let mut tags = alternatives
        .iter()
        .flatten()
        .filter_map(|error| match error.kind() {
            Kind::Constant { expected_value } => {
                Some((error.instance_path().as_str(), &**expected_value))
            }
            _ => None,
        });
    let (pointer, first) = tags
        .next()
        .filter(|(pointer, _)| pointer.len() > here.len())?;
    let mut names = vec![first];
    names.extend(
        tags.filter(|(other, _)| *other == pointer)
            .map(|(_, name)| name),
    );
    Some((pointer.to_owned(), names))
}

/// Whether an error says that the alternative was not meant at all: another type, another tag.
fn rules_out(here: &str, error: &ValidationError<'_>) -> bool {
    let path = error.instance_path().as_str();
    let depth = path
        .strip_prefix(here)
        .map_or(0, |rest| rest.matches('/').count());
    match error.kind() {
        Kind::Constant { .. } | Kind::Enum { .. } => depth <= 1,
        // The second is the one field of an externally tagged variant.
        Kind::Type { .. } | Kind::AdditionalProperties { .. } => depth == 0,
        _ => false,
    }
}

fn not_among(error: &ValidationError<'_>, names: &[&Value]) -> Violation {
    none_of(error.instance_path().as_str(), error.instance(), names)
}

fn none_of(pointer: &str, given: &Value, names: &[&Value]) -> Violation {
    let texts = names.iter().filter_map(|name| name.as_str());
    let near = given.as_str().and_then(|given| nearest(given, texts));
    let listed: Vec<String> = names.iter().map(ToString::to_string).collect();
    let detail = match near {
        Some(near) => format!("did you mean {near:?}? It may be {}", listed.join(", ")),
        None => format!("it may be {}", listed.join(", ")),
    };
    Violation {
        pointer: pointer.to_owned(),
        detail,
        nearest: near.map(str::to_owned),
    }
}

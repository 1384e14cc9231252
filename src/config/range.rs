//! Bounds: what a schema allows of a number, a text, a duration or a byte size, and how two settings compare.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::bytes::{self, ByteSize};
use super::duration::{self, HumanDuration};
use super::shape::Shape;

/// The least duration or byte size, as text.
pub(super) const MINIMUM: &str = "x-minimum";
/// The greatest duration or byte size, as text.
pub(super) const MAXIMUM: &str = "x-maximum";

/// A value that has an order, read out of a setting.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Amount {
    Number(f64),
    Time(HumanDuration),
    Size(ByteSize),
}

/// The lower and the upper bound, the upper one perhaps exclusive.
#[derive(Debug, Default)]
struct Bounds {
    least: Option<String>,
    most: Option<String>,
}

/// Whether a scalar lies within the schema's bounds.
pub(super) fn within(shape: Shape<'_>, leaf: &toml::Value) -> bool {
    match leaf {
        toml::Value::Integer(integer) => integer_within(shape, i128::from(*integer)),
        toml::Value::Float(float) => number_within(shape, *float),
        toml::Value::String(text) => match amount(shape, leaf) {
            Some(_) => amount_within(shape, text),
            None => length_within(shape, text.chars().count()),
        },
        _ => true,
    }
}

/// Compares two settings of one kind; `None` when they have no order.
pub(super) fn compare(
    low: (Shape<'_>, &toml::Value),
    high: (Shape<'_>, &toml::Value),
) -> Option<Ordering> {
    amount(low.0, low.1)?.partial_cmp(&amount(high.0, high.1)?)
}

/// The bounds in words, with a blank before, to follow the name of a type; empty when there are none.
pub(super) fn bounds_in_words(shape: Shape<'_>) -> String {
    let Bounds { least, most } = bounds(shape);
    match (least, most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

fn bounds(shape: Shape<'_>) -> Bounds {
    let said = |name: &str| {
        shape
            .keyword(name)
            .map(|bound| bound.as_str().map_or(bound.to_string(), str::to_owned))
    };
    let length = |name: &str| {
        said(name).map(|bound| {
            if bound == "1" {
                "1 character".to_owned()
            } else {
                format!("{bound} characters")
            }
        })
    };
    let (least_integer, most_integer) = integer_limits(shape.format());
    Bounds {
        least: said(MINIMUM)
            .or_else(|| said("minimum"))
            .or_else(|| said("exclusiveMinimum").map(|bound| format!("more than {bound}")))
            .or_else(|| length("minLength"))
            .or_else(|| least_integer.map(|bound| bound.to_string())),
        most: said(MAXIMUM)
            .or_else(|| said("maximum"))
            .or_else(|| said("exclusiveMaximum").map(|bound| format!("less than {bound}")))
            .or_else(|| length("maxLength"))
            .or_else(|| most_integer.map(|bound| bound.to_string())),
    }
}

/// What an integer format holds, where schemas leave it to the format's name.
fn integer_limits(format: Option<&str>) -> (Option<i128>, Option<i128>) {
    match format {
        Some("uint32") => (Some(0), Some(i128::from(u32::MAX))),
        Some("int32") => (Some(i128::from(i32::MIN)), Some(i128::from(i32::MAX))),
        Some("uint64" | "uint") => (Some(0), None),
        _ => (None, None),
    }
}

fn integer_within(shape: Shape<'_>, integer: i128) -> bool {
    let bound = |name: &str| shape.keyword(name).and_then(Json::as_number)?.as_i128();
    let (least, most) = integer_limits(shape.format());
    bound("minimum")
        .or(least)
        .is_none_or(|least| integer >= least)
        && bound("maximum").or(most).is_none_or(|most| integer <= most)
        && bound("exclusiveMinimum").is_none_or(|least| integer > least)
        && bound("exclusiveMaximum").is_none_or(|most| integer < most)
}

fn number_within(shape: Shape<'_>, number: f64) -> bool {
    let bound = |name: &str| shape.keyword(name).and_then(Json::as_f64);
    bound("minimum").is_none_or(|least| number >= least)
        && bound("maximum").is_none_or(|most| number <= most)
        && bound("exclusiveMinimum").is_none_or(|least| number > least)
        && bound("exclusiveMaximum").is_none_or(|most| number < most)
}

fn length_within(shape: Shape<'_>, characters: usize) -> bool {
    let bound = |name: &str| {
        shape
            .keyword(name)
            .and_then(Json::as_u64)
            .and_then(|bound| usize::try_from(bound).ok())
    };
    bound("minLength").is_none_or(|least| characters >= least)
        && bound("maxLength").is_none_or(|most| characters <= most)
}

fn amount_within(shape: Shape<'_>, text: &str) -> bool {
    let said = read(shape, text);
    let bound = |name: &str| {
        shape
            .keyword(name)
            .and_then(Json::as_str)
            .and_then(|bound| read(shape, bound))
    };
    bound(MINIMUM).is_none_or(|least| said >= Some(least))
        && bound(MAXIMUM).is_none_or(|most| said <= Some(most))
}

fn amount(shape: Shape<'_>, leaf: &toml::Value) -> Option<Amount> {
    match leaf {
        #[expect(
            clippy::cast_precision_loss,
            reason = "an order of settings, not arithmetic"
        )]
        toml::Value::Integer(integer) => Some(Amount::Number(*integer as f64)),
        toml::Value::Float(float) => Some(Amount::Number(*float)),
        toml::Value::String(text) => read(shape, text),
        _ => None,
    }
}

fn read(shape: Shape<'_>, text: &str) -> Option<Amount> {
    match shape.format()? {
        duration::FORMAT => text.parse().ok().map(Amount::Time),
        bytes::FORMAT => text.parse().ok().map(Amount::Size),
        _ => None,
    }
}

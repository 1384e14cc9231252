//! Reads a page of metrics, and is strict about it: what Prometheus would refuse or guess at fails the test.
//!
//! Format: OpenMetrics 1.0, <https://prometheus.io/docs/specs/om/open_metrics_spec/>, as far as we use it.

use std::collections::BTreeMap;

/// A page of metrics.
pub(crate) struct Page {
    pub(crate) families: BTreeMap<String, Family>,
}

/// A metric with all its samples.
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) samples: Vec<Sample>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        let body = text
            .strip_suffix("# EOF\n")
            .expect("the page ends with its mark");
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut current = String::new();
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a text of help");
                name.clone_into(&mut current);
                let family = Family {
                    kind: String::new(),
                    help: help.to_owned(),
                    samples: Vec::new(),
                };
                let twice = families.insert(current.clone(), family);
                assert!(twice.is_none(), "{name} comes twice");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert_eq!(name, current, "its help comes right before");
                kind.clone_into(&mut family(&mut families, &current).kind);
            } else {
                let sample = sample(line);
                family(&mut families, &current).add(&current, sample);
            }
        }
        families
            .iter()
            .for_each(|(name, family)| family.check(name));
        Self { families }
    }

    /// The value of the one sample that has these labels, among others.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let samples = self.families.values().flat_map(|family| &family.samples);
        let has = |sample: &&Sample| {
            let label = |(name, value): &(&str, &str)| {
                sample.labels.get(*name).map(String::as_str) == Some(*value)
            };
            sample.name == name && labels.iter().all(label)
        };
        let found: Vec<_> = samples.filter(has).collect();
        let [only] = found[..] else {
            panic!("one sample of {name} with {labels:?}, not {found:?}");
        };
        only.value
    }
}

impl Family {
    fn add(&mut self, name: &str, sample: Sample) {
        let rest = sample.name.strip_prefix(name);
        let rest = rest.unwrap_or_else(|| panic!("{} is no sample of {name}", sample.name));
        let fits = match self.kind.as_str() {
            "counter" => rest == "_total",
            "gauge" => rest.is_empty(),
            "histogram" => ["_bucket", "_sum", "_count"].contains(&rest),
            kind => panic!("{name} is a {kind}"),
        };
        assert!(fits, "{} is no sample of a {}", sample.name, self.kind);
        assert!(self.kind == "gauge" || sample.value >= 0.0, "{sample:?}");
        let is_same = |other: &&Sample| other.name == sample.name && other.labels == sample.labels;
        assert!(
            !self.samples.iter().any(|other| is_same(&other)),
            "{sample:?} comes twice"
        );
        self.samples.push(sample);
    }

    fn check(&self, name: &str) {
        assert!(is_name(name), "{name}");
        assert!(!self.help.is_empty() && !self.kind.is_empty(), "{name}");
        let counts = self
            .samples
            .iter()
            .filter(|sample| sample.name.ends_with("_count"));
        for count in counts.filter(|_| self.kind == "histogram") {
            let of_it = |sample: &&Sample| {
                let mut labels = sample.labels.clone();
                labels.remove("le").is_some() && labels == count.labels
            };
            let buckets: Vec<_> = self.samples.iter().filter(of_it).collect();
            assert!(
                buckets.is_sorted_by_key(|sample| bound(sample)),
                "{name}: bounds grow"
            );
            assert!(
                buckets.is_sorted_by(|a, b| a.value <= b.value),
                "{name}: counts grow"
            );
            let last = buckets.last().expect("there are buckets");
            assert_eq!(last.labels["le"], "+Inf", "{name}");
            assert!(
                (last.value - count.value).abs() < 0.5,
                "{name}: the last bucket holds all"
            );
        }
    }
}

/// Bounds of durations and sizes are positive, and so are in the order of their bits.
fn bound(sample: &Sample) -> u64 {
    let bound: f64 = match sample.labels["le"].as_str() {
        "+Inf" => f64::INFINITY,
        bound => bound.parse().expect("a bound"),
    };
    bound.to_bits()
}

fn family<'f>(families: &'f mut BTreeMap<String, Family>, name: &str) -> &'f mut Family {
    families.get_mut(name).expect("its help comes first")
}

fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_letter)
}

fn sample(line: &str) -> Sample {
    let (name, rest) = match line.split_once('{') {
        Some((name, rest)) => (name, rest),
        None => line.split_once(' ').expect("a value"),
    };
    assert!(is_name(name), "{line}");
    let (labels, value) = if line.contains('{') {
        let (labels, value) = rest.rsplit_once("} ").expect("labels and a value");
        (labels_of(labels), value)
    } else {
        (BTreeMap::new(), rest)
    };
    let value: f64 = value
        .parse()
        .unwrap_or_else(|_| panic!("no number: {line}"));
    Sample {
        name: name.to_owned(),
        labels,
        value,
    }
}

/// `name="value",name="value"`; no value of ours has a quote, a backslash or an end of line in it.
fn labels_of(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for label in text.split(',') {
        let (name, value) = label.split_once('=').expect("a label");
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        let value = value.unwrap_or_else(|| panic!("no quotes: {label}"));
        assert!(is_name(name) && !value.contains(['"', '\\']), "{label}");
        assert!(
            labels.insert(name.to_owned(), value.to_owned()).is_none(),
            "{label} twice"
        );
    }
    labels
}

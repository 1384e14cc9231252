//! [`Range`]: which calls lie in a bundle, as its reply subject says it.

/// The calls of one lane with these numbers.
///
/// Nobody has to remember what was sent together: the numbers of a lane rise in the order in which its calls are put into bundles, so
/// the first and the last say it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transport::nats) struct Range {
    /// Of which caller.
    pub(in crate::transport::nats) lane: u32,
    pub(in crate::transport::nats) first: u64,
    pub(in crate::transport::nats) last: u64,
}

impl Range {
    /// As the last token of a reply subject.
    pub(in crate::transport::nats) fn token(self) -> String {
        let Self { lane, first, last } = self;
        format!("b{lane}-{first}-{last}")
    }

    /// What such a token says; `None` when it is another one.
    pub(in crate::transport::nats) fn parse(token: &str) -> Option<Self> {
        let mut numbers = token.strip_prefix('b')?.splitn(3, '-');
        Some(Self {
            lane: numbers.next()?.parse().ok()?,
            first: numbers.next()?.parse().ok()?,
            last: numbers.next()?.parse().ok()?,
        })
    }

    /// Whether a call lies in it.
    pub(in crate::transport::nats) fn contains(self, lane: Option<u32>, number: u64) -> bool {
        lane == Some(self.lane) && (self.first..=self.last).contains(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_reads_back_from_its_token() {
        let range = Range {
            lane: 7,
            first: 3,
            last: u64::MAX,
        };
        assert_eq!(Range::parse(&range.token()), Some(range));
        for other in ["12", "a", "b", "b1-2", "b1-2-", "b-1-2-3", "b1-2-3-4"] {
            assert_eq!(Range::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_range_contains_only_numbers_of_its_lane() {
        let range = Range {
            lane: 1,
            first: 2,
            last: 4,
        };
        let contained: Vec<_> = (0..6)
            .filter(|&number| range.contains(Some(1), number))
            .collect();
        assert_eq!(contained, [2, 3, 4]);
        assert!(!range.contains(Some(2), 3) && !range.contains(None, 3));
    }
}

//! The pages of the configuration's error codes.

/// Code and page of every mistake that a configuration can have.
pub const PAGES: &[(&str, &str)] = &[
    ("SK0201", include_str!("SK0201.md")),
    ("SK0202", include_str!("SK0202.md")),
    ("SK0203", include_str!("SK0203.md")),
    ("SK0204", include_str!("SK0204.md")),
    ("SK0205", include_str!("SK0205.md")),
    ("SK0206", include_str!("SK0206.md")),
    ("SK0207", include_str!("SK0207.md")),
    ("SK0208", include_str!("SK0208.md")),
    ("SK0209", include_str!("SK0209.md")),
    ("SK0210", include_str!("SK0210.md")),
    ("SK0211", include_str!("SK0211.md")),
    ("SK0212", include_str!("SK0212.md")),
    ("SK0213", include_str!("SK0213.md")),
    ("SK0214", include_str!("SK0214.md")),
    ("SK0215", include_str!("SK0215.md")),
    ("SK0216", include_str!("SK0216.md")),
    ("SK0217", include_str!("SK0217.md")),
    ("SK0218", include_str!("SK0218.md")),
];

//! Each way to be wrong is a compile error that says what would be right: see `ui/README.md`.

/// The compiler's words depend on what is in scope, so they are compared in a build with the runtime only.
#[cfg(feature = "runtime")]
#[test]
fn what_is_wrong_does_not_compile_and_says_why() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/contract/*.rs");
    cases.compile_fail("tests/ui/capability/*.rs");
    cases.compile_fail("tests/ui/call/*.rs");
}

#[test]
fn each_case_is_in_the_readme() {
    let readme = include_str!("ui/README.md");
    for folder in ["contract", "capability", "call"] {
        let path = format!("{}/tests/ui/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let file = entry.unwrap().path();
            let case = file.file_stem().unwrap().to_str().unwrap();
            assert!(
                readme.contains(&format!("| `{case}` |")),
                "{case} is not in tests/ui/README.md"
            );
        }
    }
}

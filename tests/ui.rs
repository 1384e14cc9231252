//! Each way to be wrong is a compile error that says what would be right: see `ui/README.md`.

#[test]
fn what_is_wrong_does_not_compile_and_says_why() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/contract/*.rs");
}

//! The marketplace: which capabilities it is made of, what of them the web may use, and nothing else.

fn main() -> skep::ExitCode {
    skep::app("marketplace")
        .about("A book shop: the marketplace and its recommendations in one process")
        .version(env!("CARGO_PKG_VERSION"))
        .with::<marketplace::Storefront>()
        .with::<recommendations::Recommender>()
        .preset("gateway.expose", r#"["marketplace"]"#)
        .main()
}

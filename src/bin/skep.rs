//! The operator's command line for any skep application; see `skep help`.

fn main() -> skep::ExitCode {
    skep::cli::operator(std::env::args_os().collect()).into()
}

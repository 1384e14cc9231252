//! `cargo run --package embedded-axum`, then `curl 127.0.0.1:3000/entries`.

use embedded_axum::{Book, router};
use skep::Runtime;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Runtime::builder()
        .application("guest-book")
        .with::<Book>()
        .start()
        .await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, router(&runtime))
        .with_graceful_shutdown(stop)
        .await?;
    runtime.stop().await;
    Ok(())
}

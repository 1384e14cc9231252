//! skep inside an application that has a runtime and a `main` of its own.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use embedded_axum::{Book, router};
use http_body_util::BodyExt;
use skep::Runtime;
use tower::ServiceExt;

async fn call(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router
        .clone()
        .oneshot(request)
        .await
        .expect("the router answers");
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn sign(text: &str) -> Request<Body> {
    let body = serde_json::json!({ "text": text }).to_string();
    let request = Request::post("/entries").header("content-type", "application/json");
    request.body(Body::from(body)).expect("a request")
}

fn list() -> Request<Body> {
    Request::get("/entries")
        .body(Body::empty())
        .expect("a request")
}

async fn an_application_asks_its_capabilities() {
    let runtime = Runtime::builder()
        .with::<Book>()
        .start()
        .await
        .expect("it starts");
    let router = router(&runtime);
    assert_eq!(
        call(&router, sign("lovely")).await,
        (StatusCode::CREATED, "1".to_owned())
    );
    assert_eq!(
        call(&router, sign(" ")).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        call(&router, list()).await,
        (StatusCode::OK, r#"["lovely"]"#.to_owned())
    );
    runtime.stop().await;
    assert_eq!(
        call(&router, list()).await.0,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_a_multi_thread_runtime() {
    an_application_asks_its_capabilities().await;
}

#[tokio::test]
async fn inside_a_current_thread_runtime() {
    an_application_asks_its_capabilities().await;
}

#[test]
fn from_a_plain_main() {
    let runtime = Runtime::builder()
        .with::<Book>()
        .start_blocking()
        .expect("it starts");
    let tokio = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a thread");
    let (status, _) = tokio.block_on(call(&router(&runtime), list()));
    assert_eq!(status, StatusCode::OK);
    tokio.block_on(runtime.stop());
}

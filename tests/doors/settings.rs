//! Settings that keep the doors shut, or open them elsewhere.

use std::net::TcpListener;

use skep::gateway::{DoorError, Doors};
use skep::testing::Colony;

use crate::client::get;
use crate::house::{open_with, options, refused};
use crate::parlour::Parlour;

#[skep::test(real_time)]
async fn the_api_listens_where_listen_says(colony: Colony) {
    let house = open_with(colony, &["gateway.listen=[::1]:0"]).await;
    assert!(house.url().starts_with("http://[::1]:"), "{}", house.url());
    assert_eq!(house.send(&get("/health/live")).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn without_the_page_only_the_document_shows_the_api(colony: Colony) {
    let house = open_with(colony, &["gateway.page=false"]).await;
    for page in ["/", "/page/main.js"] {
        assert_eq!(house.send(&get(page)).status, 404, "{page}");
    }
    assert_eq!(house.send(&get("/openapi.json")).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn the_page_and_what_it_is_made_of_are_served(colony: Colony) {
    let house = open_with(colony, &[]).await;
    for (page, media_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/page/main.js", "text/javascript; charset=utf-8"),
        ("/page/page.css", "text/css; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
    ] {
        let reply = house.send(&get(page));
        assert_eq!(reply.status, 200, "{page}");
        assert_eq!(reply.header("content-type"), Some(media_type), "{page}");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_port_in_use_keeps_the_doors_shut(colony: Colony) {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let error = refused(colony, &format!("gateway.listen={address}")).await;
    assert!(error.is_busy(), "{error}");
    assert!(
        error
            .to_string()
            .contains("--set gateway.listen=127.0.0.1:0"),
        "{error}"
    );
}

#[skep::test(real_time)]
async fn what_expose_names_must_exist(colony: Colony) {
    let error = refused(
        colony,
        "gateway.expose=[\"receptons\", \"vaults\", \"receptions.rign\", \"x\"]",
    )
    .await;
    let DoorError::Expose(error) = error else {
        panic!("{error}");
    };
    assert_eq!(error.mistakes.len(), 3, "{error}");
    assert!(
        error.mistakes[0].contains("did you mean \"receptions\"?"),
        "{error}"
    );
    assert!(
        error.mistakes[1].contains("did you mean \"receptions.ring\"?"),
        "{error}"
    );
    assert!(error.mistakes[2].contains("receptions, vaults"), "{error}");
}

#[skep::test(real_time)]
async fn an_origin_that_is_none_keeps_the_doors_shut(colony: Colony) {
    let error = refused(colony, "gateway.cors_origins=[\"shop.example\"]").await;
    assert!(
        error.is_setting() && error.to_string().contains("shop.example"),
        "{error}"
    );
}

#[skep::test(real_time)]
async fn the_operators_door_is_for_this_machine_alone(colony: Colony) {
    let error = refused(colony, "admin.listen=0.0.0.0:0").await;
    assert!(matches!(error, DoorError::NotLoopback { .. }), "{error}");
}

#[skep::test(real_time)]
async fn the_operators_door_listens_where_listen_says(colony: Colony) {
    let house = open_with(colony, &["admin.listen=[::1]:0"]).await;
    assert!(house.notice().url.starts_with("http://[::1]:"));
    assert_eq!(house.operate(get("/admin/v1/process")).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn doors_that_are_not_wanted_stay_shut(colony: Colony) {
    let house = open_with(colony, &["gateway.enabled=false", "admin.enabled=false"]).await;
    assert_eq!(
        (house.doors.api_url(), house.doors.admin_file()),
        (None, None)
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn the_operators_door_opens_without_an_api(colony: Colony) {
    let house = open_with(colony, &["gateway.enabled=false"]).await;
    assert_eq!(house.notice().api, None);
    assert_eq!(house.operate(get("/admin/v1/process")).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn the_admin_file_is_in_the_store_unless_it_is_said(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store");
    let colony = colony.with::<Parlour>().on_disk(&store);
    let runtime = colony.set("gateway.enabled=false").start().await;
    let doors = Doors::open(&runtime, options()).expect("the doors open");
    assert_eq!(doors.admin_file(), Some(&*store.join("admin.json")));
    assert!(store.join("admin.json").is_file());
    doors.close().await;
    assert!(!store.exists(), "it was made for the file alone");
    runtime.stop().await;
}

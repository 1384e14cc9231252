//! Scaled, drained, brought back.

use super::*;

fn scale(capability: &str, replicas: u16) -> Order {
    Order::Scale {
        capability: capability.to_owned(),
        replicas,
    }
}

fn drain(node: &str, undo: bool) -> Order {
    Order::Drain {
        node: node.to_owned(),
        undo,
    }
}

async fn refused(played: &Played, order: Order) -> String {
    within(played.colony.obey(order))
        .await
        .expect_err("refused")
}

async fn done(played: &Played, order: Order) -> Done {
    let done = within(played.colony.obey(order)).await.expect("done");
    assert!(done.is_complete, "{done:?}");
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stateless_capability_is_scaled_up_and_down_and_up_again() {
    let played = Played::ready().await;
    for (replicas, names) in [
        (4, &["reports", "reports-2", "reports-3", "reports-4"][..]),
        (1, &["reports"][..]),
        (2, &["reports", "reports-2"][..]),
    ] {
        let done = done(&played, scale("reports", replicas)).await;
        assert!(
            done.told.contains(&format!("{replicas} replicas")),
            "{}",
            done.told
        );
        let states = played.states();
        let of_reports = states.keys().filter(|name| name.starts_with("reports"));
        assert_eq!(of_reports.collect::<Vec<_>>(), names);
    }
    let drained = played
        .events()
        .iter()
        .filter(|event| event.ends_with("drains"))
        .count();
    assert_eq!(drained, 3);
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_one_is_not_scaled() {
    let played = Played::new(HANGS);
    let orders = [
        scale("reservations", 2),
        scale("payments", 2),
        scale("rates", 2),
        scale("report", 2),
        scale("nobody", 2),
        scale("reports", 0),
    ];
    let mut said = Vec::new();
    for order in orders {
        said.push(refused(&played, order).await);
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    `reservations` cannot have replicas: it is keyed: there is one actor for each key
    `payments` cannot have replicas: it is a singleton: there is exactly one in the application
    `rates` cannot have replicas where it is: node money hosts `payments` too, which is a singleton: there is exactly one in the application; let a node of its own host it
    there is no capability `report`: did you mean `reports`?; there are: search, reservations, reports, payments, rates
    there is no capability `nobody`; there are: search, reservations, reports, payments, rates
    0 replicas cannot be: say 1 to 1024; `drain reports` stops them all
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_node_stays_so_until_it_is_brought_back() {
    let played = Played::ready().await;
    done(&played, drain("reports", false)).await;
    assert_eq!(played.states()["reports"], State::Drained);
    assert_eq!(played.states()["reports-2"], State::Drained);
    assert_eq!(played.status("reports").pid, None);
    let reason = refused(&played, scale("reports", 3)).await;
    assert!(reason.contains("is drained"), "{reason}");
    done(&played, drain("reports", true)).await;
    assert!(played.states().values().all(|state| *state == State::Ready));
    assert_eq!(played.status("reports").restarts, 0);
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_replica_alone_can_be_drained() {
    let played = Played::ready().await;
    done(&played, drain("reports-2", false)).await;
    assert_eq!(played.states()["reports"], State::Ready);
    assert_eq!(played.states()["reports-2"], State::Drained);
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_nodes_can_be_drained() {
    let played = Played::new(HANGS);
    within(played.colony.start_server())
        .await
        .expect("a server");
    within(played.colony.start_nodes())
        .await
        .expect("all are ready");
    let said = [
        refused(&played, drain("report", false)).await,
        refused(&played, drain("nats", false)).await,
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    there is no node `report`: did you mean `reports`?; there are: front, money, reports
    there is no node `nats`; there are: front, money, reports
    ");
    within(played.colony.stop()).await;
}
